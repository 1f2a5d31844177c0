"""Degradations of test clips, one at a time: a talking crowd, overload, reverberation, a poor codec."""

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
from training.music.babble import cached_babble, loop_excerpt
from training.music.describe import WORK

AudioTransform = Callable[[Audio, np.random.Generator], Audio]

CROWD_BELOW_MUSIC_DB = 10.0

TEST_VOICE_POOL, NUM_CROWDS = 78, 6
"""Pool of voices that is not used in training, and its number of crowds."""


def add_crowd(audio: Audio, rng: np.random.Generator) -> Audio:
    """Add a talking crowd 10 dB below the music."""
    music_level = float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))
    noise = loop_excerpt(
        cached_babble(TEST_VOICE_POOL, int(rng.integers(NUM_CROWDS))), len(audio.samples), rng
    ) * np.float32(music_level * 10 ** (-CROWD_BELOW_MUSIC_DB / 20))
    return _peak_limited(audio.samples + noise)


def overload(audio: Audio, rng: np.random.Generator) -> Audio:
    """Amplify the input so far that one sample in thirty is clipped."""
    clipping_level = float(np.quantile(np.abs(audio.samples), 1 - 1 / 30))
    return Audio(np.clip(audio.samples / max(clipping_level, 1e-9), -1, 1).astype(np.float32))


def add_reverberation(audio: Audio, rng: np.random.Generator) -> Audio:
    """Add reverberation that decays by 60 dB in 1.5 s, with half the power of the direct sound."""
    time = np.arange(int(1.5 * RATE)) / RATE
    impulse_response = rng.standard_normal(len(time)) * 10 ** (-3 * time / 1.5)
    impulse_response *= np.sqrt(0.5 / np.sum(impulse_response**2))
    return _peak_limited(audio.samples + fftconvolve(audio.samples, impulse_response)[: len(audio.samples)])


def encode_mp3(audio: Audio, rng: np.random.Generator) -> Audio:
    """Encode as MP3 at the lowest quality of the encoder."""
    file = io.BytesIO()
    samples = audio.samples / max(1.0, float(np.abs(audio.samples).max()))
    soundfile.write(file, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.99)
    return decode(file.getvalue())


CONDITIONS: dict[str, AudioTransform] = {
    "crowd at 10 dB": add_crowd,
    "clipping": overload,
    "echo": add_reverberation,
    "codec": encode_mp3,
}


def _peak_limited(samples: NDArray[Any]) -> Audio:
    return Audio(np.ascontiguousarray(samples / max(1.0, float(np.abs(samples).max())), np.float32))


def path_of(kind: str, condition: str, sound: Model) -> Path:
    """Return the path of the features under a condition."""
    return WORK / f"{kind}-{condition.replace(' ', '-')}-{VERSION}-{sound.card.sha256[:12]}.npz"
