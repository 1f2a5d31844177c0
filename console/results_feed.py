"""Results as the pages get them: a consumer of its own in every console, which keeps what the views keep.

It has no group and commits nothing: every console reads all of it, and on its start goes back far enough to show the
last hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from console.hub import Hub
from console.views.bars import Bars
from console.views.music import Music
from console.views.support import Support
from console.views.verdicts import CHANNEL as VERDICTS
from console.views.verdicts import Verdicts
from console.views.view import View
from console.views.zones import Zones
from processors.support.answers import AnswerCatalogue
from schemas.alerts import LABELS, AlertLabel
from schemas.attendance import OCCUPANCY
from schemas.bars import DEMAND
from schemas.crowd import CROWD
from schemas.music import TAGS
from schemas.support import ANSWERS, TRIAGE
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features import registry
from stream.runtime.broadcast import subscribe
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings

BACK: dict[Topic[Any], int] = {
    CROWD: 100,
    OCCUPANCY: 200,
    DEMAND: 500,
    TRIAGE: 2_000,
    TAGS: 1_000,
    LABELS: 5_000,
    ANSWERS: 100_000,
}
"""Records of each partition that are read when the console starts."""

PAUSE_SECONDS = 1.0
"""Changes are told at most so often."""


class ResultsFeed:
    """Reads results into the views and tells the pages of changes."""

    def __init__(self, settings: Settings, venue: Venue, hub: Hub, answers: AnswerCatalogue) -> None:
        self._settings = settings
        self._hub = hub
        self.zones, self.bars, self.support, self.music = Zones(venue), Bars(venue), Support(answers), Music(venue)
        self.verdicts = Verdicts(venue)
        self._views: dict[str, Sequence[View]] = {
            CROWD.name: (self.zones,),
            OCCUPANCY.name: (self.zones,),
            DEMAND.name: (self.bars,),
            TRIAGE.name: (self.support,),
            TAGS.name: (self.music,),
            LABELS.name: (self.verdicts,),
            ANSWERS.name: (self.support,),
        }
        self._decoders = {name: msgspec.json.Decoder(registry.topics_by_name()[name].record) for name in self._views}
        self._changed: set[str] = set()

    def state(self, channel: str) -> bytes:
        """What a page on this channel shows now, as JSON."""
        views: dict[str, View] = {"zones": self.zones, "support": self.support, "music": self.music}
        return msgspec.json.encode(views.get(channel, self.bars).state(channel))

    def take(self, topic: str, value: bytes | None, at: int) -> None:
        """Apply one record; what can't be decoded is for the workers to bury."""
        record = try_decode_payload(self._decoders[topic], value, topic)
        if record is None:
            return
        for view in self._views[topic]:
            self._changed |= view.take(record, at)
        if isinstance(record, AlertLabel):
            self._hub.publish(VERDICTS, record)

    async def run(self) -> None:
        """Read for ever."""
        await subscribe(self._settings, BACK, self.take)

    async def tell(self) -> None:
        """Tell pages of what changed, for ever."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            changed, self._changed = self._changed, set()
            for channel in changed:
                if self._hub.has(channel):
                    self._hub.publish(channel, self.state(channel))
