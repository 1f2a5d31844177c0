"""Commands that alerts ask for: raised with the alert, extended while it is open, withdrawn with it.

The commands follow from the alerts that are open and the commands that are known, not from single steps: what was
missed or lost, as by a restart, is made up for at the next evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from processors.alerts.messages import MessageCatalog
from processors.alerts.rule import Message
from processors.signs.schedule import SignSchedules
from schemas.alerts import Alert
from schemas.crowd import ExitSettings
from schemas.fields import identifier
from schemas.ids import AlertId, SignCommandId, SignId
from schemas.signs import MAX_TEXT, SIGNS, SignCommand, SignService, SignSettings, SignText
from schemas.venue import Venue

BOTTLENECK, QUEUE_LONG = "bottleneck", "queue-long"
"""Rules whose alerts change signs."""

LANGUAGES = ("es", "en")

TEXTS = "sign-text"
"""Section of the message files with the texts of signs."""


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """Last step of an alert, with Kafka's time of its first step and of this one; events have clocks of their own."""

    alert: Alert
    received: datetime
    last_received: datetime

    @property
    def is_open(self) -> bool:
        """Return True while it is neither resolved nor judged a false alarm."""
        return self.alert.resolved_at is None and self.alert.state != "resolved" and self.alert.verdict != "rejected"


def place_of(rule: str, subject: str) -> str | None:
    """Return the exit or queue of an alert; None for rules that change no sign.

    >>> place_of("bottleneck", "front/cam-2/East"), place_of("queue-long", "gate-queue"), place_of("fight", "cam-2")
    ('East', 'gate-queue', None)
    """
    if rule == BOTTLENECK:
        parts = subject.split("/", 2)
        return parts[2] if len(parts) == 3 else None
    return subject.rpartition("/")[2] if rule == QUEUE_LONG else None


class SignProposals:
    """Commands for the signs of one venue."""

    def __init__(self, venue: Venue, catalog: MessageCatalog) -> None:
        self._catalog = catalog
        self._exits = {
            exit.name: (exit, [other.name for other in zone.exits if other.name != exit.name])
            for zone in venue.zones
            for exit in zone.exits
        }
        self._services: dict[tuple[str, str], list[tuple[SignSettings, SignService]]] = {}
        for sign in venue.section(SIGNS):
            for service in sign.serves:
                rule = BOTTLENECK if service.exit is not None else QUEUE_LONG
                self._services.setdefault((rule, service.exit or service.queue or ""), []).append((sign, service))

    def due(
        self, alerts: Mapping[AlertId, KnownAlert], schedules: SignSchedules, now: datetime
    ) -> Iterator[SignCommand]:
        """Yield the records to write now."""
        jammed = {
            place_of(BOTTLENECK, one.alert.subject)
            for one in alerts.values()
            if one.is_open and one.alert.rule == BOTTLENECK
        }
        for known in alerts.values():
            for sign, service in self._served(known.alert):
                command = schedules.get(command_id(known.alert, sign.id))
                if command is None:
                    if known.is_open and now - known.received < timedelta(minutes=sign.hold_minutes):
                        yield self._raised(known.alert, sign, service, jammed, now)
                elif command.status != "withdrawn" and not known.is_open:
                    yield replace(command, status="withdrawn", time=now, by=_author(known.alert))
                elif command.status != "withdrawn" and command.until - now < timedelta(minutes=sign.hold_minutes / 2):
                    yield replace(command, until=now + timedelta(minutes=sign.hold_minutes))

    def concerns(self, alert: Alert) -> bool:
        """Return True for an alert that matters to signs: it changes one, or says where nobody should be sent."""
        return alert.rule == BOTTLENECK or bool(self._served(alert))

    def _served(self, alert: Alert) -> list[tuple[SignSettings, SignService]]:
        place = place_of(alert.rule, alert.subject)
        return [] if place is None else self._services.get((alert.rule, place), [])

    def _raised(
        self, alert: Alert, sign: SignSettings, service: SignService, jammed: Iterable[str | None], now: datetime
    ) -> SignCommand:
        to = self._alternative(service)
        # Nobody but a person may send people into another jam.
        acts = sign.act == "automatic" and to not in jammed
        return SignCommand(
            id=command_id(alert, sign.id),
            sign=sign.id,
            status="active" if acts else "proposed",
            text=self._text(service, to),
            arrow=service.arrow,
            priority="crowd",
            begin=now,
            until=now + timedelta(minutes=sign.hold_minutes),
            time=now,
            by=_author(alert),
            alert=alert.id,
            cause=alert.key,
        )

    def _alternative(self, service: SignService) -> str:
        if service.exit is None:
            return ""
        exit, others = self._exits.get(service.exit, (ExitSettings(name=service.exit), []))
        return exit.alternative or (others[0] if others else "")

    def _text(self, service: SignService, to: str) -> SignText:
        if service.text is not None:
            return service.text.text()
        message = Message("exit_full", {"exit": service.exit or "", "to": to})
        es, en = (self._catalog.render(TEXTS, message, language)[:MAX_TEXT] for language in LANGUAGES)
        return SignText(es=es, en=en)


def command_id(alert: Alert, sign: SignId) -> SignCommandId:
    """Return the id of the command that an alert asks of a sign."""
    return SignCommandId(identifier(f"{alert.id}/{sign}"))


def _author(alert: Alert) -> str:
    return identifier(f"rule/{alert.rule}")
