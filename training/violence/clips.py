"""Clips of the violence data: labels, groups for the split, and augmentation of whole clips."""

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

SOURCE_FRAMES_PER_SECOND = 1000.0  # above the rate of any clip, so that every frame is read


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled clip; clips with the same `group` are in the same part of every split."""

    path: Path
    fight: bool
    dataset: str
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
class Augmentation:
    """Augmentation of a whole clip before it is reduced; the defaults change nothing."""

    speed: float = 1.0
    phase: float = 0.0
    crop_scale: tuple[float, float] = (1.0, 1.0)
    crop_centre: tuple[float, float] = (0.5, 0.5)
    pan: tuple[float, float] = (0.0, 0.0)
    shake: float = 0.0
    mirror: bool = False
    gain: float = 1.0
    gamma: float = 1.0
    flicker: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 100
    downscale: float = 1.0
    grey: bool = False


def random_augmentation(rng: np.random.Generator) -> Augmentation:
    """Return a random augmentation: speed, crop or border, pan, shake, light, flicker, noise, JPEG, lost detail."""

    def with_probability(probability: float) -> bool:
        return bool(rng.random() < probability)

    zoom, stretch = rng.uniform(0.6, 1.1), np.exp(rng.uniform(-0.15, 0.15))
    return Augmentation(
        speed=float(np.exp(rng.uniform(np.log(0.77), np.log(1.3)))),
        phase=float(rng.uniform(0, 1)),
        crop_scale=(float(zoom * stretch), float(zoom / stretch)),
        crop_centre=(float(rng.uniform(0, 1)), float(rng.uniform(0, 1))),
        pan=(float(rng.normal(0, 0.04)), float(rng.normal(0, 0.02))) if with_probability(0.2) else (0.0, 0.0),
        shake=float(rng.uniform(0, 0.006)) if with_probability(0.2) else 0.0,
        mirror=with_probability(0.5),
        gain=float(np.exp(rng.uniform(-0.4, 0.4))),
        gamma=float(np.exp(rng.uniform(-0.4, 0.4))),
        flicker=float(rng.uniform(0, 0.12)) if with_probability(0.2) else 0.0,
        noise=float(rng.uniform(0, 8)) if with_probability(0.3) else 0.0,
        jpeg_quality=int(rng.integers(20, 90)) if with_probability(0.5) else 100,
        downscale=float(rng.uniform(0.35, 1.0)) if with_probability(0.4) else 1.0,
    )


def _augment_frame(
    frame: NDArray[np.uint8], augmentation: Augmentation, seconds: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    if augmentation.crop_scale != (1.0, 1.0) or any(augmentation.pan) or augmentation.shake:
        size = np.array([width * augmentation.crop_scale[0], height * augmentation.crop_scale[1]])
        margin = np.array([width, height]) - size
        corner = margin * augmentation.crop_centre + np.array([width, height]) * (
            np.array(augmentation.pan) * seconds + rng.normal(0, 1, 2) * augmentation.shake
        )
        matrix = np.array([[size[0] / width, 0, corner[0]], [0, size[1] / height, corner[1]]])
        frame = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    if augmentation.mirror:
        frame = frame[:, ::-1]
    if augmentation.downscale < 1:
        small = cv2.resize(
            frame, None, fx=augmentation.downscale, fy=augmentation.downscale, interpolation=cv2.INTER_AREA
        )
        frame = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    brightness = augmentation.gain * (1 + rng.normal() * augmentation.flicker)
    if brightness != 1 or augmentation.gamma != 1 or augmentation.noise:
        values = 255 * np.power(frame / np.float32(255), np.float32(augmentation.gamma)) * np.float32(brightness)
        if augmentation.noise:
            values = values + rng.normal(0, augmentation.noise, frame.shape).astype(np.float32)
        frame = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if augmentation.jpeg_quality < 100:
        _, data = cv2.imencode(
            ".jpg", np.ascontiguousarray(frame), [cv2.IMWRITE_JPEG_QUALITY, augmentation.jpeg_quality]
        )
        frame = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if augmentation.grey and frame.ndim == 3:
        frame = np.repeat(cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    return np.asarray(np.ascontiguousarray(frame), dtype=np.uint8)


def sample_frames(path: Path, augmentation: Augmentation, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a clip as sent by a camera at 8 frames/s: small pictures (time, 144, 192) and times in seconds.

    The default augmentation gives exactly the result of `read_clip` and `small_frame`. Otherwise the clip is
    converted to grey first, which commutes with the augmentation and saves two thirds of the work.
    """
    if augmentation == Augmentation():
        frames, times = read_clip(path, FRAMES_PER_SECOND)
        return np.stack([small_frame(frame) for frame in frames]), np.array(times)
    rng = np.random.default_rng(seed)
    frames, times = read_clip(path, SOURCE_FRAMES_PER_SECOND)
    frame_times = np.array(times)
    sample_times = np.arange(
        augmentation.phase / FRAMES_PER_SECOND, frame_times[-1] / augmentation.speed, 1 / FRAMES_PER_SECOND
    )
    nearest = [int(np.abs(frame_times - sample_time * augmentation.speed).argmin()) for sample_time in sample_times]
    # A slow source keeps its own rate, as a camera does: no frame is repeated.
    kept = [i for i, index in enumerate(nearest) if i == 0 or index != nearest[i - 1]]
    small_frames = np.empty((len(kept), HEIGHT, WIDTH), np.uint8)
    for row, i in enumerate(kept):
        grey = cv2.cvtColor(frames[nearest[i]], cv2.COLOR_RGB2GRAY)
        small_frames[row] = small_frame(_augment_frame(grey, augmentation, float(sample_times[i]), rng))
    return small_frames, np.array([frame_times[nearest[i]] / augmentation.speed for i in kept])
