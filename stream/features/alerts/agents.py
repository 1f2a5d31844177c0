"""Agents of the alerts worker: results → observations → the life cycle of each alert → Redis.

Observations are keyed by alert, not by camera or bar, and travel through a topic of their own: so each alert lives in
one partition, where people's actions arrive too, and any number of workers can share the load.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from processors.alerts.alarm import AlarmState, apply_action, apply_observation, keep_alarm
from processors.alerts.evaluator import RuleEvaluator
from processors.alerts.labels import AlertIdError, label_of
from processors.alerts.origin import origin_of, rests_on
from processors.alerts.shelving import TIMER, ShelvingError, check_shelving
from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS, Alert, AlertAction, Observation
from schemas.control_room import CONTROL_ROOM
from schemas.fields import identifier
from schemas.ids import AlertKey, EventId
from schemas.sources import SOURCE_STATES, SourceState
from schemas.venue import Venue
from stream.features import registry
from stream.features.alerts import metrics
from stream.features.alerts.precision import PrecisionGauges
from stream.features.alerts.watchdog import Watchdog
from stream.runtime.effects import BatchResult, Effects, OutputRecord, outputs_only
from stream.runtime.liveness import LIVENESS, NOTIFIER_PART, TIME_PART, Liveness
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext
from stream.stores.alert_store import AlertStore
from stream.stores.evidence import EvidenceStore

KEEP_SECONDS = 300.0
"""Interval at which the expiry of open alerts' evidence is extended."""

log = logging.getLogger(__name__)

SHELF_SECONDS = 2.0
"""Interval at which shelved alerts are checked."""

SHELF_ANSWER = timedelta(minutes=10)
"""A shelved alert whose end has not come back after so long belongs to state that was lost."""

COUNT_SECONDS = 5.0
"""Interval at which open alerts are counted."""

MAX_CACHED_ALARMS = 1_000
"""Number of decoded alarms in the cache. Every mail has its own, needed once: keeping all would leak memory."""


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    settings = registry.rule_settings(worker.venue).values()
    longest = max(max(one.on_delay_seconds, one.off_delay_seconds, one.cool_down_seconds) for one in settings)
    alarms = worker.states(
        "alarms",
        OBSERVATIONS,
        struct_codec(AlarmState, AlarmState),
        max_cached=MAX_CACHED_ALARMS,
        keep=partial(keep_alarm, longest_delay=timedelta(seconds=longest)),
    )
    rules = RuleAgent(registry.rule_evaluator(worker.venue), worker.venue)
    life_cycle = LifeCycleAgent(alarms, worker.venue)
    redis_url = worker.settings.redis_url()
    store = AlertStore(redis_url, waiting=worker.report_progress)
    blindness = BlindnessAgent(rules, store)
    publisher = PublishingAgent(
        store,
        EvidenceStore(redis_url),
        worker.venue,
    )
    for topic in registry.result_topics():
        worker.agent(topic, blindness.evaluate if topic is SOURCE_STATES else rules.evaluate)
    worker.agent(OBSERVATIONS, life_cycle.observe, states=alarms)
    worker.agent(ACTIONS, life_cycle.act, states=alarms)
    worker.agent(ALERTS, publisher.publish)
    liveness = worker.shared(LIVENESS, Liveness)
    if worker.venue.contacts:
        from stream.features.alerts.notifier import Notifier  # noqa: PLC0415 - Apprise takes a moment to import

        worker.background(Notifier(worker.settings, worker.venue, registry.message_catalog(), liveness).run)
    if worker.settings.watchdog_url is not None:
        parts = (TIME_PART, NOTIFIER_PART) if worker.venue.contacts else (TIME_PART,)
        worker.background(Watchdog(worker.settings.watchdog_url.get_secret_value(), liveness, parts).run)
    precision = PrecisionGauges(frozenset(registry.rules_by_name()))
    # Alerts must not wait for a gauge.
    worker.broadcast(LABELS, precision.add_record, after_batch=precision.publish, wait_until_caught_up=False)
    worker.every(SHELF_SECONDS, ShelfTimer(worker, store).end_shelving, name="shelved alerts")
    worker.every(COUNT_SECONDS, publisher.count_open_alerts, name="open alerts")
    worker.every(KEEP_SECONDS, publisher.keep_evidence, name="evidence")


