"""An evening made of real data: the script says how many people, which mood, when a surge; the data give the rest."""

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
from schemas.music import SNIPPETS
from schemas.support import MAILS, Mail
from schemas.venue import Venue
from simulation.crowd_pictures import FRAMES_PER_SECOND, JPEG_QUALITY
from simulation.evening import INCIDENTS, LENGTH, Evening
from simulation.moments import Media, Planned, Ready
from simulation.real_data import Order, RealData
from simulation.schedule import FRAGMENT_EVERY, PICTURES_A_SECOND, Plan, context, spread

PRODUCTS = 10
"""that bars sell under their own name; the rest is `other`"""
_MOST_ORDERS = 2_000
_MOST_REQUESTS = 260
_SURGE = 40
_MOODS = {"happy": "happy", "sad": "sad", "angry": "angry", "calm": "relax"}
_SOUND = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac", ".wav": "audio/wav"}


class RealEvening:
    """Plans evenings from the data of a folder."""

    def __init__(self, data: RealData) -> None:
        self._data = data
        sold = Counter(product for order in data.orders for product, _, _ in order.lines)
        self._menu = {product: slug(product) for product, _ in sold.most_common(PRODUCTS)}
        """the products that are sold most, and their ids"""

    def venue(self, venue: Venue, evening: Evening) -> Venue:
        """The venue with the data's products at its bars, enough of all but the first at the first bar."""
        if not self._data.orders:
            return venue
        sold = Counter[str]()
        for order in self._some_orders(evening):
            for product, quantity, _ in order.lines:
                sold[self._menu.get(product, "other")] += max(0, round(quantity))
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

    def plan(self, evening: Evening, venue: Venue, seconds: float) -> Plan:
        """The evening in order of time."""
        plan: Plan = [
            *self._camera_plan(evening, venue, seconds),
            *self._tickets(evening, venue),
            *self._mails(evening),
            *self._music_plan(evening, venue, seconds),
            *context(evening, venue),
        ]
        return sorted(plan, key=lambda moment: moment.time)

    def _camera_plan(self, evening: Evening, venue: Venue, seconds: float) -> Iterator[Planned]:
        cameras = list(venue.cameras)
        filmed = cameras.pop() if self._data.clips and cameras else None
        for camera in cameras if self._data.photographs else ():
            yield from self._looks(evening, camera, seconds)
        if filmed is not None:
            random = np.random.default_rng([evening.seed, 51])
            number = max(6, int(PICTURES_A_SECOND * seconds / 16))
            for time in spread(random, number):
                label = "fight" if random.random() < 0.25 else "normal"
                choice = [clip for clip in self._data.clips if clip.label == label] or self._data.clips
                clip = choice[int(random.integers(len(choice)))]
                yield Planned("cameras", FRAMES, time, filmed.id, f"camera/{filmed.id}", partial(film, clip.path, time))

    def _looks(self, evening: Evening, camera: CameraSettings, seconds: float) -> Iterator[Planned]:
        """The photograph, among some taken at random, whose heads are nearest to what the script wants."""
        random = np.random.default_rng([evening.seed, 52, *camera.id.encode()])
        zone = camera.views[0].zone if camera.views else "bars"
        for time in spread(random, max(24, int(PICTURES_A_SECOND * seconds / 2))):
            wanted = evening.persons(zone, time)
            some = [self._data.photographs[int(i)] for i in random.integers(len(self._data.photographs), size=12)]
            best = min(some, key=lambda photograph: abs(photograph.heads - wanted))
            yield Planned("cameras", FRAMES, time, camera.id, f"camera/{camera.id}", partial(as_it_is, best.path, time))

    def _music_plan(self, evening: Evening, venue: Venue, seconds: float) -> Iterator[Planned]:
        """In the mood of the act where the data name moods; anything in breaks."""
        for stage in venue.stages if self._data.music else ():
            random = np.random.default_rng([evening.seed, 53, *stage.id.encode()])
            for time in spread(random, max(8, int(seconds / FRAGMENT_EVERY))):
                act = evening.act(stage.id, time)
                fitting = [clip for clip in self._data.music if act is not None and clip.label == _MOODS[act.style]]
                choice = fitting or self._data.music
                path = choice[int(random.integers(len(choice)))].path
                yield Planned(
                    "music", SNIPPETS, time, stage.id, f"microphone/{stage.id}", partial(as_it_is, path, time),
                    content_type=_SOUND.get(path.suffix.lower(), "application/octet-stream"),
                )  # fmt: skip

    def _some_orders(self, evening: Evening) -> list[Order]:
        """Consecutive orders, from a place in the file that the seed chooses."""
        most = min(_MOST_ORDERS, len(self._data.orders))
        first = int(np.random.default_rng([evening.seed, 54]).integers(0, len(self._data.orders) - most + 1))
        return self._data.orders[first : first + most]

    def _tickets(self, evening: Evening, venue: Venue) -> Iterator[Ready]:
        """Real orders in their order; their hours are drawn together so that they fill the evening."""
        if not self._data.orders or not venue.bars:
            return
        orders = self._some_orders(evening)
        # Days shrink to their opening hours: a gap of more than an hour counts as one minute.
        gaps = [min((after.time - before.time).total_seconds(), 3600) % 3600 + 60 for before, after in pairwise(orders)]
        times = np.concatenate([[0.0], np.cumsum(gaps)])
        times *= (LENGTH - 120) / max(1.0, float(times[-1]))
        for number, (order, time) in enumerate(zip(orders, times, strict=True)):
            bar = venue.bars[number % len(venue.bars)]
            lines = tuple(
                SaleLine(product=self._menu.get(product, "other"), quantity=quantity, unit_price=price)
                for product, quantity, price in order.lines[:200]
            )
            name = f"{evening.doors:%Y%m%d}-order-{order.id}"
            at = evening.at(float(time))
            ticket = Ticket(id=name, bar=bar.id, till=f"{bar.id}-1", time=at, lines=lines)
            yield Ready("tills", SALES, float(time), bar.id, name, f"till/{bar.id}-1", ticket)

    def _mails(self, evening: Evening) -> Iterator[Ready]:
        """Requests at random over the evening, and many of one intent when the script wants a surge."""
        if not self._data.requests:
            return
        random = np.random.default_rng([evening.seed, 55])
        intents = sorted(self._data.requests)
        written = [(time, intents[int(random.integers(len(intents)))]) for time in spread(random, _MOST_REQUESTS)]
        for incident in INCIDENTS:
            if incident.kind == "surge":
                busy = max(intents, key=lambda intent: len(self._data.requests[intent]))
                written += [(float(t), busy) for t in random.uniform(incident.start, incident.end, _SURGE)]
        for number, (time, intent) in enumerate(sorted(written)):
            text = self._data.requests[intent][int(random.integers(len(self._data.requests[intent])))]
            name = f"{evening.doors:%Y%m%d}-request-{number}@mail.example.org"
            mail = Mail(id=name, thread=name, time=evening.at(time), sender="visitor@example.org", text=text[:100_000])
            yield Ready("mail", MAILS, time, name, name, "mailbox/support", mail)


def as_it_is(path: Path, time: float) -> Media:
    """A file's bytes, taken at a time."""
    return [(time, path.read_bytes())]


def film(path: Path, time: float) -> Media:
    """The frames of a clip at about 8 a second, as JPEG.

    Raises:
        ValueError: OpenCV finds no frame in it.
    """
    reader = cv2.VideoCapture(str(path))
    rate = reader.get(cv2.CAP_PROP_FPS) or 25.0
    frames: Media = []
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
        raise ValueError(f"{path} holds no frame that OpenCV can read")
    return frames


def slug(text: str) -> str:
    """An id of a name.

    >>> slug("Onion Bhaji (2)")
    'onion-bhaji-2'
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "unnamed"
