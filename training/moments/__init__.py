"""Fit of the links between posts and sets."""
