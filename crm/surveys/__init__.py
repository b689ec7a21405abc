"""Asks customers, hears them and measures: satisfaction surveys and their results."""
