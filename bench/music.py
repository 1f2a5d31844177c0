"""Fragments of 30 seconds a second, decoding included, beside librosa's plain features alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.job import run_job
from bench.music_job import MusicOrder
from bench.table import Row, row
from stream.demo.evening import Evening
from stream.demo.stage_music import encode, fragment

NUMBER = 40
SECONDS = 30.0
STAGE = "main"


def measure(folder: Path, *, number: int, say: Callable[[str], None], seen: Callable[[int], None]) -> list[Row]:
    """Both contestants on the same files, one after the other.

    Raises:
        BenchError: one of them did not run.
    """
    say(f"music: synthesising {number} fragments of {SECONDS:.0f} s")
    evening = Evening()
    files = []
    for place in range(number):
        file = folder / f"{place}.ogg"
        file.write_bytes(encode(fragment(evening, STAGE, 1_800 + 60.0 * place, SECONDS)))
        files.append(str(file))
        seen(place + 1)
    say("music: librosa alone")
    plain = run_job("music_job.py", MusicOrder(plain=True, files=files))
    say("music: tagger")
    ours = run_job("music_job.py", MusicOrder(plain=False, files=files))
    notes = (
        f"ours: {ours.cpu_seconds / ours.events:.2f} s of one core a fragment of {SECONDS:.0f} s, decoding, features, "
        f"embeddings, mood, genre, beats and key; reference: {plain.cpu_seconds / plain.events:.2f} s, no model"
    )
    return [row("music tagger", "fragments/s", ours, "librosa's plain features", plain, notes=notes)]
