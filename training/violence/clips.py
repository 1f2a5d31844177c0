"""Clips of the violence data: list, groups for splitting, and augmentation against properties of the recording."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.violence.clip import read_clip
from processors.violence.motion import FRAMES_PER_SECOND, HEIGHT, WIDTH, small_frame

SOURCE_FRAMES_PER_SECOND = 1000.0  # keeps every frame


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled clip; clips with the same `group` are on the same side of every split."""

    path: Path
    fight: bool
    set: str
    group: str


def list_clips(folder: Path) -> list[Clip]:
    """Read `folder/clips.jsonl`; hockey has one source only, so its byte-identical clips are grouped."""
    clips = []
    for line in (folder / "clips.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = folder / row["clip"]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        group = digest if row["set"] == "hockey" else row["source"]
        clips.append(Clip(path, row["label"] == "fight", row["set"], f"{row['set']}/{group}"))
    return clips


@dataclass(frozen=True, slots=True)
class Variation:
    """Augmentation of a whole clip before it is reduced; the defaults change nothing."""

    speed: float = 1.0
    phase: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    centre: tuple[float, float] = (0.5, 0.5)
    drift: tuple[float, float] = (0.0, 0.0)
    shake: float = 0.0
    mirror: bool = False
    gain: float = 1.0
    gamma: float = 1.0
    flicker: float = 0.0
    noise: float = 0.0
    quality: int = 100
    shrink: float = 1.0
    grey: bool = False


def draw(rng: np.random.Generator) -> Variation:
    """Return a random variation: speed, crop or border, pan, shake, light, flicker, noise, JPEG blocks, lost detail."""

    def sometimes(probability: float) -> bool:
        return bool(rng.random() < probability)

    zoom, stretch = rng.uniform(0.6, 1.1), np.exp(rng.uniform(-0.15, 0.15))
    return Variation(
        speed=float(np.exp(rng.uniform(np.log(0.77), np.log(1.3)))),
        phase=float(rng.uniform(0, 1)),
        scale=(float(zoom * stretch), float(zoom / stretch)),
        centre=(float(rng.uniform(0, 1)), float(rng.uniform(0, 1))),
        drift=(float(rng.normal(0, 0.04)), float(rng.normal(0, 0.02))) if sometimes(0.2) else (0.0, 0.0),
        shake=float(rng.uniform(0, 0.006)) if sometimes(0.2) else 0.0,
        mirror=sometimes(0.5),
        gain=float(np.exp(rng.uniform(-0.4, 0.4))),
        gamma=float(np.exp(rng.uniform(-0.4, 0.4))),
        flicker=float(rng.uniform(0, 0.12)) if sometimes(0.2) else 0.0,
        noise=float(rng.uniform(0, 8)) if sometimes(0.3) else 0.0,
        quality=int(rng.integers(20, 90)) if sometimes(0.5) else 100,
        shrink=float(rng.uniform(0.35, 1.0)) if sometimes(0.4) else 1.0,
    )


def _vary(
    frame: NDArray[np.uint8], variation: Variation, seconds: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    if variation.scale != (1.0, 1.0) or any(variation.drift) or variation.shake:
        size = np.array([width * variation.scale[0], height * variation.scale[1]])
        free = np.array([width, height]) - size
        corner = free * variation.centre + np.array([width, height]) * (
            np.array(variation.drift) * seconds + rng.normal(0, 1, 2) * variation.shake
        )
        matrix = np.array([[size[0] / width, 0, corner[0]], [0, size[1] / height, corner[1]]])
        frame = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    if variation.mirror:
        frame = frame[:, ::-1]
    if variation.shrink < 1:
        small = cv2.resize(frame, None, fx=variation.shrink, fy=variation.shrink, interpolation=cv2.INTER_AREA)
        frame = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    light = variation.gain * (1 + rng.normal() * variation.flicker)
    if light != 1 or variation.gamma != 1 or variation.noise:
        values = 255 * np.power(frame / np.float32(255), np.float32(variation.gamma)) * np.float32(light)
        if variation.noise:
            values = values + rng.normal(0, variation.noise, frame.shape).astype(np.float32)
        frame = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if variation.quality < 100:
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(frame), [cv2.IMWRITE_JPEG_QUALITY, variation.quality])
        frame = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if variation.grey and frame.ndim == 3:
        frame = np.repeat(cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    return np.asarray(np.ascontiguousarray(frame), dtype=np.uint8)


def sampled(path: Path, variation: Variation, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a clip as sent by a camera at 8 frames/s: small pictures (time, 144, 192) and times in seconds.

    The default variation gives exactly the result of `read_clip` and `small_frame`. Otherwise the clip is converted to
    grey first, which commutes with the augmentation and saves two thirds of the work.
    """
    if variation == Variation():
        frames, times = read_clip(path, FRAMES_PER_SECOND)
        return np.stack([small_frame(frame) for frame in frames]), np.array(times)
    rng = np.random.default_rng(seed)
    frames, times = read_clip(path, SOURCE_FRAMES_PER_SECOND)
    ends = np.array(times)
    ticks = np.arange(variation.phase / FRAMES_PER_SECOND, ends[-1] / variation.speed, 1 / FRAMES_PER_SECOND)
    chosen = [int(np.abs(ends - tick * variation.speed).argmin()) for tick in ticks]
    # A slow source keeps its own rate, as a camera does: no frame is repeated.
    keep = [i for i, index in enumerate(chosen) if i == 0 or index != chosen[i - 1]]
    out = np.empty((len(keep), HEIGHT, WIDTH), np.uint8)
    for row, i in enumerate(keep):
        grey = cv2.cvtColor(frames[chosen[i]], cv2.COLOR_RGB2GRAY)
        out[row] = small_frame(_vary(grey, variation, float(ticks[i]), rng))
    return out, np.array([ends[chosen[i]] / variation.speed for i in keep])
