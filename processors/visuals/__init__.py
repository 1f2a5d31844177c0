"""Visuals: which frames of a stage's sound come in time to be shown."""
