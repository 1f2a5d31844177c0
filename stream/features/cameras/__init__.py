"""Agents of the vision worker."""
