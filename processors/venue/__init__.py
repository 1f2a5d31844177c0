"""Computation for the venue editor: differences of two venue files, merging them, and the workers they concern."""
