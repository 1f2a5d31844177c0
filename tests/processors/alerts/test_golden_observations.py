"""Golden test: observations of every kind of result, with their texts, equal the stored ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from stream.features import registry
from tests.processors.alerts.golden_results import VENUE, results

GOLDEN = Path(__file__).with_name("golden_observations.json")


def test_observations_equal_the_stored_ones() -> None:
    evaluator = registry.rule_evaluator(VENUE)
    observations = [
        {name: value for name, value in json.loads(msgspec.json.encode(one)).items() if value not in (None, [])}
        for result in results()
        for one in evaluator.observations(result)
    ]
    expected: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    # Observations of one result have different alert keys, so their order is irrelevant.
    assert sorted(observations, key=_order) == sorted(expected, key=_order)


def _order(observation: dict[str, Any]) -> tuple[str, str]:
    return observation["id"], observation["key"]
