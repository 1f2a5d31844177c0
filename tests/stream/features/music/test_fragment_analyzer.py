"""Tests of fragment analysis in a child process: overlapping windows of several stages, and numba's cache."""

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
from stream.features.music.compiled_code import CACHE_VARIABLE, SHIPPED_VARIABLE
from stream.features.music.fragment_analyzer import FragmentAnalyzerProcess
from stream.runtime.settings import ROOT

RATE = 24_000


def encode_flac(sound: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def test_stages_are_analyzed_independently_despite_bad_sound() -> None:
    time = np.arange(25 * RATE) / RATE
    envelope = np.exp(-5 * (time % 0.5))
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    stages = {
        name: 0.2 * np.sin(2 * np.pi * pitch * time) * envelope + noise for name, pitch in (("a", 220), ("b", 880))
    }
    tagger, analyzer = Tagger.load(), FragmentAnalyzerProcess()

    async def run() -> None:
        for end in (15, 20, 25):
            for name, sound in stages.items():
                value = encode_flac(sound[(end - 15) * RATE : end * RATE])
                analysis, direct = await analyzer.analyze(value, name), tagger.analyze(decode(value))
                assert analysis.fragment is not None
                assert analysis.fragment.tags is not None
                assert direct.tags is not None
                assert abs(analysis.fragment.loudness - direct.loudness) < 0.05
                # The frames in which onsets are counted are shifted a little.
                for statistic, expected in direct.tags.statistics.items():
                    assert abs(analysis.fragment.tags.statistics[statistic] - expected) < 0.2 * abs(expected) + 0.02
                broken = await analyzer.analyze(b"RIFF" + bytes(100), name)
                assert broken.fragment is None
                assert "cut-off WAV" in broken.error

    try:
        asyncio.run(run())
    finally:
        analyzer.close()


SCRIPT = """
import asyncio, sys
from pathlib import Path
from simulation.evening import Evening, clock
from simulation.stage_music import recorded_fragment
from stream.features.music.fragment_analyzer import FragmentAnalyzerProcess, compile_ahead

def compiled():
    return sorted(Path(sys.argv[1]).rglob("*.nbc"))

if __name__ == "__main__":
    compile_ahead()
    analyzer = FragmentAnalyzerProcess()
    before = compiled()
    for stage, time in (("main", "20:30"), ("forest", "21:30")):
        ((_, music),) = recorded_fragment(Evening(), stage, clock(time))
        assert asyncio.run(analyzer.analyze(music, stage)).fragment is not None
    assert before and compiled() == before
    analyzer.close()
"""


@pytest.mark.timeout(300)
def test_warm_up_compiles_all_and_survives_broken_cache(tmp_path: Path) -> None:
    """Fill an empty numba cache with two processes, then corrupt its code, so that running it ends a process.

    A third process has an empty cache and the filled one as what came with its image: it compiles nothing.
    """
    script, cache, container = tmp_path / "analyze.py", tmp_path / "numba", tmp_path / "container"
    script.write_text(SCRIPT)

    def start(cache: Path = cache, shipped: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(cache)]
        changes = {CACHE_VARIABLE: str(cache), SHIPPED_VARIABLE: shipped, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=os.environ | changes, stderr=subprocess.PIPE, text=True)

    for process in (start(), start()):
        _, stderr = process.communicate(timeout=200)
        assert process.returncode == 0, stderr
    assert (cache / "complete").exists()
    process = start(container, shipped=str(cache))
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    written = {path.relative_to(cache): path.stat().st_mtime_ns for path in cache.rglob("*.nb*")}
    assert {path.relative_to(container): path.stat().st_mtime_ns for path in container.rglob("*.nb*")} == written
    for path in cache.rglob("guf-beat*.nbc"):
        code = bytearray(path.read_bytes())
        begin = code.index(b"\x7fELF") + 64  # after the header
        code[begin : begin + 64] = b"\xcc" * 64  # breakpoints
        path.write_bytes(code)
    process = start()
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert str(cache) in stderr, "the log names the folder to remove"
