"""What is heard in each frame of 93 ms, a hop of 23 ms apart: it needs no more than the frame, so it is never computed
again for a window that overlaps."""

from __future__ import annotations

import librosa
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.audio import RATE, Samples

FFT, HOP = 2048, 512

BANDS: dict[str, tuple[float, float]] = {
    "sub": (20, 60),
    "bass": (60, 250),
    "low_mid": (250, 500),
    "mid": (500, 2_000),
    "high_mid": (2_000, 4_000),
    "high": (4_000, 11_025),
}
"""Hz, as sound engineers call them"""

Rows = NDArray[np.float32]


class Spectra(Struct, frozen=True):
    """Frames in a row; each array is (rows, frames).

    Attributes:
        mel: power of 96 mel bands.
        chroma: 12, each frame's strongest is 1.
        contrast: 7, dB.
        shape: centroid, bandwidth, roll-off (Hz) and flatness (0…1).
        crossings: share of samples at which the sign changes.
        power: of `BANDS`, and in the last row of everything, summed over bins.
    """

    mel: Rows
    chroma: Rows
    contrast: Rows
    shape: Rows
    crossings: Rows
    power: Rows

    def __len__(self) -> int:
        return int(self.mel.shape[1])

    def part(self, start: int, end: int) -> Spectra:
        """Frames `start` to `end`."""
        return Spectra(*(row[:, start:end] for row in self._rows()))

    def then(self, *others: Spectra) -> Spectra:
        """These frames and others after them."""
        rows = zip(self._rows(), *(other._rows() for other in others), strict=True)
        return Spectra(*(np.concatenate(parts, axis=1) for parts in rows))

    def louder(self, gain: float) -> Spectra:
        """As if the sound had been multiplied by `gain`; flatness, whose floor is absolute, stays as it is."""
        power = np.float32(gain**2)
        return Spectra(self.mel * power, self.chroma, self.contrast, self.shape, self.crossings, self.power * power)

    def _rows(self) -> tuple[Rows, ...]:
        return self.mel, self.chroma, self.contrast, self.shape, self.crossings, self.power


def frames_in(samples: int) -> int:
    """Of a sound of so many samples, frames around its first sample, and every `HOP` further."""
    return 1 + samples // HOP


def compute_spectra(samples: Samples, start: int = 0, end: int | None = None) -> Spectra:
    """Frames `start` to `end` (all if left out) of a sound; before and after it is silence.

    Frame i lies around sample i · `HOP`. Any part of the frames is what it is among all of them.

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
