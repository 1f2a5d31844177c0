"""Evidence of crowd alerts: a blurred picture with the head density, zones, exits and motion drawn over it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import cv2
import numpy as np

from processors.cameras.evidence import AnalyzedFrame, LatestEvidence
from processors.cameras.frame_result import EvidenceItem
from processors.cameras.picture import Picture, PictureError, fit
from processors.crowd.density import DensityMap
from processors.crowd.optical_flow import Velocity
from schemas.cameras import CameraSettings
from schemas.crowd import CrowdCount, ZoneCount
from schemas.ids import EventId
from schemas.venue import Venue

log = logging.getLogger(__name__)

CONTENT_TYPE = "image/webp"

RENEW_INTERVAL = timedelta(seconds=5)
"""Time between two pictures of one incident."""

WIDTH = 640
"""Longer side of a picture in pixels."""

BLURRED_WIDTH = 56
"""Width in pixels that a blurred picture is reduced to: a face as high as a third of the picture is 14 of them high."""

WEBP_QUALITY = 70

ARROW_COLUMNS = 20
"""Motion arrows across a picture."""

FULL_HEAT_HEADS = 0.35
"""Heads in a cell at which the heat colour saturates; half a head in 8 × 8 pixels is as dense as a picture gets."""

MIN_ARROW_HEADS = 0.25
"""Heads around an arrow below which it is not drawn."""

ARROW_SECONDS = 0.5
"""Time in which people walk the length of an arrow."""

_LINE, _TEXT, _EXIT = (255, 255, 255), (255, 255, 255), (80, 255, 120)


class CrowdEvidenceRecorder(LatestEvidence):
    """Draws a picture every five seconds while a count of a camera may raise an alert."""

    def __init__(self, venue: Venue, may_raise_alert: Callable[[CrowdCount], bool]) -> None:
        """Create it without evidence.

        Args:
            venue: cameras and evidence settings.
            may_raise_alert: returns whether a value of the count is at or above the raise threshold of its rule.
        """
        super().__init__()
        self._cameras = {camera.id: camera for camera in venue.cameras}
        self._enabled = venue.evidence.keep_hours > 0
        self._blurred = venue.evidence.blurred
        self._may_raise_alert = may_raise_alert

    def record(self, analyzed: AnalyzedFrame) -> EvidenceItem | None:
        """Add a frame; return a picture of it when one is due."""
        count = analyzed.count
        if not self._enabled or count is None:
            return None
        if not self._may_raise_alert(count):
            self._last.pop(count.camera, None)
            return None
        last = self._last.get(count.camera)
        if last is not None and timedelta(0) <= count.time - last[0] < RENEW_INTERVAL:
            return None
        density = analyzed.density or DensityMap(np.zeros((1, 1), np.float32), 1, 1)
        camera = self._cameras[count.camera]
        drawn = draw(analyzed.picture, density, count.zones, camera, analyzed.velocity, blurred=self._blurred)
        try:
            body = encode(drawn)
        except PictureError as error:
            log.warning("no evidence of event %s, camera %s: %s", count.event_id, count.camera, error)
            return None
        item = EvidenceItem(evidence_id(count.event_id), CONTENT_TYPE, body)
        self._last[count.camera] = (count.time, item.id)
        return item


def evidence_id(event_id: EventId) -> str:
    """Return an id that fits a URL and does not reveal the camera.

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
    """Draw density, zones, exits and motion over a picture.

    Args:
        picture: (height, width, 3) uint8 RGB, masked.
        density: heads in each cell.
        zones: counts by zone, for the labels.
        camera: its views give the polygons and exits.
        velocity: (rows, columns, 2), shares of width and height per second; None draws no arrows.
        blurred: remove what could tell one person from another, before anything is drawn.

    Returns:
        (height, width, 3) uint8 RGB, at most 640 pixels on the longer side.
    """
    drawn = fit(picture, WIDTH)
    if blurred:
        drawn = blur(drawn)
    drawn = np.ascontiguousarray(_with_heat(drawn, density))
    height, width = drawn.shape[:2]
    by_zone = {zone.zone: zone for zone in zones}
    for view in camera.views:
        corners = np.round(np.asarray(view.polygon) * (width - 1, height - 1)).astype(np.int32)
        cv2.polylines(drawn, [corners], isClosed=True, color=_LINE, thickness=2, lineType=cv2.LINE_AA)
        for exit in view.exits:
            ends = np.round(np.asarray(exit.line) * (width - 1, height - 1)).astype(int).tolist()
            cv2.line(drawn, ends[0], ends[1], _EXIT, 4, cv2.LINE_AA)
        if velocity is not None:
            _draw_arrows(drawn, density, velocity)
        if view.zone in by_zone:
            _draw_label(drawn, by_zone[view.zone], corners)
    return drawn


