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
class Labelled:
    """A photograph (RGB), its heads (n, 2) in pixels, and the data set that it belongs to."""

    name: str
    part: str
    picture: Picture
    heads: NDArray[np.float32]


def read_part(folder: Path) -> list[Labelled]:
    """Read all photographs of a folder with a heads.json, by name."""
    labels = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
    found = []
    for name in sorted(labels):
        picture = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError(f"{folder / name} is named in heads.json but can't be read")
        heads = np.asarray(labels[name]["heads"], np.float32).reshape(-1, 2)
        found.append(Labelled(name, folder.name, np.ascontiguousarray(picture[..., ::-1]), heads))
    return found


def split(items: list[Labelled], every: int = 8) -> tuple[list[Labelled], list[Labelled]]:
    """Return training and validation photographs: every eighth in a seeded order, since no cameras are named."""
    order = np.random.default_rng(7).permutation(len(items))
    held = {int(i) for i in order[::every]}
    return [x for i, x in enumerate(items) if i not in held], [x for i, x in enumerate(items) if i in held]


def crop(item: Labelled, side: int, random: np.random.Generator) -> tuple[Picture, NDArray[np.float32]]:
    """Return a random square at a random scale, with its heads."""
    height, width = item.picture.shape[:2]
    scale = float(np.exp(random.uniform(np.log(0.6), np.log(1.7))))
    scale = max(scale, side / height, side / width)
    need = int(np.ceil(side / scale))
    top = int(random.integers(0, max(1, height - need + 1)))
    left = int(random.integers(0, max(1, width - need + 1)))
    piece = item.picture[top : top + need, left : left + need]
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    piece = cv2.resize(piece, (side, side), interpolation=shrink)
    heads = (item.heads - (left, top)) * (side / need)
    inside = ((heads >= 0) & (heads < side)).all(axis=1)
    heads = heads[inside].astype(np.float32)
    if random.random() < 0.5:
        piece = piece[:, ::-1]
        heads[:, 0] = side - 1 - heads[:, 0]
    return _camera(np.ascontiguousarray(piece), random), heads


def _camera(piece: Picture, random: np.random.Generator) -> Picture:
    """Augment a picture: light, colour, night, blur, noise and compression."""
    values = piece.astype(np.float32) / 255
    if random.random() < 0.15:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    if random.random() < 0.6:
        values = values * random.uniform(0.8, 1.2, 3).astype(np.float32)
        values = (values - 0.5) * random.uniform(0.7, 1.3) + 0.5 + random.uniform(-0.12, 0.12)
    if random.random() < 0.25:
        values = np.clip(values, 0, 1) ** random.uniform(0.6, 2.5)
    if random.random() < 0.1:
        values = values + random.normal(0, random.uniform(0.01, 0.05), values.shape)
    piece = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    if random.random() < 0.12:
        piece = cv2.GaussianBlur(piece, (0, 0), random.uniform(0.4, 1.4))
    if random.random() < 0.2:
        quality = int(random.integers(25, 80))
        piece = cv2.imdecode(cv2.imencode(".jpg", piece, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return piece


def empty(side: int, random: np.random.Generator) -> Picture:
    """Return a crop without people: flat colour, gradient, bands or noise, which no photograph of a crowd contains."""
    base = random.integers(0, 256, (int(random.integers(1, 9)), int(random.integers(1, 9)), 3)).astype(np.uint8)
    picture = cv2.resize(base, (side, side), interpolation=int(random.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC])))
    if random.random() < 0.5:
        noise = random.normal(0, random.uniform(2, 40), (side, side, 1))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return picture
