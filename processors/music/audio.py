"""Sound as an array: decoding, checks, loudness."""

from __future__ import annotations

import io
import math

import librosa
import numpy as np
import soundfile
from msgspec import Struct
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 22_050
"""Hz; what all features are computed at"""

SHORTEST, LONGEST = 1.0, 60.0
"""seconds: less says nothing about music, and of more only the first minute is listened to"""

SILENT_DBFS = -55.0
"""A stage microphone that hears less than this hears its own noise."""


class AudioError(ValueError):
    """The sound can't be used; the message says why."""


class AudioFormatError(AudioError):
    """libsndfile does not know the format; ffmpeg may."""


class Audio(Struct, frozen=True):
    """Mono sound at `RATE`, float32 in −1…1."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / RATE

    @property
    def loudness(self) -> float:
        """Root mean square in dBFS, at most 0; −120 for digital silence."""
        power = float(np.mean(np.square(self.samples, dtype=np.float64)))
        return min(0.0, 10 * math.log10(max(power, 1e-12)))

    @property
    def silent(self) -> bool:
        """Whether the microphone hears nothing."""
        return self.loudness < SILENT_DBFS


def decode(value: bytes) -> Audio:
    """Read WAV, FLAC, Ogg (Vorbis, Opus), MP3 or AIFF.

    Raises:
        AudioFormatError: not a format that libsndfile reads.
        AudioError: empty, truncated, too short, or with values that are no numbers.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(value)) as file:
            rate = int(file.samplerate)
            if not 4_000 <= rate <= 384_000:
                raise AudioError(f"a sample rate of {rate} Hz is not plausible")
            raw = file.read(int(LONGEST * rate), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioFormatError(f"not a sound file that libsndfile reads: {error}") from error
    return from_samples(raw, rate)


def from_samples(raw: NDArray[np.float32], rate: int) -> Audio:
    """Check and bring to mono at `RATE`.

    Args:
        raw: (n,) or (n, channels), −1…1.
        rate: Hz.

    Raises:
        AudioError: empty, too short, or with values that are no numbers.

    >>> round(from_samples(np.zeros(16_000, np.float32), 8_000).seconds, 2)
    2.0
    """
    mono = raw.mean(axis=1) if raw.ndim == 2 else raw
    if len(mono) < SHORTEST * rate:
        raise AudioError(f"{len(mono) / rate:.2f} s of sound; at least {SHORTEST:.0f} s are needed")
    if not np.isfinite(mono).all():
        raise AudioError("the sound has values that are no numbers")
    if rate != RATE:
        mono = librosa.resample(mono, orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    return Audio(np.ascontiguousarray(np.clip(mono, -1.0, 1.0), np.float32))
