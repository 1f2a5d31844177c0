"""Readiness and lag of a worker, and its self-termination when it stalls."""

from __future__ import annotations

import time
from collections.abc import Mapping

import faust

from stream.runtime import metrics

STALLED_SECONDS = 120
"""Time after which a worker that has events waiting and reads none ends itself."""


class Readiness:
    """Publishes readiness (partitions and state are loaded) and lag of a worker; ends it when it stalls.

    Args:
        name: of the worker.
        partition_counts: number of partitions of each topic.
    """

    def __init__(self, name: str, app: faust.App, partition_counts: Mapping[str, int]) -> None:
        self._name, self._app = name, app
        self._partition_counts = partition_counts
        self._progress = time.monotonic()
        metrics.READY.labels(name).set(0)
        app.on_rebalance_complete.connect(self._ready, weak=False)
        app.on_partitions_revoked.connect(self._not_ready, weak=False)
        app.timer(interval=5.0, name="readiness")(self._check)

    def report_progress(self) -> None:
        """Report that work goes on, or waits for something that is not Kafka."""
        self._progress = time.monotonic()

    def _ready(self, *_: object, **__: object) -> None:
        self._drop_revoked_series()
        metrics.READY.labels(self._name).set(1)

    def _drop_revoked_series(self) -> None:
        """Drop the series of keys and partitions that another worker owns after a rebalance."""
        owned = {(tp.topic, tp.partition) for tp in self._app.consumer.assignment()}
        metrics.LAG.retain(lambda labels: (labels["topic"], int(labels["partition"])) in owned)
        for gauge in metrics.keyed_gauges():
            partitions = {partition for topic, partition in owned if topic == gauge.topic.name}
            gauge.retain_keys(partitions, self._partition_counts.get(gauge.topic.name, gauge.topic.partitions))

    def _not_ready(self, *_: object, **__: object) -> None:
        metrics.READY.labels(self._name).set(0)

    async def _check(self) -> None:
        """Publish the lag, and end the worker when it stalls.

        Partitions that are never fetched after a rebalance are a known fault (faust-streaming 629, 523, 532); the
        supervisor's restart is the remedy.
        """
        behind = 0
        consumer = self._app.consumer
        for tp in consumer.assignment():
            if tp.topic in self._app.tables.changelog_topics:
                continue
            high = consumer.highwater(tp)
            position = await consumer.position(tp)
            if high is not None and position is not None:
                lag = max(0, high - position)
                metrics.LAG.labels(self._name, tp.topic, str(tp.partition)).set(lag)
                behind += lag
        if not behind:
            self.report_progress()
        elif time.monotonic() - self._progress > STALLED_SECONDS:
            await self._app.crash(RuntimeError(f"{behind} events wait and none was read for {STALLED_SECONDS} s"))
