"""Agents of the support worker."""
