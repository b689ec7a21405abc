"""Whom to contact, when, through which channel and in what tone."""
