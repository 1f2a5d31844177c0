"""The agents of promotion without Kafka: events count once under replays, and what does not fit is a dead letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from schemas.programme import PROGRAMME
from schemas.promotion import (
    PROMOTION_ACTIONS,
    PROMOTION_CAMPAIGNS,
    PROMOTION_EVENTS,
    CampaignState,
    MessageVariant,
    PromotionAction,
    PromotionEvent,
)
from schemas.venue import venue_type
from stream.features.promotion import FEATURE
from stream.runtime.testing import SentEffects, TestDriver

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
VENUE = venue_type([PROGRAMME]).model_validate({
    "name": "Test",
    "programme": {"acts": [{"id": "faro", "name": "Faro", "genres": ["rock"]}]},
})  # fmt: skip


def event(number: int, kind: str = "shown", **changes: object) -> PromotionEvent:
    plain = PromotionEvent(
        showing=f"s{number}", campaign="summer", kind=kind, variant="a", taste="rock", propensity=0.5, variants=2,
        time=AT + timedelta(seconds=number),
    )  # type: ignore[arg-type]  # fmt: skip
    return replace(plain, **changes)


async def act(driver: TestDriver, kind: str, **more: object) -> SentEffects:
    action = PromotionAction(id=f"{kind}-1", campaign="summer", kind=kind, time=AT, by="pau", **more)  # type: ignore[arg-type]
    return await driver.send(PROMOTION_ACTIONS, "summer", action)


@pytest.fixture
async def driver() -> TestDriver:
    """A driver with a campaign of two variants, of which one is approved."""
    driver = TestDriver(FEATURE, VENUE)
    await act(driver, "begin", title="Summer")
    for name in "ab":
        await act(driver, "add", variant=MessageVariant(id=name, es="Hola", en="Hello", made_at=AT))
    await act(driver, "approve", variant_id="a")
    return driver


async def send_all(driver: TestDriver, events: list[PromotionEvent]) -> SentEffects:
    return await driver.send_events(
        PROMOTION_EVENTS, [driver.event(PROMOTION_EVENTS, one.campaign, one) for one in events]
    )


def last(effects: SentEffects) -> CampaignState:
    state = effects.of(PROMOTION_CAMPAIGNS)[-1]
    assert isinstance(state, CampaignState)
    return state


def counted(state: CampaignState) -> tuple[int, int]:
    return sum(one.shown for one in state.results), sum(one.responses for one in state.results)


async def test_showings_and_responses_count_once(driver: TestDriver) -> None:
    state = last(await send_all(driver, [event(1), event(1), event(2), event(2, "response"), event(2, "response")]))
    assert counted(state) == (2, 1)
    assert state.variants[0].approved_by == "pau"
    assert counted(last(await send_all(driver, [event(2, "response"), event(1), event(3)]))) == (3, 1)


async def test_batch_that_is_repeated_after_a_crash_counts_once(driver: TestDriver) -> None:
    given = [event(n) for n in range(6)] + [event(n, "response") for n in range(3)]
    events = [driver.event(PROMOTION_EVENTS, "summer", one) for one in given]
    table = driver.tables["promotion"]
    before = table[b"summer"]
    await driver.send_events(PROMOTION_EVENTS, events)
    table[b"summer"] = bytes(bytearray(before))  # those of the showings were stored, that of the campaign was not
    assert counted(last(await driver.send_events(PROMOTION_EVENTS, events))) == (6, 3)
    for bucket in [key for key in table if b"#" in key]:
        del table[bucket]
    await driver.send_events(PROMOTION_EVENTS, events)
    assert counted(last(await send_all(driver, [event(1, "response"), event(9)]))) == (7, 3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"campaign": "winter"}, "no campaign 'winter'"),
        ({"campaign": "a#b"}, "has a #"),
        ({"variant": "b"}, "no approved variant 'b'"),
        ({"taste": "polka"}, "no genre 'polka'"),
        ({"kind": "response"}, "no such showing 's1'"),
    ],
)
async def test_events_that_do_not_fit_are_refused(driver: TestDriver, changes: dict[str, object], reason: str) -> None:
    (rejection,) = (await send_all(driver, [event(1, **changes)])).rejections
    assert reason in rejection


async def test_actions_that_do_not_fit_are_refused(driver: TestDriver) -> None:
    assert "no variant 'z'" in (await act(driver, "approve", variant_id="z")).rejections[0]
    wrong_key = PromotionAction(id="x", campaign="summer", kind="end", time=AT, by="pau")
    assert "not its campaign" in (await driver.send(PROMOTION_ACTIONS, "winter", wrong_key)).rejections[0]


async def test_ended_campaign_still_counts_late_responses(driver: TestDriver) -> None:
    await send_all(driver, [event(1)])
    await act(driver, "end")
    state = last(await send_all(driver, [event(1, "response")]))
    assert counted(state) == (1, 1)
    assert state.ended_at == AT
