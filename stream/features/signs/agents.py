"""Keeper of the signs, a background task of the alerts worker: alerts → `signs.commands`, displays → `signs.silences`.

It reads alerts, commands and states as broadcast topics and compares what should be written with what is there. Every
alerts worker does so: records that two of them write are the same to every reader (`processors.signs.schedule`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from processors.signs.audit import audit_words
from processors.signs.proposals import KnownAlert, SignProposals
from processors.signs.schedule import SignSchedules
from processors.signs.watch import SignWatch
from schemas.alerts import ALERTS, Alert
from schemas.fields import identifier
from schemas.ids import AlertId, EventId, SignCommandId, SignId
from schemas.signs import PRIORITIES, SIGN_COMMANDS, SIGN_SILENCES, SIGN_STATES, SIGNS, SignCommand, SignState
from schemas.venue import Venue
from stream.features import registry
from stream.features.signs import metrics
from stream.features.signs.displays import Display, DisplayDriver, DisplayError, display_of, read_credentials
from stream.runtime.record import try_decode_payload
from stream.runtime.worker_context import WorkerContext
from stream.stores import audit

log = logging.getLogger(__name__)

REPLAY_ALERTS, REPLAY_STATES = 2_000, 500
"""Records of each partition that are read at the start."""

EVALUATE_SECONDS = 1.0
"""Interval of evaluations where nothing comes; a new alert is evaluated at once."""

AUDIT_SECONDS = 0.5
"""Interval at which changes go to the audit log."""

WATCH_SECONDS = 2.0
"""Interval at which displays are judged."""

KEEP_CLOSED = timedelta(hours=1)
"""Time for which a closed alert is remembered."""

MAX_UNWRITTEN = 1_000
"""Entries of the audit log that wait for Redis."""


def register(worker: WorkerContext) -> None:
    """Add the keeper; a venue without signs has none."""
    if not worker.venue.section(SIGNS):
        return
    redis = Redis.from_url(worker.settings.redis_url(), socket_timeout=5, socket_connect_timeout=5)
    trail = AuditTrail(redis)
    keeper = SignKeeper(worker, worker.venue, trail)
    # Alerts must not wait for signs.
    worker.broadcast_with_receipt(
        ALERTS, keeper.add_alert, replay_records=REPLAY_ALERTS, after_batch=keeper.wake, wait_until_caught_up=False
    )
    worker.broadcast(SIGN_COMMANDS, keeper.add_command, after_batch=keeper.wake, wait_until_caught_up=False)
    worker.broadcast_with_receipt(
        SIGN_STATES, keeper.add_state, replay_records=REPLAY_STATES, wait_until_caught_up=False
    )
    worker.background(keeper.run)
    worker.background(trail.run)
    credentials = _credentials(worker)
    for sign in worker.venue.section(SIGNS):
        display = display_of(sign, credentials.get(sign.id))
        if display is not None and sign.display is not None:
            driver = keeper.drive(sign.id, sign.display.kind, display)
            worker.background(driver.run)
    worker.every(WATCH_SECONDS, keeper.watch, name="signs")


def _credentials(worker: WorkerContext) -> dict[str, SecretStr]:
    try:
        return read_credentials(worker.settings.sign_credentials)
    except DisplayError as error:
        # Alerts must go on; the displays that need credentials say that they are refused.
        log.error("displays of signs have no credentials: %s", error)  # noqa: TRY400
        return {}


class AuditTrail:
    """Audit log of what the rules change; an entry waits while Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: OrderedDict[str, SignCommand] = OrderedDict()

    def add(self, command: SignCommand) -> None:
        """Note a change."""
        self._waiting[f"{command.id}/{command.status}"] = command
        while len(self._waiting) > MAX_UNWRITTEN:
            self._waiting.popitem(last=False)

    async def run(self) -> None:
        """Write for ever; changes of signs do not wait for Redis."""
        while True:
            await self.write()
            await asyncio.sleep(AUDIT_SECONDS)

    async def write(self) -> None:
        """Write what waits, each entry once, whoever else writes it too."""
        while self._waiting:
            name, command = next(iter(self._waiting.items()))
            try:
                await audit.record_once(self._redis, f"sign/{name}", command.by, *audit_words(command))
            except (RedisError, OSError) as error:
                log.warning("changes of signs can't be written to the audit log: %s; trying again", error)
                return
            self._waiting.pop(name, None)


