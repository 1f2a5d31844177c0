"""Listening in a process of its own: windows of several stages that overlap, each followed for itself."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from processors.music.audio import decode
from processors.music.tagger import Tagger
from stream.features.music.listener import CACHE, Listener
from stream.runtime.settings import ROOT

RATE = 24_000


def flac(sound: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def test_stages_are_followed_apart_and_bad_sound_disturbs_none() -> None:
    time = np.arange(25 * RATE) / RATE
    struck = np.exp(-5 * (time % 0.5))
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    stages = {name: 0.2 * np.sin(2 * np.pi * pitch * time) * struck + noise for name, pitch in (("a", 220), ("b", 880))}
    tagger, listener = Tagger.load(), Listener()

    async def run() -> None:
        for end in (15, 20, 25):
            for name, sound in stages.items():
                value = flac(sound[(end - 15) * RATE : end * RATE])
                listened, alone = await listener.listen(value, name), tagger.analyze(decode(value))
                assert listened.fragment is not None
                assert listened.fragment.tags is not None
                assert alone.tags is not None
                assert abs(listened.fragment.loudness - alone.loudness) < 0.05
                # Onsets are counted in frames that lie a little elsewhere.
                for statistic, value_ in alone.tags.statistics.items():
                    assert abs(listened.fragment.tags.statistics[statistic] - value_) < 0.2 * abs(value_) + 0.02
                broken = await listener.listen(b"RIFF" + bytes(100), name)
                assert broken.fragment is None
                assert "cut-off WAV" in broken.error

    try:
        asyncio.run(run())
    finally:
        listener.close()


LISTEN = """
import asyncio, sys
from pathlib import Path
from simulation.evening import Evening, clock
from simulation.stage_music import recorded
from stream.features.music.listener import Listener

def compiled():
    return sorted(Path(sys.argv[1]).rglob("*.nbc"))

if __name__ == "__main__":
    listener = Listener()
    before = compiled()
    for stage, time in (("main", "20:30"), ("forest", "21:30")):
        ((_, music),) = recorded(Evening(), stage, clock(time))
        assert asyncio.run(listener.listen(music, stage)).fragment is not None
    assert before and compiled() == before
    listener.close()
"""


@pytest.mark.timeout(300)
def test_after_the_start_nothing_is_left_to_compile_and_a_broken_cache_stops_nobody(tmp_path: Path) -> None:
    """With an empty cache of numba's, two listeners that start at once fill it; then its code ends whoever runs it."""
    script, cache = tmp_path / "listen.py", tmp_path / "numba"
    script.write_text(LISTEN)
    environment = os.environ | {CACHE: str(cache), "PYTHONPATH": str(ROOT)}

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(cache)]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    for process in (start(), start()):
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    for path in cache.rglob("guf-beat*.nbc"):
        code = bytearray(path.read_bytes())
        begin = code.index(b"\x7fELF") + 64  # behind the header
        code[begin : begin + 64] = b"\xcc" * 64  # breakpoints
        path.write_bytes(code)
    process = start()
    _, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    assert str(cache) in said, "it says what to remove"
