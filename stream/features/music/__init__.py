"""Agents of the music worker."""
