"""Analyse fragments of sound in one loop: each alone, with librosa's plain features, or as overlapping windows.

Reads a `MusicOrder` from standard input.
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

from bench.measured import Measured, moment
from processors.music.audio import decode, read_mono
from processors.music.sliding_window import SlidingWindow
from processors.music.tagger import Tagger


class MusicOrder(Struct, kw_only=True):
    """A contestant, and the fragments' files."""

    how: Literal["alone", "followed", "plain"]
    files: list[str]


def tagging() -> Callable[[bytes], object]:
    """Return the analysis of separate fragments: features, embeddings, mood, genre, beats and key."""
    tagger = Tagger.load()
    return lambda value: tagger.analyze(decode(value))


def following() -> Callable[[bytes], object]:
    """Return the analysis of overlapping windows, which does not compute again what the previous one had."""
    tagger = Tagger.load()
    sliding = SlidingWindow(tagger.sound)
    return lambda value: tagger.analyze_window(sliding, *read_mono(value))


def described(value: bytes) -> object:
    """Return mean and spread of librosa's usual features, each by a call of its own."""
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
    """Analyse every fragment once; timed from the end of the first, in which libraries are slow."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=MusicOrder)
    fragments = [Path(file).read_bytes() for file in order.files]
    work = {"plain": lambda: described, "alone": tagging, "followed": following}[order.how]()
    work(fragments[0])
    began = moment()
    for fragment in fragments:
        work(fragment)
    ended = moment()
    said = Measured(events=len(fragments), seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
    print(msgspec.json.encode(said).decode())


if __name__ == "__main__":
    main()
