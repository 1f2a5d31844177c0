"""Reference job for tickets: a confluent-kafka consumer and msgspec fill a dict that is not persisted.

Reads a `ConsumerLoopJobInput` from standard input.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from schemas.bars import Ticket
from schemas.ids import BarId, ProductId


class ConsumerLoopJobInput(Struct, kw_only=True):
    """Topic to read and number of passes; a pass may take only a tenth of a second."""

    kafka: str
    topic: str
    partitions: int
    tickets: int
    passes: int = 5


def main() -> None:
    """Print the pass with the median time; the first one, which also connects, is not counted."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=ConsumerLoopJobInput)
    consumer = Consumer(
        {
            "bootstrap.servers": job.kafka,
            "group.id": "bench-plain",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # A pass would begin by waiting for the long poll of the one before it.
            "fetch.wait.max.ms": 5,
        }
    )
    try:
        passes = [one_pass(consumer, job) for _ in range(1 + job.passes)][1:]
    finally:
        consumer.close()
    median_seconds = statistics.median_low([result.seconds for result in passes])
    print(msgspec.json.encode(next(result for result in passes if result.seconds == median_seconds)).decode())


def one_pass(consumer: Consumer, job: ConsumerLoopJobInput) -> RunResult:
    """Read the topic from its beginning until every ticket is counted; fetching is timed, too."""
    decoder = msgspec.json.Decoder(Ticket)
    tickets: defaultdict[BarId, int] = defaultdict(int)
    sold: defaultdict[BarId, defaultdict[ProductId, float]] = defaultdict(lambda: defaultdict(float))
    remaining = job.tickets
    began = read_clocks()
    consumer.assign([TopicPartition(job.topic, partition, 0) for partition in range(job.partitions)])
    while remaining:
        messages = consumer.consume(min(500, remaining), timeout=30)
        if not messages:
            raise TimeoutError(f"{job.topic}: {remaining} tickets are missing")
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            ticket = decoder.decode(message.value() or b"")
            tickets[ticket.bar] += 1
            bar = sold[ticket.bar]
            for line in ticket.lines:
                bar[line.product] += line.quantity
        remaining -= len(messages)
    ended = read_clocks()
    return RunResult(
        events=job.tickets,
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        tickets=dict(tickets),
        sold={bar: dict(units) for bar, units in sold.items()},
    )


if __name__ == "__main__":
    main()
