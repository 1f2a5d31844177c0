"""Level of a density by what a zone is for."""

from __future__ import annotations

import pytest

from processors.crowd.levels import UPPER_LIMITS, level_of_service
from schemas.crowd import ZoneUse


@pytest.mark.parametrize(
    ("use", "level"), [("standing", "B"), ("queue", "D"), ("walkway", "E"), ("stairs", "D"), ("seated", None)]
)
def test_calm_audience_is_packed_in_a_corridor(use: ZoneUse, level: str | None) -> None:
    assert level_of_service(1.5, use) == level


@pytest.mark.parametrize("use", UPPER_LIMITS)
def test_each_use_goes_through_all_levels(use: ZoneUse) -> None:
    limits = UPPER_LIMITS[use]
    assert list(limits) == sorted(set(limits))
    densities = [limits[0] / 2, *(limit + 0.01 for limit in limits)]
    assert [level_of_service(density, use) for density in densities] == list("ABCDEF")


def test_limits_of_the_venue_file_replace_those_of_the_use() -> None:
    assert level_of_service(1.5, "standing", (0.31, 0.43, 0.72, 1.08, 2.17)) == "E"
    assert level_of_service(1.5, "seated", (0.5, 1, 2, 3, 4)) == "C"
