"""Mood and genre of music."""
