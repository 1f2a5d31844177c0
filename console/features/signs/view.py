"""All signs: what each is to show, what its display says it shows, and what waits for approval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

import msgspec
from msgspec import Struct

from console.update_hub import UpdateHub
from processors.signs.schedule import SignSchedules
from schemas.ids import SignCommandId, SignId
from schemas.signs import SIGNS, SignCommand, SignSettings, SignState
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "signs"
ROLES: tuple[Role, ...] = ("security",)

REPLAY_RECORDS = 20_000
"""Commands that are read at the start; those that ended a day ago are forgotten at once."""


class ShownCommand(TypedDict):
    """A command as pages get it; times in Unix milliseconds, so that scripts compare numbers."""

    id: SignCommandId
    es: str
    en: str
    arrow: str
    priority: str
    begin: int
    until: int
    by: str
    alert: str | None


class ShownSign(TypedDict):
    """A sign as the page of all signs gets it.

    Attributes:
        commands: active ones that have not ended, the one that wins first.
        proposals: those that wait for a person, the most urgent first.
        heard: Kafka's time of the last sign of life, Unix milliseconds; None before the first.
        reported: command that the display says it shows; None for the default text.
        trouble: reason for which another maker's display can't be told what to show; empty where it can.
    """

    id: SignId
    title: str
    zone: str
    place: str
    automatic: bool
    arrows: list[str]
    default: dict[str, str]
    commands: list[ShownCommand]
    proposals: list[ShownCommand]
    heard: int | None
    reported: SignCommandId | None
    trouble: str


class SignsView:
    """The signs of the venue file."""

    def __init__(self, venue: Venue, hub: UpdateHub) -> None:
        self._signs = {sign.id: sign for sign in venue.section(SIGNS)}
        self._zones = {zone.id: zone.title or zone.id for zone in venue.zones}
        self._hub = hub
        self._states: dict[SignId, tuple[SignState, int]] = {}
        self._troubles: dict[SignId, str] = {}
        self.schedules = SignSchedules()
        """Commands of all signs."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a command or a display's state."""
        if isinstance(record, SignCommand):
            changed = self.schedules.add(record)
            self.schedules.forget(_now())
            if changed:
                # At once: a change of a sign does not wait for the next whole second.
                self._hub.publish(CHANNEL, msgspec.json.encode(self.state()))
            return set()
        if isinstance(record, SignState) and record.sign in self._signs:
            if record.display != "kiosk":
                self._troubles[record.sign] = record.trouble
            if not record.trouble:
                self._states[record.sign] = (record, received_at)
            return {CHANNEL}
        return set()

    def sign(self, name: str) -> SignSettings | None:
        """Return the settings of a sign."""
        return self._signs.get(SignId(name))

    def coming(self, sign: SignId) -> list[ShownCommand]:
        """Return what a display needs to know: active commands that have not ended, the one that wins first."""
        return [shown_command(one) for one in self.schedules.coming(sign, _now())]

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return every sign, in the order of the venue file."""
        del channel
        return {"signs": [self._shown(sign) for sign in self._signs.values()]}

    def _shown(self, sign: SignSettings) -> ShownSign:
        state, heard = self._states.get(sign.id, (None, None))
        return {
            "id": sign.id,
            "title": sign.title or sign.id,
            "zone": "" if sign.zone is None else self._zones.get(sign.zone, sign.zone),
            "place": sign.place,
            "automatic": sign.act == "automatic",
            "arrows": list(sign.arrows),
            "default": {"es": sign.default.es, "en": sign.default.en},
            "commands": self.coming(sign.id),
            "proposals": [shown_command(one) for one in self.schedules.proposed(sign.id, _now())],
            "heard": heard,
            "reported": None if state is None else state.shown,
            "trouble": self._troubles.get(sign.id, ""),
        }


def shown_command(command: SignCommand) -> ShownCommand:
    """Return a command as pages get it."""
    return {
        "id": command.id,
        "es": command.text.es,
        "en": command.text.en,
        "arrow": command.arrow,
        "priority": command.priority,
        "begin": _milliseconds(command.begin),
        "until": _milliseconds(command.until),
        "by": command.by,
        "alert": command.cause,
    }


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _now() -> datetime:
    return datetime.now(UTC)