class SignKeeper:
    """Keeps the commands of signs in step with the alerts, and watches the displays."""

    def __init__(
        self,
        worker: WorkerContext,
        venue: Venue,
        trail: AuditTrail,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._worker = worker
        self._signs = venue.section(SIGNS)
        self._proposals = SignProposals(venue, registry.message_catalog())
        self._watch = SignWatch(self._signs)
        self._trail = trail
        self._clock = clock
        self._began = clock()
        self._schedules = SignSchedules()
        self._alerts: dict[AlertId, KnownAlert] = {}
        self._shown: set[SignCommandId] = set()
        self._drivers: list[DisplayDriver] = []
        self._due = asyncio.Event()
        self._decode_alert = msgspec.json.Decoder(Alert)
        self._decode_command = msgspec.json.Decoder(SignCommand)
        self._decode_state = msgspec.json.Decoder(SignState)

    def add_alert(self, value: bytes | None, received: datetime) -> None:
        """Add a step of an alert; ignores what can't be decoded and steps that are older than the known one."""
        alert = try_decode_payload(self._decode_alert, value, ALERTS.event_type)
        if alert is None or not self._proposals.concerns(alert):
            return
        known = self._alerts.get(alert.id)
        if known is None or alert.version > known.alert.version:
            self._alerts[alert.id] = KnownAlert(alert, received if known is None else known.received, received)

    def add_command(self, value: bytes | None) -> None:
        """Add a record of a command; ignores what can't be decoded."""
        command = try_decode_payload(self._decode_command, value, SIGN_COMMANDS.event_type)
        if command is not None and self._schedules.add(command):
            for driver in self._drivers:
                driver.wake()

    def add_state(self, value: bytes | None, received: datetime) -> None:
        """Add a display's sign of life; ignores what can't be decoded."""
        state = try_decode_payload(self._decode_state, value, SIGN_STATES.event_type)
        if state is None:
            return
        if state.trouble:
            return
        self._watch.hear(state.sign, received)
        command = None if state.shown is None else self._schedules.get(state.shown)
        if command is not None and command.id not in self._shown and received >= self._began:
            self._shown.add(command.id)
            metrics.SHOWN_DELAY.labels(command.priority).observe(max(0.0, (received - command.begin).total_seconds()))

    def drive(self, sign: SignId, kind: str, display: Display) -> DisplayDriver:
        """Return a driver that keeps another maker's display in step with a sign."""
        driver = DisplayDriver(
            sign, kind, display,
            shown=lambda: self._schedules.shown(sign, self._clock()),
            report=lambda trouble: self._report(sign, kind, trouble),
        )  # fmt: skip
        self._drivers.append(driver)
        return driver

    async def _report(self, sign: SignId, kind: str, trouble: str) -> None:
        """Write that a display is there and plays its own content, or why it fails."""
        now = self._clock()
        event = EventId(identifier(f"sign/{sign}/{kind}/{now.timestamp():.3f}"))
        state = SignState(event_id=event, sign=sign, time=now, shown=None, display=kind, trouble=trouble[:400])
        await self._worker.try_produce(SIGN_STATES, sign, state, id=event, time=now)

    def wake(self) -> None:
        """Evaluate at once."""
        self._due.set()

    async def run(self) -> None:
        """Evaluate for ever."""
        while True:
            try:
                async with asyncio.timeout(EVALUATE_SECONDS):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            try:
                await self.evaluate()
            except Exception:
                # Alerts run in the same process: an unforeseen error with signs must not end it.
                log.exception("signs can't be evaluated; trying again")

    async def evaluate(self) -> None:
        """Write the commands that are due, and what stale records have overwritten."""
        now = self._clock()
        self._forget(now)
        for command in [*self._proposals.due(self._alerts, self._schedules, now), *self._schedules.overwritten()]:
            known = self._schedules.get(command.id)
            if not await self._worker.try_produce(
                SIGN_COMMANDS, command.id, command, id=_record_id(command), time=command.time
            ):
                break
            self._schedules.add(command)
            if known is None or known.status != command.status:
                self._trail.add(command)
        self._publish(now)

    async def watch(self) -> None:
        """Write which displays are silent."""
        for state in self._watch.evaluate(self._clock()):
            if not await self._worker.try_produce(SIGN_SILENCES, state.sign, state, id=state.event_id, time=state.time):
                return

    def _forget(self, now: datetime) -> None:
        self._schedules.forget(now)
        self._shown = {id for id in self._shown if self._schedules.get(id) is not None}
        closed = [id for id, one in self._alerts.items() if not one.is_open and now - one.last_received > KEEP_CLOSED]
        for id in closed:
            del self._alerts[id]

    def _publish(self, now: datetime) -> None:
        for sign in self._signs:
            shown = self._schedules.shown(sign.id, now)
            metrics.PRIORITY.labels(sign.id).set(0 if shown is None else 1 + PRIORITIES.index(shown.priority))
            metrics.PROPOSALS.labels(sign.id).set(len(self._schedules.proposed(sign.id, now)))
            heard = self._watch.heard(sign.id)
            if heard is not None:
                metrics.SILENCE.labels(sign.id).set(max(0.0, (now - heard).total_seconds()))


def _record_id(command: SignCommand) -> EventId:
    return EventId(identifier(f"{command.id}/{command.status}/{command.until.isoformat()}"))
