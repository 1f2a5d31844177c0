"""Agents of the bars worker."""
