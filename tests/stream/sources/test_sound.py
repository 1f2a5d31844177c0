"""Microphones: fragments that overlap, from a file through a real ffmpeg."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from processors.music.audio import decode
from schemas.topics import SNIPPETS
from stream.sources.sound import MicrophoneSource
from tests.stream.sources.conftest import Brought

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]


def test_a_file_gives_growing_then_overlapping_fragments(
    tmp_path: Path, running: Callable[..., Any], brought: Brought
) -> None:
    seconds = np.arange(40 * 8_000) / 8_000
    soundfile.write(tmp_path / "song.wav", 0.3 * np.sin(2 * np.pi * 440 * seconds), 8_000)
    with running(MicrophoneSource("file-stage", str(tmp_path), loop=False, pace=False)) as thread:
        thread.join(timeout=60)
    lengths = [round(decode(m.value() or b"").seconds) for m in brought.of(SNIPPETS, "file-stage")]
    assert lengths == [5, 10, 15, 20, 25, 30, 30, 30]
