"""Folders of the training; it resumes from the results of finished stages in `WORK`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(__file__).resolve().parent / "work" / "split6deep"
