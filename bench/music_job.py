"""Fragments of sound in one loop: tagged as the music worker does, or described by librosa alone as tutorials do.

Reads a `MusicOrder` from standard input.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import librosa
import msgspec
import numpy as np
from msgspec import Struct

from bench.measured import Measured, moment
from processors.music.audio import decode
from processors.music.tagger import Tagger


class MusicOrder(Struct, kw_only=True):
    """Which contestant, and the fragments' files."""

    plain: bool
    files: list[str]


def tagging() -> Callable[[bytes], object]:
    """Decoding, features, embeddings, mood, genre, beats and key."""
    tagger = Tagger.load()
    return lambda value: tagger.listen(decode(value))


def described(value: bytes) -> object:
    """Decoding, and mean and spread of librosa's usual features, each call on its own."""
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
    """Work on every fragment once; the clock runs from the end of the first, as libraries are slow then."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=MusicOrder)
    fragments = [Path(file).read_bytes() for file in order.files]
    work = described if order.plain else tagging()
    work(fragments[0])
    began = moment()
    for fragment in fragments:
        work(fragment)
    ended = moment()
    said = Measured(events=len(fragments), seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
    print(msgspec.json.encode(said).decode())


if __name__ == "__main__":
    main()
