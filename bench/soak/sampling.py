"""Samples of everything that could grow (processes, lag, Redis, disk) and of the outcomes of events."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from redis.exceptions import RedisError

from bench.soak.process_usage import children_of, disk_bytes, process_usage
from stream.features import registry
from stream.local import LocalStack
from stream.local.ports import Ports

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SampleValue:
    """One value of a sample: `measure` names the quantity with its unit, `of` its subject."""

    measure: str
    of: str
    value: float


class Sampler:
    """Sampler that observes a stack from outside, with one client per server."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        settings = stack.settings
        self._admin = AdminClient({**settings.librdkafka(), "log_level": 0})
        self._redis = Redis.from_url(settings.redis_url(), socket_timeout=5, socket_connect_timeout=5)
        ports = Ports(stack.data / "ports.json")
        self._metrics = {
            name: f"http://127.0.0.1:{ports.assigned(f'metrics-{name}')}/metrics" for name in registry.workers()
        }
        self._http = httpx.Client(timeout=10)
        self._counted = OutcomeCounts()
        topics = [*registry.topics(), *(topic.dead for topic in registry.topics())]
        latest: Any = OffsetSpec
        self._latest = {
            TopicPartition(topic.name, part): latest.latest() for topic in topics for part in range(topic.partitions)
        }

    def close(self) -> None:
        """Close the clients."""
        self._http.close()
        self._redis.close()

    def sample(self, delays: Mapping[str, list[float]]) -> list[SampleValue]:
        """Take a sample; a server that does not respond is replaced by a value `missing`."""
        values = [*self._processes(), *self._disk(), *_delays(delays)]
        for of, sample_server in (("kafka", self._kafka), ("redis", self._memory), ("workers", self._events)):
            try:
                values += sample_server()
            except (KafkaException, RedisError, httpx.HTTPError, OSError):
                values.append(SampleValue("missing", of, 1))
        return values

    def ends(self) -> dict[str, int]:
        """Return the number of records ever written to each topic, from Kafka's offsets.

        Raises:
            KafkaException: the broker cannot be reached.
        """
        found: dict[str, int] = defaultdict(int)
        futures = self._admin.list_offsets(self._latest, request_timeout=10)
        for partition, future in futures.items():
            found[partition.topic] += future.result().offset
        return dict(found)

    def lag(self) -> dict[str, int]:
        """Return the lag in events by `worker topic`, for topics with a committed offset.

        Raises:
            KafkaException: the broker cannot be reached.
        """
        futures = self._admin.list_offsets(self._latest, request_timeout=10)
        ends = {(one.topic, one.partition): future.result().offset for one, future in futures.items()}
        found: dict[str, int] = defaultdict(int)
        for worker in registry.workers():
            group = f"pulso-{worker}"
            (answer,) = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
            for one in answer.result(timeout=10).topic_partitions or []:
                if (end := ends.get((one.topic, one.partition))) is not None and one.offset >= 0:
                    found[f"{worker} {one.topic}"] += max(0, end - one.offset)
        return dict(found)

    def _kafka(self) -> list[SampleValue]:
        lag = [SampleValue("lag events", of, waiting) for of, waiting in self.lag().items()]
        return lag + [SampleValue("written events", topic, number) for topic, number in self.ends().items()]

    def _memory(self) -> list[SampleValue]:
        info: Any = self._redis.info("memory")
        keys: Any = self._redis.dbsize()
        return [SampleValue("Redis MiB", "used", info["used_memory"] / MIB), SampleValue("Redis keys", "all", keys)]

    def _events(self) -> list[SampleValue]:
        for worker, url in self._metrics.items():
            self._counted.take(worker, self._http.get(url).text)
        return [SampleValue(f"{outcome} events", of, number) for (of, outcome), number in self._counted.total.items()]

    def _processes(self) -> Iterator[SampleValue]:
        children = children_of()
        pids = {name: child.pid for name, child in self._stack.children.items()}
        for name, pid in pids.items():
            yield SampleValue("starts", name, self._stack.children[name].starts)
            if pid is None:
                continue
            yield from _process_values(name, pid, children)
        others = {pid for pid in pids.values() if pid}
        own = {parent: [child for child in of if child not in others] for parent, of in children.items()}
        yield from _process_values("soak", os.getpid(), own)

    def _disk(self) -> Iterator[SampleValue]:
        data = self._stack.data
        for topic in (topic for one in registry.topics() for topic in (one, one.dead)):
            folders = [data / "kafka" / "log" / f"{topic.name}-{part}" for part in range(topic.partitions)]
            yield SampleValue("disk MiB", f"topic {topic.name}", disk_bytes(folders) / MIB)
        changelogs = [folder for folder in (data / "kafka" / "log").glob("*-changelog-*") if folder.is_dir()]
        yield SampleValue("disk MiB", "changelogs of tables", disk_bytes(changelogs) / MIB)
        for name in ("redis", "prometheus", "faust", "logs"):
            yield SampleValue("disk MiB", name, disk_bytes([data / name]) / MIB)


class OutcomeCounts:
    """Outcome counters of workers over restarts: a counter that decreases has been reset."""

    def __init__(self) -> None:
        self.total: dict[tuple[str, str], float] = {}
        """Number of events by `worker topic` and outcome: ok, dead, dropped."""
        self._last: dict[tuple[str, str], float] = {}

    def take(self, worker: str, text: str) -> None:
        r"""Add one response of /metrics.

        >>> counts = OutcomeCounts()
        >>> for number in (5, 7, 2):
        ...     counts.take("bars", f'pulso_events_total{{worker="bars",topic="t",outcome="ok"}} {number}.0\n')
        >>> counts.total
        {('bars t', 'ok'): 9.0}
        """
        for family in text_string_to_metric_families(text):
            for one in family.samples:
                if one.name != "pulso_events_total":
                    continue
                key = (f"{worker} {one.labels['topic']}", one.labels["outcome"])
                before = self._last.get(key, 0.0)
                self.total[key] = self.total.get(key, 0.0) + one.value - (before if one.value >= before else 0.0)
                self._last[key] = one.value


def _process_values(name: str, pid: int, children: dict[int, list[int]]) -> Iterator[SampleValue]:
    now = process_usage(pid, children)
    yield SampleValue("memory MiB", name, now.resident_bytes / MIB)
    yield SampleValue("processor seconds", name, now.cpu_seconds)
    yield SampleValue("open files", name, now.open_files)
    yield SampleValue("threads", name, now.threads)


def _delays(delays: Mapping[str, list[float]]) -> Iterator[SampleValue]:
    for of, seconds in delays.items():
        yield SampleValue("answers", of, len(seconds))
        for share, name in ((50, "p50"), (99, "p99")):
            yield SampleValue(f"delay {name} s", of, float(np.percentile(seconds, share)))
