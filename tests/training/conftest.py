"""Fixtures of training: those of the model store."""

from __future__ import annotations

from tests.stream.conftest import shipped_models

__all__ = ["shipped_models"]
