"""Agents that count attendance."""
