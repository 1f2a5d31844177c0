"""Degradations by a stage microphone, each alone: a talking crowd, overload, reverberation, a poor codec."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from processors.models.inference import Model
from processors.music.audio import RATE, Audio, decode
from processors.music.features import VERSION
from training.music.babble import crowd as crowd_of
from training.music.babble import cut
from training.music.describe import WORK

Change = Callable[[Audio, np.random.Generator], Audio]

DECIBELS = 10.0

POOL, CROWDS = 78, 6
"""Pools of voices that were not used in training."""


def crowd(audio: Audio, random: np.random.Generator) -> Audio:
    """Add a talking crowd 10 dB below the music."""
    level = float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))
    noise = cut(crowd_of(POOL, int(random.integers(CROWDS))), len(audio.samples), random) * np.float32(
        level * 10 ** (-DECIBELS / 20)
    )
    return _fitted(audio.samples + noise)


def clipped(audio: Audio, random: np.random.Generator) -> Audio:
    """Amplify the input so far that one sample in thirty is clipped."""
    top = float(np.quantile(np.abs(audio.samples), 1 - 1 / 30))
    return Audio(np.clip(audio.samples / max(top, 1e-9), -1, 1).astype(np.float32))


def hall(audio: Audio, random: np.random.Generator) -> Audio:
    """Add reverberation that decays by 60 dB in 1.5 s, with half the power of the direct sound."""
    time = np.arange(int(1.5 * RATE)) / RATE
    tail = random.standard_normal(len(time)) * 10 ** (-3 * time / 1.5)
    tail *= np.sqrt(0.5 / np.sum(tail**2))
    return _fitted(audio.samples + fftconvolve(audio.samples, tail)[: len(audio.samples)])


def codec(audio: Audio, random: np.random.Generator) -> Audio:
    """Encode as MP3 at the lowest quality of the encoder."""
    file = io.BytesIO()
    samples = audio.samples / max(1.0, float(np.abs(audio.samples).max()))
    soundfile.write(file, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.99)
    return decode(file.getvalue())


CONDITIONS: dict[str, Change] = {"crowd at 10 dB": crowd, "clipping": clipped, "echo": hall, "codec": codec}


def _fitted(samples: NDArray[Any]) -> Audio:
    return Audio(np.ascontiguousarray(samples / max(1.0, float(np.abs(samples).max())), np.float32))


def path_of(kind: str, condition: str, sound: Model) -> Path:
    """Return the path of the rows of a condition."""
    return WORK / f"{kind}-{condition.replace(' ', '-')}-{VERSION}-{sound.card.sha256[:12]}.npz"
