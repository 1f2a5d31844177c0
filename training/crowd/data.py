"""Training data of the crowd model: crops of labelled photographs, with augmentation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photograph (RGB), its heads (n, 2) in pixels, and the data set that it belongs to."""

    name: str
    dataset: str
    picture: Picture
    heads: NDArray[np.float32]


def read_photos(folder: Path) -> list[LabelledPhoto]:
    """Read all photographs of a folder with a heads.json, by name."""
    labels = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
    photos = []
    for name in sorted(labels):
        picture = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError(f"{folder / name} is named in heads.json but can't be read")
        heads = np.asarray(labels[name]["heads"], np.float32).reshape(-1, 2)
        photos.append(LabelledPhoto(name, folder.name, np.ascontiguousarray(picture[..., ::-1]), heads))
    return photos


def split_photos(
    items: list[LabelledPhoto], held_out_every: int = 8
) -> tuple[list[LabelledPhoto], list[LabelledPhoto]]:
    """Return training and validation photographs: every eighth in a seeded order, since no cameras are named."""
    order = np.random.default_rng(7).permutation(len(items))
    held_out = {int(i) for i in order[::held_out_every]}
    return [item for i, item in enumerate(items) if i not in held_out], [
        item for i, item in enumerate(items) if i in held_out
    ]


def random_crop(item: LabelledPhoto, side: int, rng: np.random.Generator) -> tuple[Picture, NDArray[np.float32]]:
    """Return a random square at a random scale, with its heads."""
    height, width = item.picture.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.7))))
    scale = max(scale, side / height, side / width)
    source_side = int(np.ceil(side / scale))
    top = int(rng.integers(0, max(1, height - source_side + 1)))
    left = int(rng.integers(0, max(1, width - source_side + 1)))
    cropped = item.picture[top : top + source_side, left : left + source_side]
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    cropped = cv2.resize(cropped, (side, side), interpolation=interpolation)
    heads = (item.heads - (left, top)) * (side / source_side)
    in_crop = ((heads >= 0) & (heads < side)).all(axis=1)
    heads = heads[in_crop].astype(np.float32)
    if rng.random() < 0.5:
        cropped = cropped[:, ::-1]
        heads[:, 0] = side - 1 - heads[:, 0]
    return _augment(np.ascontiguousarray(cropped), rng), heads


def _augment(picture: Picture, rng: np.random.Generator) -> Picture:
    """Augment a picture: light, colour, night, blur, noise and compression."""
    values = picture.astype(np.float32) / 255
    if rng.random() < 0.15:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.6:
        values = values * rng.uniform(0.8, 1.2, 3).astype(np.float32)
        values = (values - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.uniform(-0.12, 0.12)
    if rng.random() < 0.25:
        values = np.clip(values, 0, 1) ** rng.uniform(0.6, 2.5)
    if rng.random() < 0.1:
        values = values + rng.normal(0, rng.uniform(0.01, 0.05), values.shape)
    picture = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.12:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.2:
        quality = int(rng.integers(25, 80))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return picture


def empty_crop(side: int, rng: np.random.Generator) -> Picture:
    """Return a crop without people: flat colour, gradient, bands or noise, which no photograph of a crowd contains."""
    base = rng.integers(0, 256, (int(rng.integers(1, 9)), int(rng.integers(1, 9)), 3)).astype(np.uint8)
    picture = cv2.resize(base, (side, side), interpolation=int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC])))
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(2, 40), (side, side, 1))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return picture
