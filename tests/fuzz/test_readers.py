"""Fuzz tests of readers outside the agents: venue context, surplus, verdicts, answers and the console's views."""

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
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics
from tests.fuzz.input_generator import InputGenerator
from tests.fuzz.test_topics import known_field_values, venue_ids

AddRecord = Callable[[bytes], None]
SETTINGS = Settings(kafka="127.0.0.1:1")
VENUE = read_venue(SETTINGS.venue)
INPUTS_PER_READER = 150


@contextmanager
def context() -> Iterator[AddRecord]:
    reader = ContextCache()
    yield reader.add_record
    for zone in VENUE.zones:
        features = reader.features(zone.id)
        assert features
        assert all(math.isfinite(one) and abs(one) < 20 for one in features.values()), features


@contextmanager
def surplus() -> Iterator[AddRecord]:
    reader = SurplusCache()
    yield reader.add_record
    for bar in VENUE.bars:
        reader.spare_for(bar.id)
    reader.rates(datetime.now(UTC))


@contextmanager
def verdicts() -> Iterator[AddRecord]:
    gauges = PrecisionGauges(frozenset(registry.rules_by_name()))
    yield gauges.add_record
    gauges.publish()


@contextmanager
def answers() -> Iterator[AddRecord]:
    catalogue = read_answers(SETTINGS.answers)
    yield lambda value: apply_approved_answer(catalogue, value)


@contextmanager
def forecasts() -> Iterator[AddRecord]:
    values: list[bytes | None] = []
    yield values.append
    last_by_bar(values)


READERS = {
    "context": (CONTEXT, context), "surplus": (DEMAND, surplus), "verdicts": (LABELS, verdicts),
    "answers": (ANSWERS, answers), "forecasts": (DEMAND, forecasts),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@pytest.mark.timeout(3600)
def test_reader(name: str, statistics: SurfaceStatistics) -> None:
    topic, reader = READERS[name]
    generator = InputGenerator(name, venue_ids(VENUE), known_field_values(VENUE))
    assert topic.record is not None
    with reader() as add_record:
        for _ in range(INPUTS_PER_READER * INPUT_MULTIPLIER):
            value = generator.random_json(topic.record)
            with statistics.measure(1, value):
                add_record(value)


CONSOLE_SETTINGS = Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1")


@pytest.mark.parametrize("topic", build_services(CONSOLE_SETTINGS).results.replay, ids=lambda topic: topic.name)
@pytest.mark.timeout(3600)
def test_console(topic: Topic, statistics: SurfaceStatistics) -> None:
    services = build_services(CONSOLE_SETTINGS)
    generator = InputGenerator(f"console {topic.name}", venue_ids(VENUE), known_field_values(VENUE))
    assert topic.record is not None
    for number in range(INPUTS_PER_READER * INPUT_MULTIPLIER):
        value = generator.random_json(topic.record)
        with statistics.measure(1, value):
            services.results.apply(topic.name, value, number)
            if number % 5 == 0:
                for channel in services.channels.in_api():
                    services.channels.state(channel)
