"""Lines of all stages, as pages get them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

import msgspec
from msgspec import Struct

from console.update_hub import UpdateHub
from processors.captions.caption_log import CaptionLog
from schemas.captions import CAPTION_SETTINGS, CaptionLine, Language
from schemas.ids import CaptionId, StageId
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "captions"
ROLES: tuple[Role, ...] = ("production", "support")

REPLAY_RECORDS = 20_000
"""Lines of each partition that are read at the start: a weekend."""

DESK_LINES = 60
"""Lines of a stage on the page of corrections."""

PAGE_LINES = 60
"""Last lines of a stage that a public page gets when it opens."""

OVERLAP_MS = 10_000
"""Lines that changed so long before a page's cursor are sent again: consoles get lines in no common order."""


class ShownLine(TypedDict):
    """A line as pages get it; times in Unix milliseconds.

    Attributes:
        changed: when it was written or corrected; the cursor of a page is the greatest that it has.
        gap: seconds of speech that were left out before it.
    """

    id: CaptionId
    stage: StageId
    begin: int
    until: int
    changed: int
    language: Language
    text: str
    translation: str | None
    automatic: bool
    gap: float


class CaptionsView:
    """Lines of the stages that have a speech feed, or had one."""

    def __init__(self, venue: Venue, hub: UpdateHub) -> None:
        self._known = {stage.id for stage in venue.stages}
        self._feeds = [feed.stage for feed in venue.section(CAPTION_SETTINGS).feeds]
        self._hub = hub
        self.log = CaptionLog()
        """The last version of each line."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a line; pages of its stage get it at once."""
        del received_at
        if not isinstance(record, CaptionLine) or record.stage not in self._known or not self.log.add(record):
            return set()
        self._hub.publish(hub_channel(record.stage), shown_line(record))
        return {CHANNEL}

    def stages(self) -> list[StageId]:
        """Return the stages with captions: those with a feed in the order of the venue file, then others."""
        others = sorted(stage for stage in self._known if self.log.last(stage, 1))
        return list(dict.fromkeys([*self._feeds, *others]))

    def changed_since(self, stage: StageId, cursor: int | None) -> list[ShownLine]:
        """Return what a page lacks: the last lines, or those that changed since its cursor."""
        if cursor is None:
            return [shown_line(line) for line in self.log.last(stage, PAGE_LINES)]
        lines = [shown_line(line) for line in self.log.last(stage, 10 * PAGE_LINES)]
        return [line for line in lines if line["changed"] >= cursor - OVERLAP_MS]

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return the last lines of every stage."""
        del channel
        return {
            "stages": [
                {"id": stage, "lines": [shown_line(line) for line in self.log.last(stage, DESK_LINES)]}
                for stage in self.stages()
            ]
        }


def hub_channel(stage: StageId) -> str:
    """Return the channel of the hub that has the lines of a stage."""
    return f"caption-lines:{stage}"


def shown_line(line: CaptionLine) -> ShownLine:
    """Return a line as pages get it, without the name of who corrected it: the pages are public."""
    return {
        "id": line.id,
        "stage": line.stage,
        "begin": _milliseconds(line.begin),
        "until": _milliseconds(line.until),
        "changed": _milliseconds(line.time),
        "language": line.language,
        "text": line.text,
        "translation": line.translation,
        "automatic": line.automatic,
        "gap": line.skipped_seconds,
    }


def encoded(lines: list[ShownLine]) -> str:
    """Return lines as JSON."""
    return msgspec.json.encode(lines).decode()


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
