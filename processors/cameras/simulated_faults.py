"""Simulated camera faults, applied to good pictures to measure how many are detected."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import Picture

PictureChange = Callable[[Picture, np.random.Generator], Picture]


def alive(picture: Picture, random: np.random.Generator, *, light: float = 1.0) -> Picture:
    """Return the same view a moment later: people have moved a little, the light flickers, the sensor has noise."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(
        picture, x + _cloud(random, height, width, 2.0), y + _cloud(random, height, width, 2.0), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return _noisy(moved.astype(np.float32) * light * random.uniform(0.98, 1.02), random)


def black(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate a lens cap, a cable without a signal, or a lamp that is out."""
    return _noisy(picture * np.float32(random.uniform(0.0, 0.02)) + random.uniform(0, 6), random)


def overexposed(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate the sun or a spotlight in the lens."""
    return _noisy(picture * np.float32(random.uniform(4, 8)) + random.uniform(60, 140), random)


def blurred(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate rain on the lens or focus on something near: Gaussian blur of 1.2 to 3 % of the width."""
    sigma = random.uniform(0.012, 0.03) * picture.shape[1]
    return _noisy(cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.float32), random)


def smoke(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate uneven, tinted smoke that transmits 8 to 25 % of the light (Koschmieder's law)."""
    height, width = picture.shape[:2]
    left = random.uniform(0.08, 0.25) * np.exp(_cloud(random, height, width, 0.35))
    colour = random.uniform(120, 225) * (1 + random.normal(0, 0.12, 3))
    veil = colour * np.exp(_cloud(random, height, width, 0.08))[:, :, None]
    left = np.clip(left, 0, 1)[:, :, None]
    return _noisy((picture * left + veil * (1 - left)).astype(np.float32), random)


def pyrotechnics(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate flames and sparks: warm light that overexposes 40 to 80 % of the picture, with a glow around it."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    glow = np.zeros((height, width), np.float32)
    for _ in range(random.integers(2, 5)):
        at = random.uniform(0.1, 0.9, 2) * (width, height)
        size = random.uniform(0.15, 0.28) * width
        glow += np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * size**2))
    # The strength at which 40 to 80 % of the picture are overexposed.
    strength = 235.0 / max(0.05, float(np.quantile(glow, 1 - random.uniform(0.4, 0.8))))
    warm = np.asarray((1.0, random.uniform(0.75, 0.92), random.uniform(0.35, 0.7)))
    return _noisy((picture + glow[:, :, None] * strength * warm).astype(np.float32), random)


def obstructed(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate a hand, drone or banner close to the lens: 40 to 80 % of the picture, out of focus."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, wavy = random.uniform(0, 2 * np.pi), _cloud(random, height, width, 0.06 * width)
    distance = np.cos(angle) * (x - width / 2) + np.sin(angle) * (y - height / 2) + wavy
    hidden = (distance < np.quantile(distance, random.uniform(0.4, 0.8))).astype(np.float32)
    hidden = cv2.GaussianBlur(hidden, (0, 0), 0.015 * width)[:, :, None]
    colour = random.choice(_THINGS) * random.uniform(0.7, 1.2) + _cloud(random, height, width, 6.0)[:, :, None]
    return _noisy((picture * (1 - hidden) + colour * hidden).astype(np.float32), random)


def dimmed(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate stage light between two songs, which is not a fault: dimmed to 30 to 60 %, and tinted."""
    tint = 1 + random.normal(0, 0.15, 3)
    return _noisy((picture * random.uniform(0.3, 0.6) * tint).astype(np.float32), random)


def passer_by(picture: Picture, random: np.random.Generator) -> Picture:
    """Simulate a flag or a passer-by, which is not a fault: up to an eighth of the picture is hidden."""
    height, width = picture.shape[:2]
    covered = picture.astype(np.float32)
    wide, high = random.uniform(0.15, 0.3) * width, random.uniform(0.2, 0.4) * height
    left, top = random.uniform(0, width - wide), random.uniform(0, height - high)
    area = (slice(int(top), int(top + high)), slice(int(left), int(left + wide)))
    covered[area] = random.choice(_THINGS)
    return _noisy(covered, random)


FAULTS: dict[str, PictureChange] = {
    "black": black,
    "overexposed": overexposed,
    "blurred": blurred,
    "smoke": smoke,
    "pyrotechnics": pyrotechnics,
    "obstructed": obstructed,
}
"""Changes by the name of the fault that should be detected; a frozen picture needs a sequence, not a change."""

NO_FAULTS: dict[str, PictureChange] = {"alive": alive, "dimmed": dimmed, "passer-by": passer_by}
"""Changes that must not be detected as faults."""

_THINGS = np.asarray(
    [(196, 150, 124), (120, 84, 64), (38, 36, 40), (90, 92, 98), (222, 220, 214), (150, 40, 44)], float
)


def _cloud(random: np.random.Generator, height: int, width: int, strength: float) -> NDArray[np.float32]:
    """Return smooth noise with large and medium patches, (height, width) float32."""
    total = np.zeros((height, width), np.float32)
    for cells, share in ((4, 0.8), (12, 0.6)):
        rough = random.normal(0, strength * share, (cells * height // width + 2, cells)).astype(np.float32)
        total += cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def _noisy(picture: NDArray[np.float32] | NDArray[np.float64], random: np.random.Generator) -> Picture:
    noise = random.normal(0, 2.5, (picture.shape[0] + 64, picture.shape[1] + 64, 1)).astype(np.float32)
    return np.asarray(np.clip(picture + noise[32:-32, 32:-32], 0, 255), np.uint8)
