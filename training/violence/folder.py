"""Where training keeps what it has done, so that it goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(__file__).resolve().parent / "work" / "split6deep"
