"""What the pages show of the results, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.authentication import Visitor
from console.views.bars import Bars
from console.views.music import SHOWN, Music
from console.views.support import Support
from console.views.verdicts import Verdicts
from console.views.zones import Zones
from schemas.alerts import AlertLabel
from schemas.attendance import GateTotal, VenueOccupancy
from schemas.bars import DemandForecast, ProductDemand
from schemas.crowd import CrowdCount, ExitCrowd, ZoneCount, ZoneFlow
from schemas.music import MusicTags
from schemas.support import SupportTriage as Triage
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def seen(camera: str, persons: float, density: float, **more: object) -> CrowdCount:
    zone = ZoneCount(zone="front", persons=persons, density=density, level_of_service="D", **more)  # type: ignore[arg-type]
    return CrowdCount(event_id="e", camera=camera, time=AT, persons=persons, zones=(zone,), model="m")


def test_a_zone_is_shown_by_its_worst_camera_and_an_older_count_changes_nothing() -> None:
    zones = Zones(VENUE)
    jam = ZoneFlow(direction=90, speed=0.3, exits=(ExitCrowd(exit="Salida norte", density=3, speed=0.1, jammed=True),))
    zones.take(seen("front-left", 100, 4.0, flow=jam, limit_chance=0.7, minutes_to_limit=6), 2_000)
    zones.take(seen("other", 180, 1.8), 2_000)
    zones.take(seen("front-left", 1, 0.1), 1_000)
    front = zones.state()["zones"][0]
    assert (front["persons"], front["density"], front["level"]) == (180, 4.0, "D")
    assert (front["jammed"], front["minutes_to_limit"], front["flow"]["direction"]) == (["Salida norte"], 6, 90)


def test_a_blind_camera_counts_for_nothing_and_the_venue_is_counted_at_its_gates() -> None:
    zones = Zones(VENUE)
    zones.take(seen("front-left", 100, 4.0), 1)
    zones.take(CrowdCount(event_id="f", camera="front-left", time=AT, persons=None, blind="black", model="m"), 2)
    gates = (GateTotal(gate="east", entered=900, left=100),)
    zones.take(VenueOccupancy(event_id="g", time=AT, persons=800, entered=900, left=100, seen=0, gates=gates), 3)
    state = zones.state()
    assert state["zones"][0]["persons"] is None
    assert state["cameras"][0]["blind"] == "black"
    assert (state["venue"]["persons"], state["venue"]["capacity"]) == (800, 3000)


def test_a_gate_tells_people_a_minute_of_the_last_minutes_and_a_new_day_begins_anew() -> None:
    zones = Zones(VENUE)

    def count(minutes: float, entered: float, left: float) -> dict[str, object]:
        gates = (GateTotal(gate="east", entered=entered, left=left),)
        time = AT + timedelta(minutes=minutes)
        zones.take(
            VenueOccupancy(event_id="g", time=time, persons=1, entered=entered, left=left, seen=0, gates=gates), 3
        )
        (gate,) = zones.state()["venue"]["gates"]
        return gate

    assert count(0, 0, 0)["in_a_minute"] is None, "nothing to compare with"
    assert count(10, 1000, 0)["in_a_minute"] == 100
    for minutes in range(11, 16):
        gate = count(minutes, 1000 + 20 * (minutes - 10), minutes - 10)
    assert (gate["in_a_minute"], gate["out_a_minute"]) == (20, 1), "what was five minutes ago is over"
    assert count(2000, 3, 0)["in_a_minute"] is None


def test_a_bar_shows_the_past_from_now_and_forgets_another_evening() -> None:
    bars = Bars(VENUE)

    def sell(sold: float, minutes: float) -> None:
        beer = ProductDemand(product="beer", sold=sold)
        time = AT + timedelta(minutes=minutes)
        bars.take(DemandForecast(event_id="e", bar="north", time=time, tickets=1, products=(beer,), model="m"), 1)

    for minutes in (-300, -60, 0):
        sell(100 + minutes / 10, minutes)
    (beer,) = bars.state("bar:north")["products"]
    assert beer["past"] == [[-60.0, -6.0], [0.0, 0.0]], "two hours, counted back from now"
    sell(3, -2000)
    assert len(bars.state("bar:north")["products"][0]["past"]) == 1


def test_a_mail_that_is_triaged_again_is_one_and_urgent_ones_are_first() -> None:
    support = Support()
    for number, priority in enumerate(("low", "urgent", "normal", "urgent")):
        mail = Triage(
            event_id="e", message=f"m{number % 3}", thread="t", time=AT + timedelta(minutes=number), language="es",
            priority=priority, cluster="c", cluster_label="l", cluster_size=number, model="m",  # type: ignore[arg-type]
        )  # fmt: skip
        support.take(mail, number)
    state = support.state()
    assert [mail["message"] for mail in state["mails"]] == ["m0", "m1", "m2"]
    assert [mail["priority"] for mail in state["mails"]] == ["urgent", "urgent", "normal"]
    (cluster,) = state["clusters"]
    assert (cluster["size"], sum(cluster["trend"])) == (3, 3)


def test_a_long_evening_of_music_is_shown_in_few_points_with_the_newest() -> None:
    music = Music(VENUE)
    for number in range(1000):
        tags = MusicTags(
            event_id="e", stage="main", time=AT + timedelta(seconds=5 * number), seconds=5, mood=str(number),
            mood_confidence=0.5, moods={}, genre="rock", genre_confidence=0.5, genres={}, tempo=0, loudness=-9,
            silent=False, model="m",
        )  # fmt: skip
        music.take(tags, number)
    stage = music.state()["stages"][0]
    assert stage["now"]["mood"] == stage["history"][-1]["mood"] == "999"
    assert len(stage["history"]) <= SHOWN
    assert stage["history"] == sorted(stage["history"], key=lambda one: one["time"])


def test_changes_of_mood_and_genre_are_told_once_each_the_newest_first() -> None:
    music = Music(VENUE)
    heard = [
        ("calm", "rock"),
        ("calm", "rock"),
        ("sad", "rock"),
        ("silence", "silence"),
        ("sad", "pop"),
        ("calm", "pop"),
    ]
    for number, (mood, genre) in enumerate(heard):
        tags = MusicTags(
            event_id="e", stage="main", time=AT + timedelta(minutes=number), seconds=5, mood=mood, mood_confidence=0.5,
            moods={}, genre=genre, genre_confidence=0.5, genres={}, tempo=0, loudness=-9, silent=mood == "silence",
            model="m",
        )  # fmt: skip
        music.take(tags, number)
    changes = [(one["kind"], one["before"], one["after"]) for one in music.state()["stages"][0]["changes"]]
    assert changes == [("mood", "sad", "calm"), ("genre", "rock", "pop"), ("mood", "calm", "sad")]


def test_only_verdicts_on_what_one_may_see_are_told() -> None:
    verdicts = Verdicts(VENUE)
    for subject, by in (("north/beer", "bea"), ("south/beer", "ben"), ("north/beer", "ana")):
        label = AlertLabel(
            id=f"stock-out/{subject}@1", key=f"stock-out/{subject}", rule="stock-out", subject=subject, raised_at=AT,
            time=AT, verdict="confirmed", by=by,
        )  # fmt: skip
        verdicts.take(label, 1)
    seen = verdicts.seen_by(Visitor("bea", frozenset({"bar"}), ("north",)))
    assert {alert: one["by"] for alert, one in seen.items()} == {"stock-out/north/beer@1": "ana"}
    assert len(verdicts.seen_by(Visitor("ada", frozenset({"admin"})))) == 2
