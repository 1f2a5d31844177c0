"""Timeline of an evening from real data: the script gives crowd sizes, moods and incidents, the data the content."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from schemas.bars import SALES, ProductSettings, SaleLine, Ticket
from schemas.cameras import FRAMES, CameraSettings
from schemas.ids import ProductId
from schemas.music import SNIPPETS
from schemas.support import MAILS, Mail
from schemas.venue import Venue
from simulation.crowd_images import FRAMES_PER_SECOND, JPEG_QUALITY
from simulation.evening import BARS_ZONE, EVENING_SECONDS, INCIDENTS, Evening
from simulation.real_data import Order, RealData, RealDataError
from simulation.schedule import FRAGMENT_INTERVAL_SECONDS, IMAGES_PER_SECOND, Timeline, context_timeline, spread_times
from simulation.timeline import PlannedMedia, TimedMedia, TimelineEvent

MAX_MENU_PRODUCTS = 10
"""Number of best-selling products that keep their name; the others become `other`."""
_MAX_ORDERS = 2_000
OTHER = ProductId("other")
"""Product that stands for all that are not on the menu."""
_MAX_REQUESTS = 260
_SURGE_REQUESTS = 40
_MOODS = {"happy": "happy", "sad": "sad", "angry": "angry", "calm": "relax"}
_AUDIO_TYPES = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac", ".wav": "audio/wav"}


class RealEvening:
    """Builder of timelines from the data of a folder."""

    def __init__(self, data: RealData) -> None:
        self._data = data
        sold = Counter(product for order in data.orders for product, _, _ in order.lines)
        self._menu = {product: slug(product) for product, _ in sold.most_common(MAX_MENU_PRODUCTS)}
        """Ids of the best-selling products, by name."""

    def venue(self, venue: Venue, evening: Evening) -> Venue:
        """Return the venue with the data's products at its bars; only the first product runs out, at the first bar."""
        if not self._data.orders:
            return venue
        sold = Counter[ProductId]()
        for order in self._some_orders(evening):
            for product, quantity, _ in order.lines:
                sold[self._menu.get(product, OTHER)] += max(0, round(quantity))
        share = 1 / max(1, len(venue.bars))
        bars = []
        for number, bar in enumerate(venue.bars):
            products = [
                ProductSettings(
                    id=name,
                    title=name,
                    opening_stock=round(units * share * (0.75 if number == index == 0 else 1.6)) + 5,
                )
                for index, (name, units) in enumerate(sold.most_common())
            ]
            bars.append(bar.model_copy(update={"products": products}))
        return venue.model_copy(update={"bars": bars})

    def timeline(self, evening: Evening, venue: Venue, seconds: float) -> Timeline:
        """Return the timeline of an evening, in order of time."""
        timeline: Timeline = [
            *self._camera_timeline(evening, venue, seconds),
            *self._tickets(evening, venue),
            *self._mails(evening),
            *self._music_timeline(evening, venue, seconds),
            *context_timeline(evening, venue),
        ]
        return sorted(timeline, key=lambda moment: moment.time)

    def _camera_timeline(self, evening: Evening, venue: Venue, seconds: float) -> Iterator[PlannedMedia]:
        cameras = list(venue.cameras)
        clip_camera = cameras.pop() if self._data.clips and cameras else None
        for camera in cameras if self._data.photographs else ():
            yield from self._photographs_of_camera(evening, camera, seconds)
        if clip_camera is not None:
            random = np.random.default_rng([evening.seed, 51])
            number = max(6, int(IMAGES_PER_SECOND * seconds / 16))
            for time in spread_times(random, number):
                label = "fight" if random.random() < 0.25 else "normal"
                choice = [clip for clip in self._data.clips if clip.label == label] or self._data.clips
                clip = choice[int(random.integers(len(choice)))]
                yield PlannedMedia(
                    "cameras",
                    FRAMES,
                    time,
                    clip_camera.id,
                    f"camera/{clip_camera.id}",
                    partial(clip_frames, clip.path, time),
                )

    def _photographs_of_camera(
        self, evening: Evening, camera: CameraSettings, seconds: float
    ) -> Iterator[PlannedMedia]:
        """Yield for each time the photograph, among 12 at random, whose head count is nearest to the script's."""
        random = np.random.default_rng([evening.seed, 52, *camera.id.encode()])
        zone = camera.views[0].zone if camera.views else BARS_ZONE
        for time in spread_times(random, max(24, int(IMAGES_PER_SECOND * seconds / 2))):
            wanted = evening.persons(zone, time)
            some = [self._data.photographs[int(i)] for i in random.integers(len(self._data.photographs), size=12)]
            best = min(some, key=lambda photograph: abs(photograph.heads - wanted))
            yield PlannedMedia(
                "cameras", FRAMES, time, camera.id, f"camera/{camera.id}", partial(file_media, best.path, time)
            )

    def _music_timeline(self, evening: Evening, venue: Venue, seconds: float) -> Iterator[PlannedMedia]:
        """Yield music in the mood of the act where the data have moods; any music in breaks."""
        for stage in venue.stages if self._data.music else ():
            random = np.random.default_rng([evening.seed, 53, *stage.id.encode()])
            for time in spread_times(random, max(8, int(seconds / FRAGMENT_INTERVAL_SECONDS))):
                act = evening.act(stage.id, time)
                fitting = [clip for clip in self._data.music if act is not None and clip.label == _MOODS[act.style]]
                choice = fitting or self._data.music
                path = choice[int(random.integers(len(choice)))].path
                yield PlannedMedia(
                    "music", SNIPPETS, time, stage.id, f"microphone/{stage.id}", partial(file_media, path, time),
                    content_type=_AUDIO_TYPES.get(path.suffix.lower(), "application/octet-stream"),
                )  # fmt: skip

    def _some_orders(self, evening: Evening) -> list[Order]:
        """Return consecutive orders, from a position that the seed determines."""
        most = min(_MAX_ORDERS, len(self._data.orders))
        first = int(np.random.default_rng([evening.seed, 54]).integers(0, len(self._data.orders) - most + 1))
        return self._data.orders[first : first + most]

    def _tickets(self, evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
        """Yield the real orders in sequence; their times are compressed so that they fill the evening."""
        if not self._data.orders or not venue.bars:
            return
        orders = self._some_orders(evening)
        # Nights are removed: a gap of more than an hour counts as one minute.
        gaps = [min((after.time - before.time).total_seconds(), 3600) % 3600 + 60 for before, after in pairwise(orders)]
        times = np.concatenate([[0.0], np.cumsum(gaps)])
        times *= (EVENING_SECONDS - 120) / max(1.0, float(times[-1]))
        for number, (order, time) in enumerate(zip(orders, times, strict=True)):
            bar = venue.bars[number % len(venue.bars)]
            lines = tuple(
                SaleLine(product=self._menu.get(product, OTHER), quantity=quantity, unit_price=price)
                for product, quantity, price in order.lines[:200]
            )
            name = f"{evening.doors:%Y%m%d}-order-{order.id}"
            at = evening.at(float(time))
            ticket = Ticket(id=name, bar=bar.id, till=f"{bar.id}-1", time=at, lines=lines)
            yield TimelineEvent("tills", SALES, float(time), bar.id, name, f"till/{bar.id}-1", ticket)

    def _mails(self, evening: Evening) -> Iterator[TimelineEvent]:
        """Yield requests at random over the evening, and many of one intent during a surge."""
        if not self._data.requests:
            return
        random = np.random.default_rng([evening.seed, 55])
        intents = sorted(self._data.requests)
        written = [(time, intents[int(random.integers(len(intents)))]) for time in spread_times(random, _MAX_REQUESTS)]
        for incident in INCIDENTS:
            if incident.kind == "surge":
                busy = max(intents, key=lambda intent: len(self._data.requests[intent]))
                written += [(float(t), busy) for t in random.uniform(incident.start, incident.end, _SURGE_REQUESTS)]
        for number, (time, intent) in enumerate(sorted(written)):
            text = self._data.requests[intent][int(random.integers(len(self._data.requests[intent])))]
            name = f"{evening.doors:%Y%m%d}-request-{number}@mail.example.org"
            mail = Mail(id=name, thread=name, time=evening.at(time), sender="visitor@example.org", text=text[:100_000])
            yield TimelineEvent("mail", MAILS, time, name, name, "mailbox/support", mail)


def file_media(path: Path, time: float) -> TimedMedia:
    """Return the bytes of a file as media of one time."""
    return [(time, path.read_bytes())]


def clip_frames(path: Path, time: float) -> TimedMedia:
    """Decode the frames of a clip at about 8 per second, and encode them as JPEG.

    Raises:
        RealDataError: OpenCV can decode no frame of it.
    """
    reader = cv2.VideoCapture(str(path))
    rate = reader.get(cv2.CAP_PROP_FPS) or 25.0
    frames: TimedMedia = []
    number = 0
    while True:
        read, image = reader.read()
        if not read:
            break
        if number / rate >= len(frames) / FRAMES_PER_SECOND:
            done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            if done:
                frames.append((time + len(frames) / FRAMES_PER_SECOND, data.tobytes()))
        number += 1
    reader.release()
    if not frames:
        raise RealDataError(f"{path} has no frame that OpenCV can decode")
    return frames


def slug(text: str) -> ProductId:
    """Return an id made from a name.

    >>> slug("Onion Bhaji (2)")
    'onion-bhaji-2'
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return ProductId(re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "unnamed")
