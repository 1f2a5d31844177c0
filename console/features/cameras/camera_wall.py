"""Small live pictures of the cameras, masked, kept in memory only, and read only while a page shows them.

Frames are the largest records in Kafka, so nothing is read while no page shows them. Of each camera only the newest
frame is decoded.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TypedDict

import aiokafka
import cv2
import msgspec
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from console.update_hub import UpdateHub
from processors.cameras.picture import PictureError, apply_masks, decode
from schemas.cameras import FRAMES, CameraSettings
from schemas.ids import CameraId
from schemas.topic import MEDIA_BYTES
from schemas.venue import Venue
from stream.runtime.broadcast import connection
from stream.runtime.settings import Settings
from stream.runtime.venue_watch import VenueWatch

log = logging.getLogger(__name__)

CHANNEL = "cameras"
LONGEST_SIDE = 400
"""Pixels of a small picture's longer side."""

JPEG_QUALITY = 65
READ_SECONDS = 1.0
"""Time between two readings while a page shows the pictures."""

IDLE_SECONDS = 0.5
"""Time between two checks for a page that shows them."""

RETRY_SECONDS = 2.0


class ShownCamera(TypedDict):
    """A camera as the page gets it.

    Attributes:
        at: Kafka's time of the picture (Unix milliseconds); None while none has come.
    """

    id: CameraId
    at: int | None


class CameraWallState(TypedDict):
    """State of the channel `cameras`."""

    cameras: list[ShownCamera]


class CameraWall:
    """The last small picture of each camera of the venue file."""

    def __init__(self, settings: Settings, venue: Venue, hub: UpdateHub) -> None:
        self._settings = settings
        self._hub = hub
        self._cameras = {camera.id: camera for camera in venue.cameras}
        self._watch = VenueWatch(settings.venue, venue, self._take)
        self._pictures: dict[CameraId, tuple[int, bytes]] = {}

    def picture(self, camera: CameraId) -> bytes | None:
        """Return the JPEG of a camera, or None while no frame has come."""
        found = self._pictures.get(camera)
        return found and found[1]

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Ignore results: frames are read by `run`."""
        return set()

    def state(self, channel: str = CHANNEL) -> CameraWallState:
        """Return the cameras of the venue, with the time of each picture."""
        times = {name: time for name, (time, _) in self._pictures.items()}
        return {"cameras": [{"id": name, "at": times.get(name)} for name in self._cameras]}

    async def _take(self, venue: Venue) -> None:
        """Use the cameras of a new version of the venue file: a new mask must hide at once."""
        self._cameras = {camera.id: camera for camera in venue.cameras}
        self._pictures.clear()

    async def run(self) -> None:
        """Read frames while a page shows them, for ever."""
        while True:
            await self._watch.check()
            if not self._hub.has_subscribers(CHANNEL):
                self._pictures.clear()
                await asyncio.sleep(IDLE_SECONDS)
                continue
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("frames can't be read from Kafka: %s; trying again", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            FRAMES.name,
            **connection(self._settings),
            auto_offset_reset="latest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            max_partition_fetch_bytes=MEDIA_BYTES,
        )
        await consumer.start()
        try:
            while self._hub.has_subscribers(CHANNEL):
                await asyncio.sleep(READ_SECONDS)
                await self._watch.check()
                newest: dict[CameraId, ConsumerRecord] = {}
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    newest |= {
                        CameraId(record.key.decode(errors="replace")): record for record in records if record.key
                    }
                for name in newest.keys() & self._cameras.keys():
                    await self._decode(name, newest[name])
                if newest:
                    self._hub.publish(CHANNEL, msgspec.json.encode(self.state()))
        finally:
            await consumer.stop()

    async def _decode(self, name: CameraId, record: ConsumerRecord) -> None:
        try:
            small = await asyncio.to_thread(small_picture, record.value or b"", self._cameras[name])
        except PictureError:
            return  # the vision worker sends it to the dead-letter topic
        self._pictures[name] = (record.timestamp, small)


def small_picture(jpeg: bytes, camera: CameraSettings) -> bytes:
    """Return a JPEG of at most `LONGEST_SIDE` pixels, with the camera's masks in black.

    Raises:
        PictureError: the bytes are not a picture.
    """
    picture = apply_masks(decode(jpeg, longest_side=LONGEST_SIDE), camera.masks)
    _, body = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(body.tobytes())
