"""The base class of Pulso's own exceptions."""

from __future__ import annotations


class PulsoError(Exception):
    """Base of every error that Pulso raises on purpose; its message says what happened and what to do."""