class RuleAgent:
    """Measures results by all alert rules."""

    def __init__(self, evaluator: RuleEvaluator, venue: Venue) -> None:
        self._evaluator = evaluator
        self._venue = venue

    async def evaluate(self, records: list[Record[Any]]) -> BatchResult:
        """Produce the observations of results."""
        return outputs_only(
            OutputRecord(OBSERVATIONS, observation.key, observation, record.envelope, part=observation.key)
            for record in records
            for observation in self.observations(record)
        )

    def observations(self, record: Record[Any]) -> list[Observation]:
        """Return the values of one result, with the source that they rest on."""
        origin = origin_of(record.topic.key, record.key, self._venue)
        found = self._evaluator.observations(record.payload)
        return found if origin is None else [replace(one, origin=identifier(origin)) for one in found]


class BlindnessAgent:
    """Measures the states of sources, and marks open alerts whose source is silent."""

    def __init__(self, rules: RuleAgent, store: AlertStore) -> None:
        self._rules = rules
        self._store = store

    async def evaluate(self, records: list[Record[SourceState]]) -> BatchResult:
        """Produce the observations of states, and one without a value for each open alert that is blind now.

        Open alerts are read from Redis. While that fails none is marked; a silent source is reported every few seconds.
        """
        result = await self._rules.evaluate(records)
        silent = [record for record in records if record.payload.silent]
        if not silent:
            return result
        seeing = [alert for alert in await self._store.open_alerts() or () if alert.blind_since is None]
        for record in silent:
            blind = [alert for alert in seeing if rests_on(alert.origin, record.payload.source)]
            seeing = [alert for alert in seeing if alert not in blind]
            for alert in blind:
                mark = _blind_mark(record.payload, alert)
                result.outputs.append(OutputRecord(OBSERVATIONS, mark.key, mark, record.envelope, part=mark.key))
        return result


def _blind_mark(state: SourceState, alert: Alert) -> Observation:
    return Observation(
        id=EventId(identifier(f"{state.event_id}#blind-{alert.key}")),
        key=alert.key, rule=alert.rule, subject=alert.subject, time=state.time, value=alert.value,
        origin=state.source, blind_since=state.since,
    )  # fmt: skip


class LifeCycleAgent:
    """Applies observations and users' actions to alarms."""

    def __init__(self, alarms: StateTable[AlarmState], venue: Venue) -> None:
        self._alarms = alarms
        self._venue = venue
        self._rules = registry.rules_by_name()
        self._settings = registry.rule_settings(venue)

    async def observe(self, records: list[Record[Observation]]) -> BatchResult:
        """Apply measured values."""
        now = datetime.now(UTC)
        return await apply_to_states(
            records, self._alarms, lambda record, alarm: self._apply_observation(record, alarm, now), key=_alert_key
        )

    async def act(self, records: list[Record[AlertAction]]) -> BatchResult:
        """Apply the actions of users."""
        return await apply_to_states(records, self._alarms, self._apply_action, key=_alert_key)

    def _apply_action(self, record: Record[AlertAction], alarm: AlarmState) -> Effects[AlarmState]:
        action = record.payload
        if action.action == "shelve" and alarm.alert is not None:
            rule = self._rules.get(alarm.alert.rule)
            longest = self._venue.section(CONTROL_ROOM).shelve_longest_minutes
            try:
                check_shelving(
                    action,
                    can_shelve=rule is not None and rule.can_be_shelved(self._venue),
                    longest_minutes=longest,
                )
            except ShelvingError as error:
                raise InvalidRecordError("content", str(error)) from error
        return _apply_action(record, alarm)

    def _apply_observation(self, record: Record[Observation], alarm: AlarmState, now: datetime) -> Effects[AlarmState]:
        observation = record.payload
        settings = self._settings.get(observation.rule)
        if settings is None:
            raise InvalidRecordError("content", f"{observation.rule!r} is not an alert rule of any feature")
        after, step = apply_observation(alarm, observation, settings, now)
        return Effects(_step_outputs(record, step), after if after is not alarm else None)


