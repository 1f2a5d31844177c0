"""Evidence of fights: two seconds of video before the alert, too coarse to recognise anybody.

Only coarse cells of each frame are kept, about 2 kB for two seconds: enough for the clip, too little for a face.
Nothing is encoded before a score is near an alert.
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
from numpy.typing import NDArray

from processors.cameras.evidence import AnalyzedFrame, LatestEvidence
from processors.cameras.frame_result import CameraFrame, EvidenceItem
from processors.cameras.picture import PictureError
from processors.violence.motion import FRAMES_PER_SECOND
from processors.violence.rules import VIOLENCE_RULE
from schemas.ids import CameraId
from schemas.venue import Venue

log = logging.getLogger(__name__)

CLIP_DURATION = timedelta(seconds=2)
"""Length of a clip: the time that the network needs for a reliable score."""

LEAD_TIME = timedelta(seconds=0.3)
"""The clip is made this long, about two frames, before the alert can be raised, so that the alert refers to it."""

RENEW_INTERVAL = timedelta(seconds=5)
"""Time between two clips of one fight: an alert may be held back by its cool-down, and should then show the present."""

CONTENT_TYPE = "image/webp"
WEBP_QUALITY = 40


class _CoarseFrame(NamedTuple):
    time: datetime
    cells: NDArray[np.uint8]


class ViolenceEvidenceRecorder(LatestEvidence):
    """Keeps the last two seconds of each camera, and makes a clip of them before an alert can be raised.

    A frame that is analyzed again makes the same clip under the same id.
    """

    def __init__(self, venue: Venue) -> None:
        """Create it without frames; rule and blur are those of the venue file."""
        super().__init__()
        self._cameras = {camera.id for camera in venue.cameras}
        self._enabled = venue.evidence.keep_hours > 0
        self._cells_across = venue.fight_clips.cells_across
        rule = VIOLENCE_RULE.settings(venue)
        self._raise_at = rule.raise_at
        self._clip_delay = max(timedelta(0), timedelta(seconds=rule.on_delay_seconds) - LEAD_TIME)
        self._recent: dict[CameraId, deque[_CoarseFrame]] = {}
        self._above_since: dict[CameraId, datetime] = {}

    def record(self, analyzed: AnalyzedFrame) -> EvidenceItem | None:
        """Add a frame; return a clip when one is due."""
        frame, score = analyzed.frame, analyzed.score
        if not self._enabled or frame.camera not in self._cameras:
            return None
        recent = self._add_frame(analyzed)
        if score is None:
            return None
        if score.probability < self._raise_at:
            self._above_since.pop(frame.camera, None)
            self._last.pop(frame.camera, None)
            return None
        since = self._above_since.setdefault(frame.camera, frame.time)
        last = self._last.get(frame.camera)
        if frame.time - since < self._clip_delay or (last is not None and frame.time - last[0] < RENEW_INTERVAL):
            return None
        try:
            body = animated([one.cells for one in recent], [one.time for one in recent])
        except PictureError as error:
            log.warning("no evidence of event %s, camera %s: %s", frame.event_id, frame.camera, error)
            return None
        clip = EvidenceItem(clip_id(frame), CONTENT_TYPE, body)
        self._last[frame.camera] = (frame.time, clip.id)
        return clip

    def _add_frame(self, analyzed: AnalyzedFrame) -> deque[_CoarseFrame]:
        """Keep the frame's coarse cells; return those of the camera's last two seconds."""
        time = analyzed.frame.time
        recent = self._recent.setdefault(analyzed.frame.camera, deque())
        if recent and not timedelta(0) <= time - recent[-1].time <= CLIP_DURATION:
            recent.clear()  # after a gap, or a clock that was set back, they show another situation
        if analyzed.grey is not None:
            height, width = analyzed.picture.shape[:2]
            cells = coarse_cells(analyzed.grey, self._cells_across, height=height, width=width)
            recent.append(_CoarseFrame(time, cells))
        while recent and time - recent[0].time > CLIP_DURATION:
            recent.popleft()
        return recent


def coarse_cells(grey: NDArray[np.uint8], columns: int, *, height: int, width: int) -> NDArray[np.uint8]:
    """Average a grey picture over `columns` cells in a row, and as many rows as keep the shape of the original.

    Args:
        grey: (rows, columns) uint8, of any size and aspect ratio.
        columns: of a person as high as the picture, 48 columns leave about five cells for the head; people recognise
            familiar faces from 7 × 10 (Sinha et al., Proc. IEEE 94, 2006).
        height: of the picture as it was taken, pixels.
        width: of the picture as it was taken, pixels.

    >>> coarse_cells(np.zeros((144, 192), np.uint8), 48, height=1080, width=1920).shape
    (27, 48)
    """
    rows = max(1, round(columns * height / width))
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def clip_id(frame: CameraFrame) -> str:
    """Return an id that a repetition yields again, and that can't be guessed from camera and time alone.

    >>> len(clip_id(CameraFrame("event", "gate", datetime(2026, 7, 4), b"jpeg")))
    32
    """
    named = f"{frame.camera}\0{frame.event_id}\0{frame.time.isoformat()}\0".encode()
    return hashlib.sha256(named + hashlib.sha256(frame.jpeg).digest()).hexdigest()[:32]


def animated(cells: Sequence[NDArray[np.uint8]], times: Sequence[datetime]) -> bytes:
    """Encode coarse frames as an animated WebP, in grey, enlarged twofold by interpolation.

    Args:
        cells: coarse cells of each frame, from `coarse_cells`, in the order of time.
        times: when each was taken.

    Returns:
        The file, about 8 kB for two seconds at 48 columns.

    Raises:
        PictureError: there are no frames, or the encoder refuses them.
    """
    if not cells:
        raise PictureError("no picture of the last two seconds is left")
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    gaps.append(1 / FRAMES_PER_SECOND)
    # The encoder merges equal frames into one that lasts as long as all of them.
    size = 2 * cells[0].shape[1], 2 * cells[0].shape[0]
    drawn = [cv2.resize(one, size, interpolation=cv2.INTER_LINEAR) for one in cells]
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(one, cv2.COLOR_GRAY2BGR) for one in drawn]
    animation.durations = [max(20, round(gap * 1000)) for gap in gaps]
    animation.loop_count = 0
    try:
        written, body = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    except cv2.error as error:
        raise PictureError(f"the clip can't be written as WebP: {error.err}") from error
    if not written:
        raise PictureError("the clip can't be written as WebP")
    return bytes(body.tobytes())


def to_video(body: bytes, path: Path) -> float:
    """Write a stored clip as a video at 8 frames per second, as `pulso evaluate violence` and training read it.

    Returns:
        Its length in seconds.

    Raises:
        PictureError: the bytes are not an animation, or the video can't be written.
    """
    animation = _decode_animation(body)
    height, width = animation.frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (width, height))
    if not writer.isOpened():
        raise PictureError(f"{path}: the video can't be written")
    seconds = 0.0
    try:
        for frame, milliseconds in zip(animation.frames, np.ravel(animation.durations), strict=True):
            # The encoder merged equal frames into one that lasts as long as all of them.
            until = seconds + float(milliseconds) / 1000
            while seconds < until - 0.5 / FRAMES_PER_SECOND:
                writer.write(np.ascontiguousarray(frame[:, :, :3]))
                seconds += 1 / FRAMES_PER_SECOND
    finally:
        writer.release()
    return seconds


def still_of(body: bytes) -> bytes:
    """Return the middle frame of a stored clip as WebP.

    Raises:
        PictureError: the bytes are not an animation.
    """
    frames = _decode_animation(body).frames
    written, picture = cv2.imencode(".webp", frames[len(frames) // 2], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    if not written:
        raise PictureError("the picture can't be written as WebP")
    return bytes(picture.tobytes())


def _decode_animation(body: bytes) -> cv2.Animation:
    try:
        read, animation = cv2.imdecodeanimation(np.frombuffer(body, np.uint8).reshape(1, -1))
    except cv2.error as error:
        raise PictureError(f"the evidence is not an animation that OpenCV can read: {error.err}") from error
    if not read or not len(animation.frames):
        raise PictureError("the evidence is not an animation that OpenCV can read")
    return animation
