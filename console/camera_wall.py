"""Small live pictures of the cameras, masked; kept in memory alone, and read only while somebody looks.

Frames are the heaviest thing in Kafka, so nothing is read while no page shows them. Of each camera the last frame
counts: older ones that came in between are never decoded.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiokafka
import cv2
import msgspec
from aiokafka.errors import KafkaError

from console.hub import Hub
from processors.cameras.picture import PictureError, apply_masks, decode
from schemas.cameras import FRAMES, CameraSettings
from schemas.topic import MEDIA_BYTES
from schemas.venue import Venue
from stream.runtime.broadcast import connection
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

CHANNEL = "cameras"
WIDTH = 400
"""pixels of the longer side"""
QUALITY = 65
EVERY_SECONDS = 1.0
IDLE_SECONDS = 0.5
AGAIN_SECONDS = 2.0


class CameraWall:
    """The last small picture of each camera of the venue file."""

    def __init__(self, settings: Settings, venue: Venue, hub: Hub) -> None:
        self._settings = settings
        self._hub = hub
        self._cameras = {camera.id: camera for camera in venue.cameras}
        self._pictures: dict[str, tuple[int, bytes]] = {}

    def picture(self, camera: str) -> bytes | None:
        """JPEG, or None while nothing came."""
        found = self._pictures.get(camera)
        return found and found[1]

    def state(self) -> bytes:
        """Which cameras there are, and when Kafka took the picture that is shown."""
        told = [{"id": name, "at": self._pictures.get(name, (None, b""))[0]} for name in self._cameras]
        return msgspec.json.encode({"cameras": told})

    async def run(self) -> None:
        """Read while somebody looks, for ever."""
        while True:
            if not self._hub.has(CHANNEL):
                self._pictures.clear()
                await asyncio.sleep(IDLE_SECONDS)
                continue
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("frames can't be read from Kafka: %s; trying again", error)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            FRAMES.name,
            **connection(self._settings),
            auto_offset_reset="latest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=MEDIA_BYTES,
        )
        await consumer.start()
        try:
            while self._hub.has(CHANNEL):
                await asyncio.sleep(EVERY_SECONDS)
                newest: dict[str, Any] = {}
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    newest |= {record.key.decode(errors="replace"): record for record in records if record.key}
                for name in newest.keys() & self._cameras.keys():
                    await self._take(name, newest[name])
                if newest:
                    self._hub.publish(CHANNEL, self.state())
        finally:
            await consumer.stop()

    async def _take(self, name: str, record: Any) -> None:
        try:
            small = await asyncio.to_thread(small_picture, record.value or b"", self._cameras[name])
        except PictureError:
            return  # the vision worker buries it
        self._pictures[name] = (record.timestamp, small)


def small_picture(jpeg: bytes, camera: CameraSettings) -> bytes:
    """A JPEG of at most 400 pixels, its masks black.

    Raises:
        PictureError: the bytes are no picture.
    """
    picture = apply_masks(decode(jpeg, longest_side=WIDTH), camera.masks)
    _, body = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(body.tobytes())
