from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.ids import EventId, ListenerId
from schemas.programme import PROGRAMME
from schemas.recommendations import RECOMMENDATIONS, TASTE_EVENTS, RecommendationList, TasteEvent
from schemas.venue import venue_type
from stream.features.recommendations import FEATURE
from stream.runtime.testing import TestDriver

NOON = datetime(2026, 7, 9, 12, tzinfo=UTC)
LISTENER = ListenerId("l-1")
ACTS = [
    {"id": "faro", "name": "Faro", "genres": ["rock"]},
    {"id": "nube", "name": "Nube", "genres": ["rock"]},
    {"id": "cobre", "name": "Cobre", "genres": ["jazz"], "popularity": 0.9},
]


def driver() -> TestDriver:
    venue = venue_type([PROGRAMME]).model_validate({"name": "Test", "programme": {"acts": ACTS}})
    return TestDriver(FEATURE, venue)


def taste(kind: str, value: str = "") -> TasteEvent:
    return TasteEvent(id=EventId(f"{kind}-{value}"), listener=LISTENER, time=NOON, kind=kind, value=value)  # type: ignore[arg-type]


async def test_like_gives_a_list_with_the_reason() -> None:
    effects = await driver().send(TASTE_EVENTS, LISTENER, taste("like", "faro"))
    [chosen] = effects.of(RECOMMENDATIONS)
    assert isinstance(chosen, RecommendationList)
    assert (chosen.acts[0].act, chosen.acts[0].reason, chosen.acts[0].because) == ("nube", "similar", "Faro")
    assert "faro" not in [one.act for one in chosen.acts]


async def test_forget_empties_the_list_and_the_state() -> None:
    one = driver()
    await one.send(TASTE_EVENTS, LISTENER, taste("like", "faro"))
    effects = await one.send(TASTE_EVENTS, LISTENER, taste("forget"))
    assert effects.of(RECOMMENDATIONS)[0].acts == ()
    again = await one.send(TASTE_EVENTS, LISTENER, taste("genre", "jazz"))
    assert again.of(RECOMMENDATIONS)[0].acts[0].act == "cobre"


@pytest.mark.parametrize("value", ["nobody", ""])
async def test_like_of_an_unknown_act_is_a_dead_letter(value: str) -> None:
    effects = await driver().send(TASTE_EVENTS, LISTENER, taste("like", value))
    assert not effects.of(RECOMMENDATIONS)
    assert effects.rejections


async def test_other_festivals_are_in_the_list_and_gone_after_forget() -> None:
    others = [{"id": "rock", "name": "Rock", "acts": ["Nube"]}, {"id": "jazz", "name": "Jazz", "acts": ["Cobre"]}]
    programme = {"acts": ACTS, "festivals": others}
    one = TestDriver(FEATURE, venue_type([PROGRAMME]).model_validate({"name": "Test", "programme": programme}))
    [chosen] = (await one.send(TASTE_EVENTS, LISTENER, taste("like", "nube"))).of(RECOMMENDATIONS)
    assert next((each.festival, each.reason) for each in chosen.festivals) == ("rock", "known")
    [after] = (await one.send(TASTE_EVENTS, LISTENER, taste("forget"))).of(RECOMMENDATIONS)
    assert after.festivals == ()
