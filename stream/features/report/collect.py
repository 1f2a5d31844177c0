"""The records of a day, from Kafka and the audit log in Redis, and the report made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from confluent_kafka import KafkaException
from msgspec import Struct
from redis import Redis
from redis.exceptions import RedisError

from processors.report.alerts import alerts_of_day, mask_addresses, rules_of_day
from processors.report.bars import BarsOfDay
from processors.report.day import (
    Assumptions,
    CoverageFigures,
    DayBounds,
    DayReport,
    DecisionFigures,
)
from processors.report.log import LogEntry
from processors.report.people import BlindCameras, PeopleOfDay, empty_hours
from processors.report.voices import mails_of_day, posts_of_day, stages_of_day, subjects_of
from schemas.alerts import ALERTS, LABELS
from schemas.attendance import OCCUPANCY
from schemas.bars import DEMAND, STOCK
from schemas.crowd import CROWD
from schemas.errors import PulsoError
from schemas.models import FEEDBACK
from schemas.music import TAGS
from schemas.programme import PROGRAMME_SETS
from schemas.report import REPORT
from schemas.show_stop import SHOW_STOPS
from schemas.social import POST_READINGS
from schemas.sources import SOURCE_STATES
from schemas.support import TRIAGE
from schemas.topic import Topic
from schemas.venue import Venue
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import NotConnectedError, Settings
from stream.runtime.topic_reader import read_all
from stream.stores.audit import AUDIT

NO_DECISIONS = ("login", "logout", "evidence-", "notification-", "account-", "token-")
"""Beginnings of what the audit log holds beside decisions about the event."""

AUDIT_TOPIC = "audit"
"""Name of the audit log among the topics that a report rests on."""

LOGGED: tuple[Topic[Any], ...] = (ALERTS, LABELS, SHOW_STOPS, STOCK)
"""Topics whose records of the day are in its log: what people were told, decided and did."""

READ: tuple[Topic[Any], ...] = (
    CROWD, OCCUPANCY, SOURCE_STATES, ALERTS, LABELS, DEMAND, STOCK, TRIAGE, POST_READINGS, TAGS, PROGRAMME_SETS,
    SHOW_STOPS, FEEDBACK,
)  # fmt: skip
"""Topics that a report is made of."""

_WITHOUT_HOURS = {
    LABELS.name,
    STOCK.name,
    PROGRAMME_SETS.name,
    SHOW_STOPS.name,
    FEEDBACK.name,
    ALERTS.name,
    AUDIT_TOPIC,
}
"""Topics in which an hour without a record is nothing unusual: records come when people act or values change."""


class CollectedDay(Struct, frozen=True):
    """The report of a day and the entries of its log, in the order of their time."""

    report: DayReport
    entries: tuple[LogEntry, ...]


def collect_day(settings: Settings, venue: Venue, bounds: DayBounds, now: datetime) -> CollectedDay:
    """Read what Kafka and Redis still have of a day; what can't be read is named in the report."""
    reader = DayReader(settings, bounds, now)
    people, blind, bars = PeopleOfDay(venue, bounds), BlindCameras(bounds), BarsOfDay(venue, bounds)
    for count in reader.records(CROWD):
        people.add_count(count)
        blind.add_count(count)
    reader.feed(OCCUPANCY, people.add_occupancy)
    reader.feed(SOURCE_STATES, blind.add_source)
    reader.feed(DEMAND, bars.add_forecast)
    reader.feed(STOCK, bars.add_movement)
    steps = list(reader.records(ALERTS))
    mails = mails_of_day(reader.records(TRIAGE), bounds)
    posts = posts_of_day(reader.records(POST_READINGS), bounds)
    tags = list(reader.records(TAGS))
    alerts = alerts_of_day(steps, bounds)
    stops = [record for record in reader.records(SHOW_STOPS) if record.time in bounds]
    corrections = sum(one.time in bounds for one in reader.records(FEEDBACK))
    list(reader.records(LABELS))
    decisions = list(reader.audit())
    shown = [DecisionFigures(one.time, one.by, f"show-stop-{one.state}", one.stage, one.trigger) for one in stops]
    seen = {(one.what, one.subject) for one in decisions if one.what.startswith("show-stop")}
    decisions += [one for one in shown if (one.what, one.subject) not in seen]
    assumed = venue.section(REPORT)
    report = DayReport(
        venue=venue.name,
        timezone=venue.timezone,
        bounds=bounds,
        made=now,
        assumptions=Assumptions(assumed.minutes_per_reply, assumed.hourly_wage, assumed.currency),
        places=people.figures(),
        alerts=alerts,
        rules=rules_of_day(alerts),
        blind=blind.figures(min(now, reader.last(CROWD) or now)),
        bars=bars.figures(),
        mails=len(mails),
        suggested=sum(mail.suggestion is not None for mail in mails),
        corrections=corrections,
        subjects=subjects_of(mails),
        posts=posts,
        stages=stages_of_day(tags, reader.records(PROGRAMME_SETS), bounds),
        decisions=tuple(sorted(decisions, key=lambda one: one.time)),
        coverage=reader.coverage(),
    )
    return CollectedDay(report, reader.entries())


