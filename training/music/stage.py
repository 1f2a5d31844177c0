"""Augmentation: a studio recording as a stage microphone records it among people.

Another speed, hall, equaliser, a talking crowd, overload and a poor codec, in any mixture; `microphone.overheard` has
neither talking crowd nor codec, and `conditions` has one effect at a time.
"""

from __future__ import annotations

import io
from typing import Any

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio, decode
from training.music.babble import crowd, cut
from training.music.microphone import equalised, hall, level, part, pink

POOL, CROWDS = 77, 4


def on_stage(audio: Audio, random: np.random.Generator) -> Audio:
    """One rendering; each effect comes with a chance of its own.

    Speed and pitch change together by up to 6 %, as a record that turns faster: neither mood nor genre does.
    """
    samples = part(audio.samples, random)
    if random.random() < 0.5:
        speed = random.uniform(0.94, 1.06)
        samples = librosa.resample(samples, orig_sr=RATE, target_sr=RATE / speed, res_type="soxr_mq")
    if random.random() < 0.4:
        samples = hall(samples, random)
    if random.random() < 0.4:
        samples = equalised(samples, random)
    if random.random() < 0.75:
        noise = _crowd(len(samples), random) if random.random() < 0.75 else pink(len(samples), random)
        samples = samples + level(samples) * 10 ** (-random.uniform(4, 22) / 20) * noise
    if random.random() < 0.2:
        top = float(np.quantile(np.abs(samples), random.uniform(0.95, 0.999)))
        samples = np.clip(samples, -top, top)
    samples = samples / max(float(np.abs(samples).max()), 1e-9)
    if random.random() < 0.3:
        samples = _coded(samples, random)
    return Audio(np.ascontiguousarray(samples, np.float32))


def _crowd(length: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return one to three crowds, each from a random position, of level 1."""
    total = np.zeros(length, np.float32)
    for number in random.permutation(CROWDS)[: random.integers(1, 4)]:
        total += cut(crowd(POOL, int(number)), length, random)
    return np.asarray(total / max(level(total), 1e-9), np.float32)


def _coded(samples: NDArray[Any], random: np.random.Generator) -> NDArray[np.float32]:
    """Encode as MP3 of low to medium quality."""
    file = io.BytesIO()
    soundfile.write(
        file, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=float(random.uniform(0.6, 0.99))
    )
    return decode(file.getvalue()).samples
