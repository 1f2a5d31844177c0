"""Folders of the training: results of finished stages, from which it resumes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(__file__).resolve().parent / "work" / "split6deep"
