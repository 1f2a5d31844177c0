"""Typed events, results and alerts, and the topics that carry them. No domain logic."""
