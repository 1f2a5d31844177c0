"""Agents for social posts."""
