"""Conversion of sound that libsndfile can't read, through ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

from processors.music.audio import RATE

TIMEOUT_SECONDS = 20.0
"""Seconds that the conversion of one fragment may take."""


def to_wav(path: Path, wav: Path, *, seconds: float) -> bool:
    """Write the first `seconds` of a file as mono WAV at `RATE`; return False where ffmpeg is missing or fails."""
    command = ["ffmpeg", "-nostdin", "-y", "-v", "error", "-i", f"file:{path}", "-vn", *_output(seconds), str(wav)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=max(TIMEOUT_SECONDS, seconds / 4), check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return not done.returncode and wav.stat().st_size > 0


def bytes_to_wav(value: bytes, *, seconds: float) -> bytes | None:
    """Return the first `seconds` as mono WAV at `RATE`; None where ffmpeg is missing or fails."""
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", *_output(seconds), "pipe:1"]
    try:
        done = subprocess.run(command, input=value, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout if not done.returncode and done.stdout else None


def _output(seconds: float) -> list[str]:
    return ["-t", str(seconds), "-ac", "1", "-ar", str(RATE), "-f", "wav"]