def encode(picture: Picture) -> bytes:
    """Encode a picture as WebP, about 20 kB.

    Raises:
        PictureError: OpenCV can't encode it.
    """
    done, body = cv2.imencode(
        ".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY]
    )
    if not done:
        raise PictureError(f"a picture of {picture.shape[1]}×{picture.shape[0]} pixels could not be encoded as WebP")
    return bytes(body.tobytes())


def blur(picture: Picture) -> Picture:
    """Reduce a picture to 56 pixels of width and enlarge it again, so that the detail is lost and not just hidden."""
    height, width = picture.shape[:2]
    reduced = (BLURRED_WIDTH, max(1, round(height * BLURRED_WIDTH / width)))
    small = cv2.resize(picture, reduced, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _with_heat(picture: Picture, density: DensityMap) -> Picture:
    """Return the picture in grey with the smoothed head density over it in warm colours."""
    height, width = picture.shape[:2]
    rows, columns = round(density.rows_seen), round(density.columns_seen)
    heads = cv2.GaussianBlur(density.heads[:rows, :columns], (0, 0), 1.2)
    heat = np.clip(cv2.resize(heads, (width, height), interpolation=cv2.INTER_LINEAR) / FULL_HEAT_HEADS, 0, 1)
    colours = cv2.cvtColor(
        cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB
    ).astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)[:, :, None] * 0.75
    weight = (np.sqrt(heat) * 0.6)[:, :, None]
    return np.asarray(grey * (1 - weight) + colours * weight, np.uint8)


def _draw_arrows(drawn: Picture, density: DensityMap, velocity: Velocity) -> None:
    """Draw where people walk within half a second, in cells with people."""
    height, width = drawn.shape[:2]
    rows, columns = velocity.shape[:2]
    step = max(1, columns // ARROW_COLUMNS)
    for row in range(step // 2, rows, step):
        for column in range(step // 2, columns, step):
            near = (
                slice(max(0, row - step // 2), row + step // 2 + 1),
                slice(max(0, column - step // 2), column + step // 2 + 1),
            )
            heads = density.heads[:rows, :columns][near]
            total = float(heads.sum())
            if total < MIN_ARROW_HEADS:
                continue
            mean = (heads[..., None] * velocity[near]).sum((0, 1)) / total
            move = mean * (width, height) * ARROW_SECONDS
            if float(np.hypot(*move)) < 3:
                continue
            begin = np.asarray(((column + 0.5) / columns * width, (row + 0.5) / rows * height))
            end = np.clip(begin + move, 0, (width - 1, height - 1))
            cv2.arrowedLine(
                drawn, begin.astype(int).tolist(), end.astype(int).tolist(), (255, 255, 255), 2, cv2.LINE_AA, 0, 0.35
            )


def _draw_label(drawn: Picture, zone: ZoneCount, corners: np.ndarray) -> None:
    text = f"{zone.zone}: {zone.persons:.0f}"
    if zone.density is not None:
        text += f"  {zone.density:.1f}/m2"
    if zone.level_of_service is not None:
        text += f"  {zone.level_of_service}"
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 0.5, 1)
    height, width = drawn.shape[:2]
    x = int(np.clip(corners[:, 0].min() + 6, 0, max(0, width - wide - 6)))
    y = int(np.clip(corners[:, 1].min() + high + 8, high + 4, height - 6))
    cv2.rectangle(drawn, (x - 4, y - high - 4), (x + wide + 4, y + 5), (0, 0, 0), -1)
    cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.5, _TEXT, 1, cv2.LINE_AA)
