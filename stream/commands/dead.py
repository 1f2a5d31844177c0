"""`pulso dead list | show | replay`: dead letters, their reasons, and replaying them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from confluent_kafka import Message, TopicPartition
from rich.console import Console

from stream.commands.tables import folding_table, print_output
from stream.features import registry
from stream.runtime.effects import DEAD_LETTER_PREFIX
from stream.runtime.kafka_clients import make_consumer
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of, read_all

commands = typer.Typer(help="Dead letters: list them, show one, replay them.", no_args_is_help=True)

TopicName = Annotated[str, typer.Argument(help="The topic that the events came on, for example pos.sales.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="dead")


@dataclass(frozen=True, slots=True)
class Letter:
    """One record of a dead-letter topic."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]

    @classmethod
    def of(cls, message: Message) -> Letter:
        """Return the letter of a record of TOPIC.dead."""
        topic = (message.topic() or "").removesuffix(".dead")
        return cls(topic, message.offset() or 0, message.key(), message.value(), headers_of(message))

    def header(self, name: str) -> str:
        """Return a header that the worker added: reason, error, worker, topic, partition, offset or time."""
        return dict(self.headers).get(DEAD_LETTER_PREFIX + name, b"").decode(errors="replace")

    @property
    def origin(self) -> tuple[str, str]:
        """Partition and offset of the event in its topic."""
        return self.header("partition"), self.header("offset")

    @property
    def original_headers(self) -> list[tuple[str, bytes]]:
        """Headers of the event as it was received."""
        return [(name, value) for name, value in self.headers if not name.startswith(DEAD_LETTER_PREFIX)]


def letters(settings: Settings, topic: str) -> Iterator[Letter]:
    """Yield the dead letters of a topic, each once: a worker that was killed may have sent some again."""
    if topic not in registry.topics_by_name():
        raise typer.BadParameter(f"unknown topic {topic!r}; there are {', '.join(registry.topics_by_name())}")
    yielded: set[tuple[str, str]] = set()
    for message in read_all(settings, registry.topics_by_name()[topic].dead.name):
        letter = Letter.of(message)
        if letter.origin not in yielded:
            yielded.add(letter.origin)
            yield letter


@commands.command(name="list")
def list_(
    topic: Annotated[str | None, typer.Argument(help="Only of this topic.")] = None,
    last: Annotated[int, typer.Option(help="Show at most this number of each topic, the newest.")] = 20,
) -> None:
    """List dead letters: when, why, and where they came from."""
    settings = Settings().connected()
    table = folding_table("topic", "offset", "time", "reason", "key", "error")
    total = 0
    for name in [topic] if topic else list(registry.topics_by_name()):
        of_topic = list(letters(settings, name))
        total += len(of_topic)
        for letter in of_topic[-last:]:
            key = (letter.key or b"").decode(errors="replace")[:40]
            row = (
                name,
                str(letter.offset),
                letter.header("time")[:19],
                letter.header("reason"),
                key,
                letter.header("error")[:120],
            )
            table.add_row(*(text.replace("[", r"\[") for text in row))
    console = Console()
    if not total:
        console.print("No dead letters.")
        return
    print_output(table)
    console.print(f"{total} in all. `pulso dead show TOPIC OFFSET` shows one, `pulso dead replay TOPIC` replays them.")


@commands.command()
def show(
    topic: TopicName,
    offset: Annotated[int, typer.Argument(help="The offset that `pulso dead list` gives.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write only the bytes, as received, to standard output.")] = False,
) -> None:
    """Show a whole dead letter. It may hold personal data."""
    for letter in letters(Settings().connected(), topic):
        if letter.offset != offset:
            continue
        if raw:
            sys.stdout.buffer.write(letter.value or b"")
            return
        console = Console(markup=False, highlight=False)
        for name, value in letter.headers:
            console.print(f"{name}: {value.decode(errors='replace')}")
        console.print(f"key: {letter.key!r}")
        text = (letter.value or b"")[:4000]
        console.print(f"{len(letter.value or b'')} bytes:", text.decode(errors="backslashreplace"))
        return
    raise typer.BadParameter(
        f"{topic}.dead has no record at offset {offset}; `pulso dead list {topic}` shows the offsets"
    )


@commands.command()
def replay(
    topic: TopicName,
    offset: Annotated[int | None, typer.Option(help="Replay only this one, even if it was replayed before.")] = None,
) -> None:
    """Send dead letters to their topic again, each once: the offset up to which they were replayed is kept in Kafka."""
    settings = Settings().connected()
    console = Console()
    place = TopicPartition(
        registry.topics_by_name()[topic].dead.name if topic in registry.topics_by_name() else topic, 0
    )
    consumer = make_consumer({**settings.librdkafka(), "group.id": "pulso-dead-replay", "enable.auto.commit": False})
    try:
        done = consumer.committed([place], timeout=10)[0].offset
        sent = 0
        with EventProducer(settings) as producer:
            for letter in letters(settings, topic):
                if letter.offset < done if offset is None else letter.offset != offset:
                    continue
                producer.send_raw(topic, key=letter.key, value=letter.value, headers=letter.original_headers)
                producer.flush()
                sent += 1
                if offset is None:
                    place.offset = letter.offset + 1
                    consumer.commit(offsets=[place], asynchronous=False)
    finally:
        consumer.close()
    console.print(f"{sent} replayed to {topic}." if sent else f"Nothing to replay on {topic}.")
