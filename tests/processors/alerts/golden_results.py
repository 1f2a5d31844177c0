"""Results of every kind and variation on which alert texts depend, for the golden test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

from msgspec.structs import replace

from processors.alerts.rule import MeasurableResult
from schemas.attendance import VenueOccupancy
from schemas.bars import BarSettings, DemandForecast, ProductDemand, ProductSettings, TillClock
from schemas.crowd import CrowdCount, ExitCrowd, ExitSettings, ZoneCount, ZoneFlow, ZoneSettings
from schemas.music import MusicTags
from schemas.social import PostReading
from schemas.support import SupportTriage
from schemas.venue import Venue
from schemas.violence import ViolenceScore

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
VENUE = Venue(
    name="Test",
    capacity=5000,
    zones=[
        ZoneSettings(
            id="front",
            title="Delante del escenario",
            area_m2=100,
            capacity=400,
            exits=[
                ExitSettings(name="North", sign="Panel N2", alternative="East"),
                ExitSettings(name="East"),
                ExitSettings(name="South", sign="Panel {S}"),
            ],
        ),
        ZoneSettings(id="lone", area_m2=50, capacity=90, exits=[ExitSettings(name="Only", sign="Panel O")]),
    ],
    bars=[
        BarSettings(
            id="north",
            products=[
                ProductSettings(id="beer", title="Cerveza", opening_stock=200, package=120),
                ProductSettings(id="water", package=24),
            ],
        )
    ],
)


def results() -> Iterator[MeasurableResult]:
    """Yield all results, the same on each call."""
    yield from _crowd_counts()
    yield from _forecasts()
    yield from _mails_and_posts()
    for persons in (0.0, 2500.4, 4999.5, 6000.0):
        yield VenueOccupancy(event_id=f"occupancy-{persons}", time=AT, persons=persons, entered=9, left=0, seen=500)
    for zone, evidence in ((None, ()), ("front", ("clip-1", "clip-2"))):
        yield ViolenceScore(
            event_id=f"violence-{zone}", camera="c" * 3, time=AT, probability=0.93, zone=zone, evidence=evidence,
            model="m",
        )  # fmt: skip
    for silent in (True, False):
        yield MusicTags(
            event_id=f"tags-{silent}", stage="main", time=AT, seconds=30, mood="unknown", mood_confidence=0, moods={},
            genre="unknown", genre_confidence=0, genres={}, tempo=0, loudness=-90, silent=silent, model="m",
        )  # fmt: skip


def _crowd_counts() -> Iterator[CrowdCount]:
    kinds = (
        "black",
        "overexposed",
        "covered",
        "blurred",
        "frozen",
        "smoke",
        "pyrotechnics",
        "obstructed",
        "unheard-of",
    )
    for blind in (*kinds, None, ""):
        yield CrowdCount(event_id=f"blind-{blind}", camera="gate-east", time=AT, persons=None, blind=blind, model="m")
    exits = (
        ExitCrowd(exit="North", density=4.04, speed=0.1, jammed=True),
        ExitCrowd(exit="East", density=3.96, speed=0.1, jammed=True),
        ExitCrowd(exit="South", density=1.0, speed=0.1, jammed=False),
        ExitCrowd(exit="Only", density=2.55, speed=0.1, jammed=True),
        ExitCrowd(exit="Elsewhere", density=2.5, speed=0.1, jammed=True),
    )
    flows = (
        None,
        ZoneFlow(),
        ZoneFlow(pressure=0.0314159, counter_flow=0.61, stop_and_go=4, running=0.455, scattering=0.2, exits=exits),
        ZoneFlow(running=0.9, scattering=None, exits=exits[:1]),
        ZoneFlow(pressure=0.0, running=0.005),
    )
    limits = ((None, None, None), (350.0, 0.7, None), (350.4, 0.7, 4.5), (90.0, 1.0, 0.2), (None, 0.5, 3.0))
    combined = [*product(("front",), flows, limits), *zip(("lone", "other") * 5, flows * 2, limits * 2, strict=True)]
    for number, (zone, flow, (limit, chance, minutes)) in enumerate(combined):
        count = ZoneCount(
            zone=zone, persons=12.5 * number, density=None if number % 3 == 0 else number / 7, flow=flow, limit=limit,
            limit_chance=chance, minutes_to_limit=minutes,
        )  # fmt: skip
        evidence = ("crowd-1",) if number % 2 else ()
        yield CrowdCount(
            event_id=f"crowd-{number}", camera="c", time=AT, persons=500, zones=(count,), evidence=evidence, model="m"
        )
    long = ZoneCount(zone="z" * 150, persons=1, density=2.0)
    yield CrowdCount(event_id="e" * 200, camera="k" * 190, time=AT, persons=1, zones=(long,), model="m")


def _forecasts() -> Iterator[DemandForecast]:
    by = AT - timedelta(minutes=20)
    beer = ProductDemand(product="beer", sold=1, stock=35, run_out_probability=0.8, fetch=240, fetch_from="store")
    water = ProductDemand(product="water", sold=9, stock=60, run_out_probability=0.05, fetch=40, fetch_from="store")
    products = [
        replace(beer, fetch_by=by),
        replace(water, along=True),
        ProductDemand(product="water", sold=9, stock=60.25, run_out_probability=0.5, fetch=48, along=True),
        ProductDemand(product="cola", sold=9, stock=0.126, run_out_probability=0.9, fetch=12.5, fetch_from="south"),
        ProductDemand(product="gin", sold=9, stock=123456.7, run_out_probability=0.2, fetch=100000, fetch_from="south"),
        ProductDemand(product="rum", sold=9, stock=None, run_out_probability=0.3),
        ProductDemand(product="beer", sold=9, stock=3, run_out_probability=0.3, coming=120, oversold=3),
        ProductDemand(product="beer", sold=9, stock=3, run_out_probability=0.3, coming=9, fetch=60, fetch_from="north"),
        ProductDemand(product="wine", sold=9, stock=3, run_out_probability=0.15, fetch=0.0, oversold=0.5),
        ProductDemand(product="none", sold=9, stock=3),
    ]  # fmt: skip
    for bar in ("north", "unlisted"):
        for number, one in enumerate(products):
            yield DemandForecast(event_id=f"{bar}-{number}", bar=bar, time=AT, tickets=1, products=(one,), model="m")
        yield DemandForecast(
            event_id=f"{bar}-pair", bar=bar, time=AT, tickets=1, products=(*products[:1], *products[3:5]), model="m"
        )
        yield DemandForecast(
            event_id=f"{bar}-trip",
            bar=bar,
            time=AT,
            tickets=1,
            products=(products[0], products[1], products[3]),
            model="m",
        )
        for ahead in (3600.0, -1800.0, 0.0):
            clock = TillClock(till="2", ahead_seconds=ahead)
            yield DemandForecast(
                event_id=f"{bar}-clock{ahead:.0f}", bar=bar, time=AT, tickets=1, products=(), clocks=(clock,), model="m"
            )


def _mails_and_posts() -> Iterator[SupportTriage | PostReading]:
    for priority, cluster in product(("urgent", "low"), ("k", None)):
        yield SupportTriage(
            event_id=f"mail-{priority}-{cluster}", message="m1", thread="t1", time=AT, language="es", priority=priority,
            cluster=cluster, surge=6.5, cluster_label="pulsera · {recarga}", cluster_size=1234,
            summary="Hay una pelea {ahora.mismo} {0}", model="m",
        )  # fmt: skip
    for subject, names in (
        ("bars", {"es": "barras"}),
        ("bars", {}),
        ("queues", {"en": "queues!", "ca": "cues"}),
        ("", {}),
    ):
        yield PostReading(
            event_id=f"post-{subject}-{len(names)}", post="p1", network="n", time=AT, language="es", subject=subject,
            names=names, sentiment="negative", posts=12.4, negative_share=0.805, usual_share=0.2, change=4.5, model="m",
        )  # fmt: skip
