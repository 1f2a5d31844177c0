"""Two seconds of a fight that is about to be told of: so blurred that it shows what was done, not who did it.

Of each frame only its coarse cells are held, some 2 kB for two seconds: enough for the clip, too little for a face.
Nothing is encoded while no score is near an alarm.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.cameras.picture import PictureError
from processors.violence.motion import FRAMES_PER_SECOND
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


class EvidenceClip(Struct, frozen=True):
    """Evidence as it is stored: its id and an animated WebP."""

    id: str
    body: bytes


class _Moment(NamedTuple):
    time: datetime
    cells: NDArray[np.uint8]


class ViolenceEvidenceRecorder:
    """Keeps the last two seconds of each camera, and makes a clip of them when a fight is about to be told of.

    A repeated frame makes the same clip under the same id, so a batch that is worked on again changes nothing.
    """

    def __init__(self, venue: Venue) -> None:
        self._cameras = {camera.id for camera in venue.cameras}
        self._off = venue.evidence.keep_hours == 0
        rule = venue.rules["violence"]
        self._raise_at = rule.raise_at
        self._after = max(timedelta(0), timedelta(seconds=rule.on_delay_seconds) - EARLY)
        self._recent: dict[str, deque[_Moment]] = {}
        self._above: dict[str, datetime] = {}
        self._last: dict[str, tuple[datetime, str]] = {}

    def update(self, seen: FrameResult) -> EvidenceClip | None:
        """Take what was seen in one frame of a camera, in the order of time; a clip when one is due."""
        frame, score = seen.frame, seen.score
        if self._off or frame.camera not in self._cameras:
            return None
        recent = self._recent.setdefault(frame.camera, deque())
        if recent and not timedelta(0) <= frame.time - recent[-1].time <= timedelta(seconds=SECONDS):
            recent.clear()  # another evening, or so long ago that it shows another moment
        if seen.cells is not None:
            recent.append(_Moment(frame.time, seen.cells))
        while recent and frame.time - recent[0].time > timedelta(seconds=SECONDS):
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
            body = animated([one.cells for one in recent], [one.time for one in recent])
        except PictureError as error:
            log.warning("no evidence of %s at %s: %s", frame.camera, frame.time, error)
            return None
        clip = EvidenceClip(clip_id(frame), body)
        self._last[frame.camera] = (frame.time, clip.id)
        return clip

    def evidence(self, camera: str) -> tuple[str, ...]:
        """Ids of what shows the fight that a camera sees now; empty while there is none."""
        made = self._last.get(camera)
        return () if made is None else (made[1],)

    def forget(self, camera: str) -> None:
        """The clip could not be stored: name it no more, and make another when the next frame comes."""
        self._last.pop(camera, None)


def clip_id(frame: CameraFrame) -> str:
    """An id that a repeat gives again and nobody can guess from the camera and the time alone.

    >>> len(clip_id(CameraFrame("event", "gate", datetime(2026, 7, 4), b"jpeg")))
    32
    """
    named = f"{frame.camera}\0{frame.event_id}\0{frame.time.isoformat()}\0".encode()
    return hashlib.sha256(named + hashlib.sha256(frame.jpeg).digest()).hexdigest()[:32]


def animated(cells: Sequence[NDArray[np.uint8]], times: Sequence[datetime]) -> bytes:
    """An animated WebP of coarse pictures, drawn twice as large, smooth and grey.

    Args:
        cells: of each frame, from `coarse`, in order of time.
        times: when each was taken.

    Returns:
        Some 8 kB for two seconds at 48 cells.

    Raises:
        PictureError: there are none, or the encoder refuses.
    """
    if not cells:
        raise PictureError("no picture of the last two seconds is left")
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    gaps.append(1 / FRAMES_PER_SECOND)
    # The encoder joins pictures that are alike, and makes the one that is left last longer.
    size = 2 * cells[0].shape[1], 2 * cells[0].shape[0]
    drawn = [cv2.resize(one, size, interpolation=cv2.INTER_LINEAR) for one in cells]
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(one, cv2.COLOR_GRAY2BGR) for one in drawn]
    animation.durations = [max(20, round(gap * 1000)) for gap in gaps]
    animation.loop_count = 0
    try:
        written, body = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    except cv2.error as error:
        raise PictureError(f"the clip can't be written as WebP: {error.err}") from error
    if not written:
        raise PictureError("the clip can't be written as WebP")
    return bytes(body.tobytes())


def to_video(body: bytes, path: Path) -> float:
    """Write a stored clip as a video at 8 frames a second, which `pulso evaluate violence` and training read.

    Returns:
        Its length in seconds.

    Raises:
        PictureError: the bytes are no animation, or the video can't be written.
    """
    animation = _read(body)
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


def still_of(body: bytes) -> bytes:
    """The picture in the middle of a stored clip, as WebP.

    Raises:
        PictureError: the bytes are no animation.
    """
    frames = _read(body).frames
    written, picture = cv2.imencode(".webp", frames[len(frames) // 2], [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not written:
        raise PictureError("the picture can't be written as WebP")
    return bytes(picture.tobytes())


def _read(body: bytes) -> cv2.Animation:
    try:
        read, animation = cv2.imdecodeanimation(np.frombuffer(body, np.uint8).reshape(1, -1))
    except cv2.error as error:
        raise PictureError(f"the evidence is no animation that OpenCV can read: {error.err}") from error
    if not read or not len(animation.frames):
        raise PictureError("the evidence is no animation that OpenCV can read")
    return animation