class ShelfTimer:
    """Ends the shelving of alerts whose time is over, with an action as a person would send it.

    Several workers may send it: its id is the same, so it is applied once.
    """

    def __init__(self, worker: WorkerContext, store: AlertStore) -> None:
        self._worker = worker
        self._store = store
        self._sent: dict[EventId, datetime] = {}

    async def end_shelving(self) -> None:
        """Send an action for each shelved alert whose time is over; while Redis can't be reached, none."""
        now = datetime.now(UTC)
        over = [
            (alert, alert.shelved_until)
            for alert in await self._store.shelved_alerts() or ()
            if alert.shelved_until is not None and alert.shelved_until <= now
        ]
        sent, self._sent = self._sent, {}
        for alert, until in over:
            id = EventId(identifier(f"unshelve-{alert.id}-{until.isoformat()}"))
            self._sent[id] = sent.get(id, now)
            if now - self._sent[id] > SHELF_ANSWER:
                log.warning("%s is no longer shelved for the alerts worker, whose state was lost", alert.key)
                await self._store.forget_shelved(alert.key)
                continue
            action = AlertAction(id=id, key=alert.key, action="unshelve", by=identifier(TIMER), time=now)
            await self._worker.try_produce(ACTIONS, alert.key, action, id=id, time=now)


class PublishingAgent:
    """Writes each step of an alert to Redis exactly once."""

    def __init__(self, store: AlertStore, evidence: EvidenceStore, venue: Venue) -> None:
        self._store = store
        self._evidence = evidence
        self._keep_hours = venue.evidence.keep_hours
        self._rules = tuple(registry.rules_by_name())
        for name, rule in registry.rule_settings(venue).items():
            # The series exists from the start: Prometheus sees no increase from nothing to one.
            metrics.ALERTS.labels(name, "raised", rule.severity)

    async def publish(self, records: list[Record[Alert]]) -> BatchResult:
        """Store steps of alerts, and extend the expiry of their evidence."""
        for record in records:
            alert, received = record.payload, record.envelope.received
            await self._evidence.extend(alert.evidence, self._keep_hours)
            if not await self._store.write(alert, received):
                continue
            metrics.ALERTS.labels(alert.rule, alert.state, alert.severity).inc()
            if alert.state == "unshelved" and alert.by in (None, TIMER):
                reason = "its time is over" if alert.by else "it got worse"
                await self._store.record(TIMER, "alert-unshelve", alert.key, f"{alert.id} {reason}")
            if alert.state == "raised":
                for audience in alert.audience:
                    metrics.ALERTS_TOLD.labels(audience).inc()
                metrics.ALERT_DELAY.labels(alert.rule).observe((datetime.now(UTC) - received).total_seconds())
        return BatchResult()

    async def count_open_alerts(self) -> None:
        """Publish the number of open alerts of each rule."""
        counts = await self._store.open_by_rule()
        if counts is not None:
            for rule in self._rules:
                metrics.ALERTS_OPEN.labels(rule).set(counts.get(rule, 0))

    async def keep_evidence(self) -> None:
        """Extend the expiry of the evidence of open alerts."""
        await self._evidence.extend(await self._store.open_evidence(), self._keep_hours)


def _alert_key(record: Record[Observation] | Record[AlertAction]) -> AlertKey:
    key = record.payload.key
    if record.key != key:
        raise InvalidRecordError("content", f"the record's key is not its alert key {key!r}")
    return key


def _apply_action(record: Record[AlertAction], alarm: AlarmState) -> Effects[AlarmState]:
    action = record.payload
    after, step = apply_action(alarm, action)
    if after is alarm:
        return Effects()
    try:
        label = label_of(action, step)
    except AlertIdError as error:
        raise InvalidRecordError("content", str(error)) from error
    labels = () if label is None else (OutputRecord(LABELS, label.id, label, record.envelope, part=label.id),)
    return Effects((*labels, *_step_outputs(record, step)), after)


def _step_outputs(record: Record[Observation] | Record[AlertAction], step: Alert | None) -> tuple[OutputRecord, ...]:
    if step is None:
        return ()
    return (OutputRecord(ALERTS, step.key, step, record.envelope, part=f"{step.id}/{step.version}"),)