class DayReader:
    """Reads topics once each, and counts the records of the day."""

    def __init__(self, settings: Settings, bounds: DayBounds, now: datetime) -> None:
        self._settings = settings
        self._bounds = bounds
        self._now = now
        self._coverage: dict[str, CoverageFigures] = {}
        self._entries: list[tuple[datetime, LogEntry]] = []

    def feed(self, topic: Topic[Any], add: Callable[[Any], None]) -> None:
        """Give every record of a topic to a function."""
        for record in self.records(topic):
            add(record)

    def records(self, topic: Topic[Any]) -> Iterator[Any]:
        """Yield the valid records of a topic; those of the day are counted, and logged where the topic is."""
        decoder = msgspec.json.Decoder(topic.record or msgspec.Raw)
        times: list[datetime] = []
        reason = ""
        try:
            for message in read_all(self._settings, topic.name):
                record: Any = try_decode_payload(decoder, message.value(), topic.event_type)
                if record is None:
                    continue
                time = getattr(record, "time", None)
                if time is not None and time in self._bounds:
                    times.append(time)
                    self._log(topic, time, record)
                yield record
        except (PulsoError, KafkaException, TimeoutError) as error:
            if isinstance(error, NotConnectedError):
                raise
            reason = str(error)
        self._cover(topic.name, times, reason)

    def audit(self) -> Iterator[DecisionFigures]:
        """Yield the decisions of the day in the audit log."""
        times: list[datetime] = []
        reason = ""
        try:
            with Redis.from_url(self._settings.redis_url(), socket_timeout=5) as redis:
                for entry in audit_of_day(redis, self._bounds):
                    times.append(entry.time)
                    body = msgspec.to_builtins(entry)
                    self._entries.append((entry.time, LogEntry(AUDIT_TOPIC, body)))
                    yield entry
        except (NotConnectedError, RedisError) as error:
            reason = str(error)
        self._cover(AUDIT_TOPIC, times, reason)

    def last(self, topic: Topic[Any]) -> datetime | None:
        """Return the time of the last record of the day."""
        return self._coverage[topic.name].last

    def coverage(self) -> tuple[CoverageFigures, ...]:
        """Return what was read of each topic."""
        return tuple(self._coverage.values())

    def entries(self) -> tuple[LogEntry, ...]:
        """Return the entries of the log in the order of their time."""
        return tuple(entry for _, entry in sorted(self._entries, key=lambda one: one[0]))

    def _log(self, topic: Topic[Any], time: datetime, record: Any) -> None:
        if topic in LOGGED:
            self._entries.append((time, LogEntry(topic.name, masked(msgspec.to_builtins(record)))))

    def _cover(self, name: str, times: list[datetime], reason: str) -> None:
        hours: Iterable[datetime] = () if name in _WITHOUT_HOURS else empty_hours(self._bounds, times, self._now)
        self._coverage[name] = CoverageFigures(
            name, len(times), min(times, default=None), max(times, default=None), tuple(hours), reason
        )


def masked(body: Any) -> Any:
    """Return JSON values with every mail address in their texts masked.

    >>> masked({"by": "eva", "notes": ["a@example.org came"]})
    {'by': 'eva', 'notes': ['[address] came']}
    """
    if isinstance(body, str):
        return mask_addresses(body)
    if isinstance(body, dict):
        return {mask_addresses(name): masked(value) for name, value in body.items()}
    if isinstance(body, list | tuple):
        return [masked(value) for value in body]
    return body


def audit_of_day(redis: Redis, bounds: DayBounds) -> Iterator[DecisionFigures]:
    """Yield the decisions of a day, oldest first; without the addresses of browsers."""
    first, last = (str(int(time.timestamp() * 1000)) for time in (bounds.begin, bounds.end))
    rows: Any = redis.xrange(AUDIT, min=first, max=last)
    for _, raw in rows:
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        time = datetime.fromisoformat(fields["time"])
        if time in bounds and not fields["what"].startswith(NO_DECISIONS):
            yield DecisionFigures(
                time,
                mask_addresses(fields["who"]),
                fields["what"],
                mask_addresses(fields.get("subject", "")),
                mask_addresses(fields.get("detail", "")),
            )
