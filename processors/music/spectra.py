"""Spectral frames of 93 ms at a hop of 23 ms.

A frame depends on its own samples only, so it is never computed again for a window that overlaps.
"""

from __future__ import annotations

import librosa
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.audio import RATE, Samples

FFT, HOP = 2048, 512
"""Points of the Fourier transform and samples of a hop, at `RATE`."""

BANDS: dict[str, tuple[float, float]] = {
    "sub": (20, 60),
    "bass": (60, 250),
    "low_mid": (250, 500),
    "mid": (500, 2_000),
    "high_mid": (2_000, 4_000),
    "high": (4_000, 11_025),
}
"""Limits of the frequency bands in Hz, as sound engineers name them."""

Rows = NDArray[np.float32]


class Spectra(Struct, frozen=True):
    """Consecutive frames; each array is (rows, frames).

    Attributes:
        mel: power of 96 mel bands.
        chroma: 12 pitch classes; each frame's strongest is 1.
        contrast: spectral contrast of 7 bands, dB.
        shape: centroid, bandwidth, roll-off (Hz) and flatness (0 to 1).
        crossings: share of samples at which the sign changes.
        power: of `BANDS`, and in the last row of all frequencies, summed over bins.
    """

    mel: Rows
    chroma: Rows
    contrast: Rows
    shape: Rows
    crossings: Rows
    power: Rows

    def __len__(self) -> int:
        return int(self.mel.shape[1])

    def frames(self, start: int, end: int) -> Spectra:
        """Return the frames `start` to `end`."""
        return Spectra(*(row[:, start:end] for row in self._rows()))

    def concatenate(self, *others: Spectra) -> Spectra:
        """Return these frames followed by others."""
        rows = zip(self._rows(), *(other._rows() for other in others), strict=True)
        return Spectra(*(np.concatenate(parts, axis=1) for parts in rows))

    def scaled(self, gain: float) -> Spectra:
        """Return the spectra of the audio multiplied by `gain`; flatness, whose floor is absolute, stays as it is."""
        power = np.float32(gain**2)
        return Spectra(self.mel * power, self.chroma, self.contrast, self.shape, self.crossings, self.power * power)

    def _rows(self) -> tuple[Rows, ...]:
        return self.mel, self.chroma, self.contrast, self.shape, self.crossings, self.power


def frames_in(samples: int) -> int:
    """Return the number of frames of so many samples: one around the first sample, and one every `HOP` further."""
    return 1 + samples // HOP


def compute_spectra(samples: Samples, start: int = 0, end: int | None = None) -> Spectra:
    """Return the frames `start` to `end` of audio, by default all; it is padded with silence.

    Frame i is centred on sample i · `HOP`. A part of the frames equals the same part of all of them.

    >>> sound = np.sin(np.arange(RATE, dtype=np.float32) / 9)
    >>> whole, part = compute_spectra(sound), compute_spectra(sound, 10, 20)
    >>> len(whole), bool(np.allclose(whole.mel[:, 10:20], part.mel, rtol=1e-4))
    (44, True)
    """
    last = frames_in(len(samples)) if end is None else end
    first, behind = start * HOP - FFT // 2, (last - 1) * HOP + FFT // 2
    piece = samples[max(first, 0) : behind]
    around = (max(-first, 0), max(behind - len(samples), 0))
    magnitude = np.abs(librosa.stft(np.pad(piece, around), n_fft=FFT, hop_length=HOP, center=False))
    power = np.square(magnitude)
    crossings = librosa.feature.zero_crossing_rate(
        np.pad(piece, around, mode="edge"), frame_length=FFT, hop_length=HOP, center=False
    )
    shape = (
        librosa.feature.spectral_centroid(S=magnitude, sr=RATE),
        librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE),
        librosa.feature.spectral_rolloff(S=magnitude, sr=RATE),
        librosa.feature.spectral_flatness(S=magnitude),
    )
    return Spectra(
        mel=librosa.feature.melspectrogram(S=power, sr=RATE, n_mels=96),
        chroma=librosa.feature.chroma_stft(S=power, sr=RATE, tuning=0.0),
        contrast=librosa.feature.spectral_contrast(S=magnitude, sr=RATE),
        shape=np.concatenate(shape),
        crossings=crossings,
        power=_bands(power),
    )


def _bands(power: Rows) -> Rows:
    frequencies = np.fft.rfftfreq(FFT, 1 / RATE)
    sums = [
        power[(frequencies >= low) & (frequencies < high)].sum(axis=0, dtype=np.float64) for low, high in BANDS.values()
    ]
    return np.array([*sums, power.sum(axis=0, dtype=np.float64)], np.float32)
