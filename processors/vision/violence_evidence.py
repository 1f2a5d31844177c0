"""Two seconds of a fight that is about to be told of: so blurred that it shows what was done, not who did it.

Nothing is decoded or encoded while no score is near an alarm: until then only the JPEG bytes of the last two
seconds are held.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.vision.picture import PictureError, apply_masks, decode
from processors.vision.violence_motion import FRAMES_PER_SECOND
from processors.vision.watch import Frame
from schemas.results import ViolenceScore
from schemas.venue import Venue

log = logging.getLogger(__name__)

SECONDS = 2.0
"""length of a clip: as much as the network needs to make up its mind"""

EARLY = timedelta(seconds=0.3)
"""The clip is made two frames before the alarm can be raised, so that the raising frame is sure to have one."""

RENEW = timedelta(seconds=5)
"""An alarm may be held back by its cool-down, so a fight that goes on gets a newer clip now and then."""

CONTENT_TYPE = "image/webp"
QUALITY = 40


class Clip(Struct, frozen=True):
    """Evidence as it is stored: its id and an animated WebP."""

    id: str
    body: bytes


class FightWitness:
    """Keeps the last two seconds of each camera, and makes a clip of them when a fight is about to be told of.

    A repeated frame makes the same clip under the same id, so a batch that is worked on again changes nothing.
    """

    def __init__(self, venue: Venue) -> None:
        self._masks = {camera.id: camera.masks for camera in venue.cameras}
        self._cells = venue.fight_clips.cells_across
        self._off = venue.evidence.keep_hours == 0
        rule = venue.rules["violence"]
        self._raise_at = rule.raise_at
        self._after = max(timedelta(0), timedelta(seconds=rule.on_delay_seconds) - EARLY)
        self._recent: dict[str, deque[Frame]] = {}
        self._above: dict[str, datetime] = {}
        self._last: dict[str, tuple[datetime, str]] = {}

    def see(self, frame: Frame, score: ViolenceScore | None) -> Clip | None:
        """Take one frame of a camera, in the order of time, and what was made of it; a clip when one is due."""
        if self._off or frame.camera not in self._masks:
            return None
        recent = self._recent.setdefault(frame.camera, deque())
        if recent and not timedelta(0) <= frame.time - recent[-1].time <= timedelta(seconds=SECONDS):
            recent.clear()  # another evening, or so long ago that it shows another moment
        recent.append(frame)
        while frame.time - recent[0].time > timedelta(seconds=SECONDS):
            recent.popleft()
        if score is None:
            return None
        if score.probability < self._raise_at:
            self._above.pop(frame.camera, None)
            self._last.pop(frame.camera, None)
            return None
        since = self._above.setdefault(frame.camera, frame.time)
        made = self._last.get(frame.camera)
        if frame.time - since < self._after or (made is not None and frame.time - made[0] < RENEW):
            return None
        try:
            body = blurred(recent, self._masks[frame.camera], self._cells)
        except PictureError as error:
            log.warning("no evidence of %s at %s: %s", frame.camera, frame.time, error)
            return None
        clip = Clip(clip_id(frame), body)
        self._last[frame.camera] = (frame.time, clip.id)
        return clip

    def evidence(self, camera: str) -> tuple[str, ...]:
        """Ids of what shows the fight that a camera sees now; empty while there is none."""
        made = self._last.get(camera)
        return () if made is None else (made[1],)

    def forget(self, camera: str) -> None:
        """The clip could not be stored: name it no more, and make another when the next frame comes."""
        self._last.pop(camera, None)


def clip_id(frame: Frame) -> str:
    """An id that a repeat gives again and nobody can guess from the camera and the time alone.

    >>> len(clip_id(Frame("event", "gate", datetime(2026, 7, 4), b"jpeg")))
    32
    """
    named = f"{frame.camera}\0{frame.event_id}\0{frame.time.isoformat()}\0".encode()
    return hashlib.sha256(named + hashlib.sha256(frame.jpeg).digest()).hexdigest()[:32]


def blurred(frames: Sequence[Frame], masks: Sequence[Any], cells: int) -> bytes:
    """An animated WebP of frames, each averaged over cells so large that no face can be recognised.

    Args:
        frames: in order of time; those that can't be decoded are left out.
        masks: polygons that nobody may look at, in shares of width and height.
        cells: columns of the picture that is left, and of which the clip is drawn twice as large, smooth and grey.
            Of a person who fills the height of the picture, 48 leave a head of some five cells: people recognise
            faces they know well from 7 × 10 (Sinha et al., Proc. IEEE 94, 2006).

    Returns:
        Some 8 kB for two seconds at 48 cells.

    Raises:
        PictureError: none of them can be decoded, or the encoder refuses.
    """
    pictures: list[NDArray[np.uint8]] = []
    times: list[datetime] = []
    for frame in frames:
        try:
            picture = apply_masks(decode(frame.jpeg), masks)
        except PictureError:
            continue
        pictures.append(blur(picture, cells))
        times.append(frame.time)
    if not pictures:
        raise PictureError("no frame of the last two seconds can be decoded")
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    gaps.append(1 / FRAMES_PER_SECOND)
    # The encoder joins pictures that are alike, and makes the one that is left last longer.
    size = pictures[0].shape[1], pictures[0].shape[0]
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(cv2.resize(picture, size), cv2.COLOR_GRAY2BGR) for picture in pictures]
    animation.durations = [max(20, round(gap * 1000)) for gap in gaps]
    animation.loop_count = 0
    try:
        written, body = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    except cv2.error as error:
        raise PictureError(f"the clip can't be written as WebP: {error.err}") from error
    if not written:
        raise PictureError("the clip can't be written as WebP")
    return bytes(body.tobytes())


def blur(picture: NDArray[np.uint8], cells: int) -> NDArray[np.uint8]:
    """Grey, averaged over `cells` columns and as many rows as keep the shape, then drawn twice as large.

    >>> blur(np.zeros((480, 640, 3), np.uint8), 48).shape
    (72, 96)
    """
    height, width = picture.shape[:2]
    rows = max(1, round(cells * height / width))
    coarse = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (cells, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(coarse, (2 * cells, 2 * rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def to_video(body: bytes, path: Path) -> float:
    """Write a stored clip as a video at 8 frames a second, which `pulso evaluate violence` and training read.

    Returns:
        Its length in seconds.

    Raises:
        PictureError: the bytes are no animation, or the video can't be written.
    """
    try:
        read, animation = cv2.imdecodeanimation(np.frombuffer(body, np.uint8).reshape(1, -1))
    except cv2.error as error:
        raise PictureError(f"the evidence is no animation that OpenCV can read: {error.err}") from error
    if not read or not len(animation.frames):
        raise PictureError("the evidence is no animation that OpenCV can read")
    height, width = animation.frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (width, height))
    if not writer.isOpened():
        raise PictureError(f"{path}: the video can't be written")
    seconds = 0.0
    try:
        for frame, milliseconds in zip(animation.frames, np.ravel(animation.durations), strict=True):
            # Pictures that are alike were joined by the encoder: they last as long as all of them together.
            until = seconds + float(milliseconds) / 1000
            while seconds < until - 0.5 / FRAMES_PER_SECOND:
                writer.write(np.ascontiguousarray(frame[:, :, :3]))
                seconds += 1 / FRAMES_PER_SECOND
    finally:
        writer.release()
    return seconds
