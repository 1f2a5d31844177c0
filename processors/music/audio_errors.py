"""Errors of sound that can't be used."""

from __future__ import annotations

from schemas.errors import PulsoError


class AudioError(PulsoError, ValueError):
    """The audio can't be used; the message says why."""


class AudioFormatError(AudioError):
    """Neither libsndfile nor ffmpeg's libraries support the format."""
