"""Throughput of the music tagger in 30-second fragments per second, decoding included.

References: librosa's plain features, and for live windows that overlap by 25 seconds, tagging each window anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import soundfile

from bench.comparison_table import ComparisonRow, compare
from bench.music_job import MusicJobInput
from bench.reference_job import run_job
from simulation.evening import MAIN_STAGE, Evening
from simulation.instruments import RATE, Sound
from simulation.stage_music import encode_opus, fragment

NUM_FRAGMENTS = 40
FRAGMENT_SECONDS, WINDOW_INTERVAL_SECONDS = 30.0, 5.0
STAGE = MAIN_STAGE


def measure(
    folder: Path, *, number: int, announce: Callable[[str], None], on_progress: Callable[[int], None]
) -> list[ComparisonRow]:
    """Run the tagger and the references on the same files, one after the other.

    Raises:
        BenchError: one of them failed.
    """
    announce(f"music: synthesising {number} fragments of {FRAGMENT_SECONDS:.0f} s")
    evening = Evening()
    files = []
    for index in range(number):
        file = folder / f"{index}.ogg"
        file.write_bytes(encode_opus(fragment(evening, STAGE, 1_800 + 60.0 * index, FRAGMENT_SECONDS)))
        files.append(str(file))
        on_progress(index + 1)
    announce("music: librosa alone")
    plain = run_job("music_job.py", MusicJobInput(how="plain", files=files))
    announce("music: tagger")
    ours = run_job("music_job.py", MusicJobInput(how="alone", files=files))
    notes = (
        f"ours: {ours.cpu_seconds / ours.events:.2f} s of one core a fragment of {FRAGMENT_SECONDS:.0f} s, decoding, "
        f"features, embeddings, mood, genre, beats and key; reference: {plain.cpu_seconds / plain.events:.2f} s, "
        "no model"
    )
    rows = [compare("music tagger", "fragments/s", ours, "librosa's plain features", plain, notes=notes)]
    announce("music: a stage that is followed")
    windows = _windows(folder, fragment(evening, STAGE, 1_800, FRAGMENT_SECONDS + WINDOW_INTERVAL_SECONDS * number))
    without_reuse, with_reuse = (
        run_job("music_job.py", MusicJobInput(how=how, files=windows)) for how in ("alone", "followed")
    )
    notes = (
        f"ours: {1000 * with_reuse.cpu_seconds / with_reuse.events:.0f} ms of one core for the 5 new of "
        f"{FRAGMENT_SECONDS:.0f} s; reference: {1000 * without_reuse.cpu_seconds / without_reuse.events:.0f} ms"
    )
    return [*rows, compare("music, live", "windows/s", with_reuse, "each window anew", without_reuse, notes=notes)]


def _windows(folder: Path, sound: Sound) -> list[str]:
    """Write windows as a microphone source sends them, and return their paths."""
    files: list[str] = []
    for end in range(int(FRAGMENT_SECONDS * RATE), len(sound) + 1, int(WINDOW_INTERVAL_SECONDS * RATE)):
        file = folder / f"window-{len(files)}.flac"
        soundfile.write(file, sound[end - int(FRAGMENT_SECONDS * RATE) : end], RATE, subtype="PCM_16")
        files.append(str(file))
    return files
