from __future__ import annotations

import pytest

from processors.itinerary.plan import plan
from tests.processors.itinerary.small_visits import Search, Visit, check_plan

VISITS = 200


def score(visit: Visit) -> tuple[int, int, float] | None:
    found = plan(visit.wishes, visit.programme, visit.walk_tables())
    return (found.breaks, found.must_sees, found.utility) if found.reachable else None


@pytest.mark.parametrize("first", range(0, VISITS, 50))
def test_plans_are_as_good_as_exhaustive_search_finds(first: int) -> None:
    reachable = 0
    for seed in range(first, first + 50):
        visit = Visit.of(seed)
        best = Search(visit).best()
        assert score(visit) == best, seed
        reachable += best is not None
    assert reachable > 15


def test_plans_hold_before_an_independent_check() -> None:
    checked = 0
    for seed in range(VISITS):
        visit = Visit.of(seed)
        found = plan(visit.wishes, visit.programme, visit.walk_tables())
        if found.reachable:
            assert check_plan(visit, found) == [], seed
            checked += len(found.stops)
    assert checked > VISITS
