"""Rules and their observations: each rule has results, ids are stable, texts are in all languages."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from schemas.attendance import VenueOccupancy
from schemas.bars import DemandForecast, ProductDemand, TillClock
from schemas.crowd import CrowdCount, ExitCrowd, ZoneCount, ZoneFlow, ZoneSettings
from schemas.music import MusicTags
from schemas.social import PostReading
from schemas.support import SupportTriage
from schemas.venue import Venue
from schemas.violence import ViolenceScore
from stream.features import registry

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
VENUE = Venue(name="Test", capacity=5000, zones=[ZoneSettings(id="front", area_m2=100, capacity=400)])
EVALUATOR = registry.rule_evaluator(VENUE)

RESULTS = (
    CrowdCount(
        event_id="e1", camera="c", time=AT, persons=500, model="m",
        zones=(
            ZoneCount(
                zone="front", persons=500, density=5.0, limit=350.0, limit_chance=1.0,
                flow=ZoneFlow(
                    pressure=0.03, running=0.1, scattering=0.0,
                    exits=(ExitCrowd(exit="North", density=4.0, speed=0.1, jammed=True),),
                ),
            ),
        ),
    ),
    ViolenceScore(event_id="e2", camera="c", time=AT, probability=0.95, model="m"),
    DemandForecast(
        event_id="e3", bar="north", time=AT, tickets=1, model="m",
        products=(ProductDemand(product="beer", sold=9, stock=1, run_out_probability=0.8, fetch=200),),
        clocks=(TillClock(till="2", ahead_seconds=3600),),
    ),
    SupportTriage(
        event_id="e4", message="m1", thread="t1", time=AT, language="es", priority="urgent", cluster="k", surge=6.0,
        cluster_label="pulsera · recarga", summary="Hay una pelea", model="m",
    ),
    PostReading(
        event_id="e7", post="p1", network="n", time=AT, language="es", subject="bars", names={"es": "barras"},
        sentiment="negative", posts=12, negative_share=0.8, usual_share=0.2, change=4.5, model="m",
    ),
    VenueOccupancy(event_id="e6", time=AT, persons=5000, entered=5000, left=0, seen=500),
    MusicTags(
        event_id="e5", stage="main", time=AT, seconds=30, mood="unknown", mood_confidence=0, moods={}, genre="unknown",
        genre_confidence=0, genres={}, tempo=0, loudness=-90, silent=True, model="m",
    ),
)  # fmt: skip


def test_every_rule_of_a_result_measures_it() -> None:
    measured = {observation.rule for result in RESULTS for observation in EVALUATOR.observations(result)}
    types = {type(result) for result in RESULTS}  # further features test their own
    assert measured == {rule.name for rule in registry.rules() if rule.result in types}


def test_retry_repeats_ids_and_texts_have_all_languages() -> None:
    for result in RESULTS:
        observations = EVALUATOR.observations(result)
        assert [o.id for o in observations] == [o.id for o in EVALUATOR.observations(result)]
        for observation in observations:
            assert set(observation.text) == {"es", "en"}
            assert observation.key.startswith(f"{observation.rule}/")


def test_text_about_posts_names_the_subject_in_its_language() -> None:
    (post,) = (one for one in RESULTS if isinstance(one, PostReading))
    (observation,) = EVALUATOR.observations(post)
    assert "«barras»" in observation.text["es"]
    assert "“bars”" in observation.text["en"]
    assert EVALUATOR.observations(replace(post, subject="")) == [], "no alert without a subject"


def test_two_cameras_on_one_zone_have_alerts_of_their_own() -> None:
    count = RESULTS[0]
    assert isinstance(count, CrowdCount)
    other = CrowdCount(event_id="e9", camera="d", time=AT, persons=1, zones=count.zones, model="m")
    keys = {o.key for result in (count, other) for o in EVALUATOR.observations(result) if o.rule == "crowd-density"}
    assert keys == {"crowd-density/front/c", "crowd-density/front/d"}
