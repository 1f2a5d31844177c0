"""Job that processes sound fragments in one loop, in one of three ways.

Each fragment is tagged on its own, described by librosa's features only, or tagged incrementally as the music worker
does for a stage, whose fragments overlap.

Reads a `MusicJobInput` from standard input.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import librosa
import msgspec
import numpy as np
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from processors.music.audio import decode, read_mono
from processors.music.sliding_window import SlidingWindow
from processors.music.tagger import Tagger


class MusicJobInput(Struct, kw_only=True):
    """Method, and the files of the fragments."""

    how: Literal["alone", "followed", "plain"]
    files: list[str]


def tagging() -> Callable[[bytes], object]:
    """Return a function that decodes a fragment and computes embeddings, mood, genre, beats and key."""
    tagger = Tagger.load()
    return lambda value: tagger.analyze(decode(value))


def incremental_tagging() -> Callable[[bytes], object]:
    """Return the same function for overlapping windows, which reuses what the previous window has in common."""
    tagger = Tagger.load()
    sliding = SlidingWindow(tagger.sound)
    return lambda value: tagger.analyze_window(sliding, *read_mono(value))


def librosa_features(value: bytes) -> object:
    """Decode a fragment and return mean and standard deviation of librosa's usual features."""
    sound, rate = librosa.load(io.BytesIO(value), sr=22_050)
    rows = [
        librosa.feature.mfcc(y=sound, sr=rate),
        librosa.feature.chroma_stft(y=sound, sr=rate),
        librosa.feature.spectral_contrast(y=sound, sr=rate),
        librosa.feature.spectral_centroid(y=sound, sr=rate),
        librosa.feature.spectral_bandwidth(y=sound, sr=rate),
        librosa.feature.spectral_rolloff(y=sound, sr=rate),
        librosa.feature.zero_crossing_rate(sound),
        librosa.feature.rms(y=sound),
    ]
    tempo, _ = librosa.beat.beat_track(y=sound, sr=rate)
    return np.concatenate(
        [np.concatenate([row.mean(axis=1), row.std(axis=1)]) for row in rows] + [np.atleast_1d(tempo)]
    )


def main() -> None:
    """Process every fragment once after a warm-up with the first one."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=MusicJobInput)
    fragments = [Path(file).read_bytes() for file in job.files]
    process = {"plain": lambda: librosa_features, "alone": tagging, "followed": incremental_tagging}[job.how]()
    process(fragments[0])
    began = read_clocks()
    for fragment in fragments:
        process(fragment)
    ended = read_clocks()
    result = RunResult(events=len(fragments), seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
