"""Whether a worker is ready, how far it is behind, and that it ends itself when it stands still."""

from __future__ import annotations

import time
from functools import partial

import faust

from stream.runtime import metrics
from stream.runtime.producer import partition_of

STALLED_SECONDS = 120
"""A worker that has events waiting and reads none for so long ends itself."""


class Readiness:
    """Publishes that a worker has its partitions and its state, and its lag.

    Args:
        name: of the worker.
    """

    def __init__(self, name: str, app: faust.App) -> None:
        self._name, self._app = name, app
        self._progress = time.monotonic()
        metrics.READY.labels(name).set(0)
        app.on_rebalance_complete.connect(self._ready, weak=False)
        app.on_partitions_revoked.connect(self._not_ready, weak=False)
        app.timer(interval=5.0, name="watch")(self._watch)

    def alive(self) -> None:
        """Tell the watch that work goes on, or waits for something that is not Kafka."""
        self._progress = time.monotonic()

    def _ready(self, *_: object, **__: object) -> None:
        self._forget_others()
        metrics.READY.labels(self._name).set(1)

    def _forget_others(self) -> None:
        """After a rebalance, drop the gauges of keys and partitions that another worker has now."""
        mine = {(tp.topic, tp.partition) for tp in self._app.consumer.assignment()}
        metrics.forget(metrics.LAG, lambda labels: (labels["topic"], int(labels["partition"])) not in mine)
        for topic, gauges in metrics.OF_KEY.items():
            partitions = {number for name, number in mine if name == topic.name}
            for gauge in gauges:
                metrics.forget(gauge, partial(_is_elsewhere, topic.partitions, partitions))

    def _not_ready(self, *_: object, **__: object) -> None:
        metrics.READY.labels(self._name).set(0)

    async def _watch(self) -> None:
        """Publish the lag, and give up when it stands still: partitions that are never fetched after a rebalance
        are a known fault (faust-streaming 629, 523, 532), and the supervisor's restart is the remedy.
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
            self.alive()
        elif time.monotonic() - self._progress > STALLED_SECONDS:
            await self._app.crash(RuntimeError(f"{behind} events wait and none was read for {STALLED_SECONDS} s"))


def _is_elsewhere(partitions: int, mine: set[int], labels: dict[str, str]) -> bool:
    return partition_of(next(iter(labels.values())), partitions) not in mine
