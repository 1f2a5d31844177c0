"""Augmentation: a studio recording as a stage microphone records it among people.

Changed speed, reverberation, equaliser, a talking crowd, overload and a poor codec, in any combination;
`microphone.augment_with_pink_noise` has neither talking crowd nor codec, and `conditions` one effect at a time.
"""

from __future__ import annotations

import io
from typing import Any

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio, decode
from training.music.babble import cached_babble, loop_excerpt
from training.music.microphone import add_reverberation, equalise, pink_noise, random_part, root_mean_square

TRAINING_VOICE_POOL, NUM_CROWDS = 77, 4


def augment_with_babble(audio: Audio, rng: np.random.Generator) -> Audio:
    """Return one rendering; each effect has its own probability.

    Speed and pitch change together by up to 6 %, which changes neither mood nor genre.
    """
    samples = random_part(audio.samples, rng)
    if rng.random() < 0.5:
        speed = rng.uniform(0.94, 1.06)
        samples = librosa.resample(samples, orig_sr=RATE, target_sr=RATE / speed, res_type="soxr_mq")
    if rng.random() < 0.4:
        samples = add_reverberation(samples, rng)
    if rng.random() < 0.4:
        samples = equalise(samples, rng)
    if rng.random() < 0.75:
        noise = _mixed_babble(len(samples), rng) if rng.random() < 0.75 else pink_noise(len(samples), rng)
        samples = samples + root_mean_square(samples) * 10 ** (-rng.uniform(4, 22) / 20) * noise
    if rng.random() < 0.2:
        clipping_level = float(np.quantile(np.abs(samples), rng.uniform(0.95, 0.999)))
        samples = np.clip(samples, -clipping_level, clipping_level)
    samples = samples / max(float(np.abs(samples).max()), 1e-9)
    if rng.random() < 0.3:
        samples = _encode_mp3(samples, rng)
    return Audio(np.ascontiguousarray(samples, np.float32))


def _mixed_babble(length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return one to three crowds, each from a random position, of root mean square 1."""
    total = np.zeros(length, np.float32)
    for number in rng.permutation(NUM_CROWDS)[: rng.integers(1, 4)]:
        total += loop_excerpt(cached_babble(TRAINING_VOICE_POOL, int(number)), length, rng)
    return np.asarray(total / max(root_mean_square(total), 1e-9), np.float32)


def _encode_mp3(samples: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float32]:
    """Encode as MP3 of low to medium quality."""
    file = io.BytesIO()
    soundfile.write(
        file, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=float(rng.uniform(0.6, 0.99))
    )
    return decode(file.getvalue()).samples
