"""Dated legal parameters, and the arithmetic of being late."""
