"""The alerts worker: results → observations → the life of each alert → Redis.

Observations are keyed by alert, not by camera or bar, and travel through a topic of their own: so each alert lives
in one partition, where the actions of people arrive too, and any number of workers can share the load.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from processors.alerts.alarm import Alarm, act, observe
from processors.alerts.labels import AlertIdError, label_of
from processors.alerts.rules import Watch
from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS
from stream.features import registry
from stream.features.alerts.precision import PrecisionGauges
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker
from stream.stores.alert_store import AlertStore
from stream.stores.evidence import EvidenceStore

BUFFER = 4096
"""events read ahead"""

KEEP_SECONDS = 300.0
"""how often the evidence of open alerts is told to live on"""

LIVE = 1_000
"""Alarms kept decoded. Every mail has one of its own, and is looked at once: all of a festival's would be a leak."""


def register(worker: Worker) -> None:
    """Add the agents."""
    watch = Watch(worker.venue)
    table = worker.table("alarms", OBSERVATIONS)
    alarms: LiveRows[Alarm] = LiveRows(table, _read_row, most=LIVE)
    store = AlertStore(worker.settings.redis_url(), waiting=worker.alive)
    evidence = EvidenceStore(worker.settings.redis_url())
    keep_hours = worker.venue.evidence.keep_hours

    for name, rule in worker.venue.rules.items():
        # There from the start: an increase from nothing to one is none to Prometheus, and the first alert of an
        # evening would have no mark on the boards.
        metrics.ALERTS.labels(name, "raised", rule.severity)

    async def watch_results(batch: list[Incoming]) -> Outcome:
        return Outcome(
            results=[
                Result(OBSERVATIONS, observation.key, observation, incoming.envelope, part=observation.key)
                for incoming in batch
                for observation in watch.observations(incoming.record)
            ]
        )

    async def live(batch: list[Incoming]) -> Outcome:
        return _live(batch, alarms, worker)

    async def to_redis(batch: list[Incoming]) -> Outcome:
        for incoming in batch:
            alert, received = incoming.record, incoming.envelope.received
            await evidence.keep(alert.evidence, keep_hours)
            if await store.write(alert, received):
                metrics.ALERTS.labels(alert.rule, alert.state, alert.severity).inc()
                if alert.state == "raised":
                    for audience in alert.audience:
                        metrics.ALERTS_TOLD.labels(audience).inc()
                    metrics.ALERT_DELAY.labels(alert.rule).observe((datetime.now(UTC) - received).total_seconds())
        return Outcome()

    if worker.venue.contacts:
        from stream.features.alerts.notifier import Notifier  # noqa: PLC0415 - Apprise takes a moment, and many have no contacts

        worker.app.task(Notifier(worker.settings, worker.venue).run)
    for topic in registry.result_topics():
        worker.agent(topic, watch_results)
    worker.agent(OBSERVATIONS, live, table=table, failed=alarms.forget)
    worker.agent(ACTIONS, live, table=table, failed=alarms.forget)
    worker.agent(ALERTS, to_redis)
    gauges = PrecisionGauges(frozenset(worker.venue.rules))
    worker.follow(LABELS, gauges.take, after=gauges.show, first=False)  # no alert waits for a gauge

    @worker.app.timer(interval=5.0)  # type: ignore[untyped-decorator]
    async def count_open() -> None:
        counts = await store.open_by_rule()
        if counts is not None:
            for rule in worker.venue.rules:
                metrics.ALERTS_OPEN.labels(rule).set(counts.get(rule, 0))

    @worker.app.timer(interval=KEEP_SECONDS)  # type: ignore[untyped-decorator]
    async def keep_evidence() -> None:
        await evidence.keep(await store.open_evidence(), keep_hours)


def _live(batch: list[Incoming], alarms: LiveRows[Alarm], worker: Worker) -> Outcome:
    """Move the alarms of one batch on; each row is written once, in its last state."""
    outcome = Outcome()
    changed: dict[str, Alarm] = {}
    now = datetime.now(UTC)
    for incoming in batch:
        record = incoming.record
        if incoming.key != record.key:
            outcome.dead.append(
                (incoming, UnusableError("content", f"the record's key is not its alert key {record.key!r}"))
            )
            continue
        alarm = changed.get(record.key) or alarms.get(record.key)
        if incoming.topic is ACTIONS:
            after, step = act(alarm, record)
            try:
                label = label_of(record, step) if after is not alarm else None
            except AlertIdError as error:
                outcome.dead.append((incoming, UnusableError("content", str(error))))
                continue
            if label is not None:
                outcome.results.append(Result(LABELS, label.id, label, incoming.envelope, part=label.id))
        else:
            rule = worker.venue.rules.get(record.rule)
            if rule is None:
                outcome.dead.append((incoming, UnusableError("content", f"the venue file has no rule {record.rule!r}")))
                continue
            after, step = observe(alarm, record, rule, now)
        if after is not alarm:
            changed[record.key] = after
        if step is not None:
            outcome.results.append(Result(ALERTS, step.key, step, incoming.envelope, part=f"{step.id}/{step.version}"))
    for key, alarm in changed.items():
        row = msgspec.json.encode(alarm)
        outcome.rows[key] = row
        alarms.wrote(key, row, alarm)
    return outcome


def _read_row(_key: str, row: bytes | None) -> Alarm:
    return Alarm() if row is None else msgspec.json.decode(row, type=Alarm)
