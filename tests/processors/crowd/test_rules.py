"""Crowd rules: values, texts, and the advice that comes from the venue file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.crowd import CrowdCount, ExitCrowd, ExitSettings, ZoneCount, ZoneFlow, ZoneSettings
from schemas.venue import Venue
from stream.features import registry

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def venue(*exits: ExitSettings) -> Venue:
    return Venue(
        name="Test", zones=[ZoneSettings(id="front", title="Front", area_m2=100, capacity=400, exits=list(exits))]
    )


def observations_by_key(zone: ZoneCount, venue: Venue) -> dict[str, tuple[float, dict[str, str]]]:
    count = CrowdCount(event_id="e", camera="c", time=AT, persons=1, zones=(zone,), model="m", evidence=("crowd-1",))
    observations = registry.rule_evaluator(venue).observations(count)
    assert all(one.evidence == ("crowd-1",) for one in observations)
    return {one.key: (one.value, one.text) for one in observations}


def jam(*, jammed: bool = True) -> ZoneCount:
    exits = (ExitCrowd(exit="North", density=3.2, speed=0.1, jammed=jammed),)
    return ZoneCount(zone="front", persons=100, flow=ZoneFlow(exits=exits))


@pytest.mark.parametrize(
    ("exits", "advice"),
    [
        (
            (ExitSettings(name="North", sign="Panel N2", alternative="East"), ExitSettings(name="East")),
            "Change “Panel N2” to East.",
        ),
        ((ExitSettings(name="North", sign="Panel N2"), ExitSettings(name="South")), "Change “Panel N2” to South."),
        ((ExitSettings(name="North"), ExitSettings(name="South")), "Send people to South."),
    ],
)
def test_jam_proposes_the_sign_and_the_other_exit(exits: tuple[ExitSettings, ...], advice: str) -> None:
    value, text = observations_by_key(jam(), venue(*exits))["bottleneck/front/c/North"]
    assert value == 3.2
    assert text["en"] == f"Front: jam before North (3.2 persons/m²). {advice}"


@pytest.mark.parametrize(
    ("act", "advice"),
    [
        ("automatic", "“Arch” changes by itself to South, unless that is jammed too."),
        ("propose", "Approve the text of “Arch”: to South."),
    ],
)
def test_jam_names_the_sign_that_pulso_changes(act: str, advice: str) -> None:
    sign = {"id": "arch", "title": "Arch", "default": {"es": "a", "en": "b"}, "serves": [{"exit": "North"}], "act": act}
    zone = {"id": "front", "title": "Front", "area_m2": 100, "capacity": 400, "exits": ["North", "South"]}
    place = registry.full_venue_type().model_validate({"name": "Test", "zones": [zone], "signs": [sign]})
    text = observations_by_key(jam(), place)["bottleneck/front/c/North"][1]
    assert text["en"] == f"Front: jam before North (3.2 persons/m²). {advice}"


def test_jam_without_another_exit_proposes_none() -> None:
    assert observations_by_key(jam(), venue(ExitSettings(name="North")))["bottleneck/front/c/North"][1]["en"].endswith(
        "m²)."
    )


def test_busy_exit_that_flows_is_not_a_jam() -> None:
    assert observations_by_key(jam(jammed=False), venue(ExitSettings(name="North")))["bottleneck/front/c/North"][0] == 0


def test_scattering_is_not_a_stampede() -> None:
    zone = ZoneCount(zone="front", persons=100, flow=ZoneFlow(running=0.9, scattering=0.8))
    observations = observations_by_key(zone, venue())
    assert observations["stampede/front/c"][0] == pytest.approx(0.1) and observations["scattering/front/c"][0] == 0.8


def test_text_of_a_forecast_has_time_and_people() -> None:
    zone = ZoneCount(zone="front", persons=310, limit=350.0, limit_chance=0.7, minutes_to_limit=4.2)
    value, text = observations_by_key(zone, venue())["crowd-forecast/front/c"]
    assert value == 0.7 and text["en"] == "Front: may be full in about 4 min (310 of 350); limit the inflow."


def test_missing_values_have_no_measurements() -> None:
    observations = observations_by_key(ZoneCount(zone="front", persons=100, flow=ZoneFlow()), venue())
    assert {key.split("/")[0] for key in observations} == {
        "camera-blind",
        "crowd-capacity",
        "counter-flow",
        "stop-and-go",
    }


def test_alternative_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an exit of any zone"):
        venue(ExitSettings(name="North", alternative="Nowhere"))
