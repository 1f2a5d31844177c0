"""Fuzz tests of readers beside the agents: venue context, surplus, verdicts, answers and the console's views."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from console.server import build_services
from processors.support.answers import read_answers
from schemas.alerts import LABELS
from schemas.bars import DEMAND
from schemas.context import CONTEXT
from schemas.support import ANSWERS
from schemas.topic import Topic
from stream.features import registry
from stream.features.alerts.precision import PrecisionGauges
from stream.features.bars.latest import last_by_bar
from stream.features.bars.surplus import SurplusCache
from stream.features.bars.venue_context import ContextCache
from stream.features.support.approved_answers import apply_approved_answer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from tests.fuzz.conftest import TIMES, Surface
from tests.fuzz.mutation import Mutation
from tests.fuzz.test_topics import known_of, names_of

Take = Callable[[bytes], None]
SETTINGS = Settings(kafka="127.0.0.1:1")
VENUE = read_venue(SETTINGS.venue)
SHORT = 150


@contextmanager
def context() -> Iterator[Take]:
    reader = ContextCache()
    yield reader.add_record
    for zone in VENUE.zones:
        features = reader.features(zone.id)
        assert features
        assert all(math.isfinite(one) and abs(one) < 20 for one in features.values()), features


@contextmanager
def surplus() -> Iterator[Take]:
    reader = SurplusCache()
    yield reader.add_record
    for bar in VENUE.bars:
        reader.spare_for(bar.id)
    reader.rates(datetime.now(UTC))


@contextmanager
def verdicts() -> Iterator[Take]:
    gauges = PrecisionGauges(frozenset(registry.rules_by_name()))
    yield gauges.add_record
    gauges.publish()


@contextmanager
def answers() -> Iterator[Take]:
    catalogue = read_answers(SETTINGS.answers)
    yield lambda value: apply_approved_answer(catalogue, value)


@contextmanager
def forecasts() -> Iterator[Take]:
    values: list[bytes | None] = []
    yield values.append
    last_by_bar(values)


READERS = {
    "context": (CONTEXT, context), "surplus": (DEMAND, surplus), "verdicts": (LABELS, verdicts),
    "answers": (ANSWERS, answers), "forecasts": (DEMAND, forecasts),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@pytest.mark.timeout(3600)
def test_reader(name: str, surface: Surface) -> None:
    topic, reader = READERS[name]
    mutation = Mutation(name, names_of(VENUE), known_of(VENUE))
    assert topic.record is not None
    with reader() as take:
        for _ in range(SHORT * TIMES):
            value = mutation.json(topic.record)
            with surface.timed(1, value):
                take(value)


CONSOLE_SETTINGS = Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1")


@pytest.mark.parametrize("topic", build_services(CONSOLE_SETTINGS).results.replay, ids=lambda topic: topic.name)
@pytest.mark.timeout(3600)
def test_console(topic: Topic, surface: Surface) -> None:
    services = build_services(CONSOLE_SETTINGS)
    mutation = Mutation(f"console {topic.name}", names_of(VENUE), known_of(VENUE))
    assert topic.record is not None
    for number in range(SHORT * TIMES):
        value = mutation.json(topic.record)
        with surface.timed(1, value):
            services.results.apply(topic.name, value, number)
            if number % 5 == 0:
                for channel in services.channels.in_api():
                    services.channels.state(channel)
