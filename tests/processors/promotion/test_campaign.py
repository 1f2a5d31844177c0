"""A campaign: who approved what, what is counted, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from processors.promotion.campaign import CampaignRow, PromotionError
from processors.promotion.seen_showings import ENTRY_BYTES, Recognition, SeenShowings, bucket_of
from processors.promotion.tastes import taste_among, tastes_of
from schemas.programme import PROGRAMME
from schemas.promotion import MAX_VARIANTS, MessageVariant, PromotionAction, PromotionEvent
from schemas.venue import venue_type

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
EVENT = PromotionEvent(
    showing="s1", campaign="summer", kind="shown", variant="a", taste="rock", propensity=0.25, variants=2, time=AT
)


def action(kind: str, **more: object) -> PromotionAction:
    return PromotionAction(id=kind, campaign="summer", kind=kind, time=AT, by="pau", **more)  # type: ignore[arg-type]


def variant(name: str, **more: object) -> MessageVariant:
    return MessageVariant(id=name, es="Hola", en="Hello", made_at=AT, **more)  # type: ignore[arg-type]


def begun(*names: str) -> CampaignRow:
    row = CampaignRow()
    row.act(action("begin", title="Summer"))
    for name in names:
        row.act(action("add", variant=variant(name)))
    return row


def test_variant_has_who_made_and_who_approved_it() -> None:
    row = begun("a")
    forged = variant("b", made_by="eva", status="approved", approved_by="eva", approved_at=AT)
    row.act(action("add", variant=forged))
    assert [(one.made_by, one.status, one.approved_by) for one in row.variants] == [("pau", "proposed", None)] * 2
    row.act(replace(action("approve", variant_id="b"), by="ada"))
    assert (row.variants[1].approved_by, row.variants[1].approved_at) == ("ada", AT)
    row.act(replace(action("approve", variant_id="b"), by="pau"))
    assert row.variants[1].approved_by == "ada", "the first approval counts"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (action("begin", title="Again"), "there is a campaign"),
        (action("add"), "a variant is needed"),
        (action("add", variant=variant("a")), "there is a variant 'a'"),
        (action("add", variant=variant("z", picture="0" * 64, picture_en="A stage")), "words in both languages"),
        (action("approve", variant_id="z"), "no variant 'z'"),
        (action("approve", variant_id="gone"), "was withdrawn"),
        (action("end"), "has ended"),
    ],
)
def test_actions_that_do_not_fit_are_refused(given: PromotionAction, reason: str) -> None:
    row = begun("a", "gone")
    row.act(action("withdraw", variant_id="gone"))
    if given.kind == "end":
        row.act(given)
    with pytest.raises(PromotionError, match=reason):
        row.act(given)


def test_campaign_has_a_title_and_not_too_many_variants() -> None:
    with pytest.raises(PromotionError, match="needs a title"):
        CampaignRow().act(action("begin"))
    with pytest.raises(PromotionError, match="no campaign"):
        CampaignRow().act(action("end"))
    row = begun(*(f"v{number}" for number in range(MAX_VARIANTS)))
    with pytest.raises(PromotionError, match="at most 12"):
        row.act(action("add", variant=variant("more")))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"variant": "b"}, "no approved variant 'b'"),
        ({"variant": "z"}, "no approved variant 'z'"),
        ({"taste": "polka"}, "no genre 'polka'"),
        ({"propensity": 1e-6}, "below 0.001"),
    ],
)
def test_events_that_do_not_fit_have_a_reason(change: dict[str, object], reason: str) -> None:
    row = begun("a", "b")
    row.act(action("approve", variant_id="a"))
    assert row.problem_of(EVENT, {"rock"}) is None
    assert reason in str(row.problem_of(replace(EVENT, **change), {"rock"}))
    assert "no campaign" in str(CampaignRow().problem_of(EVENT, {"rock"}))


def test_counts_and_estimates_follow_from_events() -> None:
    row = begun("a", "b")
    for name in ("a", "b"):
        row.act(action("approve", variant_id=name))
    for number in range(40):
        one = replace(EVENT, variant="ab"[number % 4 == 0], propensity=0.25 if number % 4 == 0 else 0.75)
        row.count(one)
        if number % 5 == 0:
            row.count(replace(one, kind="response"))
    state = row.state("summer", "e1", AT)
    first, second = state.results
    assert (first.shown, first.responses, second.shown, second.responses) == (30, 6, 10, 2)
    assert state.rate is not None
    assert state.uniform is not None
    assert (state.rate.rate, state.rate.effective) == (0.2, 40)
    assert state.uniform.rate == pytest.approx(0.2)
    assert state.uniform.effective < 40
    assert sum(one.shown for one in state.counts) == 40


def test_showing_and_response_are_recognised_and_old_ones_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, response = SeenShowings(), replace(EVENT, kind="response")
    assert seen.add(response, 6) is Recognition.UNKNOWN
    assert [seen.add(EVENT, 7), seen.add(EVENT, 7), seen.add(EVENT, 9)] == [
        Recognition.NEW, Recognition.NEW, Recognition.REPEATED,
    ]  # fmt: skip
    assert [seen.add(response, 8), seen.add(response, 8), seen.add(response, 10)] == [
        Recognition.NEW, Recognition.NEW, Recognition.REPEATED,
    ]  # fmt: skip
    assert seen.add(replace(response, variant="b"), 11) is Recognition.UNKNOWN, "it responds to something else"
    assert bucket_of(response) == bucket_of(EVENT)
    monkeypatch.setattr("processors.promotion.seen_showings.MAX_ENTRIES", 3)
    for number in range(5):
        seen.add(replace(EVENT, showing=f"t{number}"), 20 + number)
    assert len(seen.entries) == 3 * ENTRY_BYTES


def test_tastes_are_genres_of_the_programme() -> None:
    acts = [{"id": f"a{n}", "name": f"A{n}", "genres": ["rock", f"genre {n:02}"]} for n in range(40)]
    venue = venue_type([PROGRAMME]).model_validate({"name": "Test", "programme": {"acts": acts}})
    tastes = tastes_of(venue)
    assert (len(tastes), tastes[0]) == (30, "rock")
    assert taste_among(["polka"], tastes) == ""
