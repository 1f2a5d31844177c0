"""The picture that an alert keeps: blurred, with the heat of the crowd, its zones, its exits and where it moves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct

from processors.cameras.picture import Picture, fit
from processors.crowd.density import DensityMap
from processors.crowd.optical_flow import Velocity
from schemas.cameras import CameraSettings
from schemas.crowd import ZoneCount

CONTENT_TYPE = "image/webp"

WIDTH = 640
"""pixels of the longer side"""

BLURRED_TO = 56
"""pixels of width that are left of a blurred picture: a face of a third of the picture's height is 14 of them"""

QUALITY = 70

ARROWS = 20
"""columns of arrows across a picture"""

_LINE, _TEXT = (255, 255, 255), (255, 255, 255)


class EvidencePicture(Struct, frozen=True):
    """A picture for the evidence store; its id follows from the event, so that a retry stores it once."""

    id: str
    body: bytes
    content_type: str = CONTENT_TYPE


def evidence_id(event_id: str) -> str:
    """An id that fits an address, and says nothing about what it shows.

    >>> evidence_id("camera/gate/20260704/17")
    'crowd-f6924bc3b8421b074694'
    """
    return f"crowd-{hashlib.sha256(event_id.encode()).hexdigest()[:20]}"


def draw(
    picture: Picture,
    density: DensityMap,
    zones: Sequence[ZoneCount],
    camera: CameraSettings,
    velocity: Velocity | None,
    *,
    blurred: bool,
) -> Picture:
    """Draw what a control room must see, (height, width, 3) uint8 RGB, at most 640 pixels on the longer side.

    Args:
        picture: masked already.
        velocity: (rows, columns, 2) in shares a second; without it there are no arrows.
        blurred: take away what could tell one person from another, before anything is drawn.
    """
    drawn = fit(picture, WIDTH)
    if blurred:
        drawn = blur(drawn)
    drawn = np.ascontiguousarray(_heated(drawn, density))
    height, width = drawn.shape[:2]
    by_zone = {zone.zone: zone for zone in zones}
    for view in camera.views:
        corners = np.round(np.asarray(view.polygon) * (width - 1, height - 1)).astype(np.int32)
        cv2.polylines(drawn, [corners], isClosed=True, color=_LINE, thickness=2, lineType=cv2.LINE_AA)
        for exit in view.exits:
            ends = np.round(np.asarray(exit.line) * (width - 1, height - 1)).astype(int).tolist()
            cv2.line(drawn, ends[0], ends[1], (80, 255, 120), 4, cv2.LINE_AA)
        if velocity is not None:
            _arrows(drawn, density, velocity)
        if view.zone in by_zone:
            _label(drawn, by_zone[view.zone], corners)
    return drawn


def encode(picture: Picture, event_id: str) -> EvidencePicture:
    """WebP of about 20 kB.

    Raises:
        ValueError: OpenCV can't encode it.
    """
    done, body = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"a picture of {picture.shape[1]}×{picture.shape[0]} pixels could not be encoded as WebP")
    return EvidencePicture(evidence_id(event_id), body.tobytes())


def blur(picture: Picture) -> Picture:
    """Keep 56 pixels of width, which show a crowd and no one in it; the rest is gone, not hidden."""
    height, width = picture.shape[:2]
    few = (BLURRED_TO, max(1, round(height * BLURRED_TO / width)))
    small = cv2.resize(picture, few, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _heated(picture: Picture, density: DensityMap) -> Picture:
    """Heads over their neighbourhood as warm colours; where nobody is, the picture stays grey."""
    height, width = picture.shape[:2]
    rows, columns = round(density.rows_seen), round(density.columns_seen)
    heads = cv2.GaussianBlur(density.heads[:rows, :columns], (0, 0), 1.2)
    # Half a head in a cell of 8 × 8 pixels is as dense as a picture gets.
    heat = np.clip(cv2.resize(heads, (width, height), interpolation=cv2.INTER_LINEAR) / 0.35, 0, 1)
    colours = cv2.cvtColor(
        cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB
    ).astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)[:, :, None] * 0.75
    weight = (np.sqrt(heat) * 0.6)[:, :, None]
    return np.asarray(grey * (1 - weight) + colours * weight, np.uint8)


def _arrows(drawn: Picture, density: DensityMap, velocity: Velocity) -> None:
    """Where people walk in the next half second, in cells with people."""
    height, width = drawn.shape[:2]
    rows, columns = velocity.shape[:2]
    step = max(1, columns // ARROWS)
    for row in range(step // 2, rows, step):
        for column in range(step // 2, columns, step):
            near = (
                slice(max(0, row - step // 2), row + step // 2 + 1),
                slice(max(0, column - step // 2), column + step // 2 + 1),
            )
            heads = density.heads[:rows, :columns][near]
            total = float(heads.sum())
            if total < 0.25:
                continue
            mean = (heads[..., None] * velocity[near]).sum((0, 1)) / total
            move = mean * (width, height) * 0.5
            if float(np.hypot(*move)) < 3:
                continue
            begin = np.asarray(((column + 0.5) / columns * width, (row + 0.5) / rows * height))
            end = np.clip(begin + move, 0, (width - 1, height - 1))
            cv2.arrowedLine(
                drawn, begin.astype(int).tolist(), end.astype(int).tolist(), (255, 255, 255), 2, cv2.LINE_AA, 0, 0.35
            )


def _label(drawn: Picture, zone: ZoneCount, corners: np.ndarray) -> None:
    text = f"{zone.zone}: {zone.persons:.0f}"
    if zone.density is not None:
        text += f"  {zone.density:.1f}/m2  {zone.level_of_service}"
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 0.5, 1)
    height, width = drawn.shape[:2]
    x = int(np.clip(corners[:, 0].min() + 6, 0, max(0, width - wide - 6)))
    y = int(np.clip(corners[:, 1].min() + high + 8, high + 4, height - 6))
    cv2.rectangle(drawn, (x - 4, y - high - 4), (x + wide + 4, y + 5), (0, 0, 0), -1)
    cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.5, _TEXT, 1, cv2.LINE_AA)
