"""Figures of a day that was written by hand, with the values that were reckoned by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from processors.report.alerts import alerts_of_day, rules_of_day
from processors.report.bars import BarsOfDay
from processors.report.day import Assumptions, BarFigures, CoverageFigures, DayBounds, DayError, DayReport, day_bounds
from processors.report.money import money_of
from processors.report.page import report_page, report_words
from processors.report.people import BlindCameras, PeopleOfDay, empty_hours
from processors.report.period import sum_period
from processors.report.voices import mails_of_day, posts_of_day, stages_of_day, subjects_of
from schemas.alerts import Alert
from schemas.attendance import VenueOccupancy
from schemas.bars import DemandForecast, HorizonDemand, ProductDemand, StockMovement
from schemas.crowd import CrowdCount, ZoneCount
from schemas.music import MusicTags
from schemas.programme import ProgrammeSet
from schemas.social import PostReading
from schemas.sources import SourceState
from schemas.support import MailTopic, Suggestion, SupportTriage
from schemas.venue import Venue

NOW = datetime(2026, 7, 5, 8, tzinfo=UTC)
START = datetime(2026, 7, 4, 20, tzinfo=UTC)
VENUE = Venue.model_validate({
    "name": "Test <Fest>", "timezone": "Europe/Madrid", "capacity": 500,
    "zones": [{"id": "pit", "title": "Pit", "area_m2": 50, "capacity": 100}],
    "bars": [{"id": "north", "products": [{"id": "beer", "price": 4}]}],
})  # fmt: skip
BOUNDS = day_bounds("2026-07-04", VENUE, NOW)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def count(minutes: float, persons: float, blind: str | None = None, camera: str = "a") -> CrowdCount:
    return CrowdCount(
        event_id=f"{camera}-{minutes}", camera=camera, time=at(minutes), persons=None if blind else persons,
        zones=(ZoneCount(zone="pit", persons=persons),), blind=blind, model="m",
    )  # fmt: skip


def test_day_begins_at_the_hour_of_the_venue() -> None:
    assert BOUNDS.begin == datetime(2026, 7, 4, 4, tzinfo=UTC)
    assert BOUNDS.end == datetime(2026, 7, 5, 4, tzinfo=UTC)


def test_day_of_the_clock_change_has_25_hours() -> None:
    venue = Venue.model_validate({"name": "Test", "timezone": "Europe/Madrid", "calendar": {"day_begins": "00:00"}})
    bounds = day_bounds("2026-10-25", venue, datetime(2026, 11, 1, tzinfo=UTC))
    assert bounds.end - bounds.begin == timedelta(hours=25)


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "0001-01-01", "2026-07-06", ""])
def test_invalid_or_future_day_is_refused(text: str) -> None:
    with pytest.raises(DayError):
        day_bounds(text, VENUE, NOW)


def test_peak_limit_and_time_above_it() -> None:
    people = PeopleOfDay(VENUE, BOUNDS)
    # 90, 120, 130 and 80 people in four stretches of ten seconds; another camera sees fewer of the same area.
    for seconds, persons in ((0, 90), (10, 120), (20, 130), (30, 80)):
        people.add_count(count(seconds / 60, persons))
    people.add_count(count(20 / 60, 60, camera="b"))
    people.add_count(count(40 / 60, 900, blind="smoke"))
    people.add_count(count(60 * 24, 900))
    people.add_occupancy(VenueOccupancy(event_id="o", time=at(0), persons=420, entered=430, left=10, seen=420))
    venue, pit = people.figures()
    assert venue.peak is not None and (venue.peak.persons, venue.limit, venue.above_seconds) == (420, 500, 0)
    assert pit.peak is not None and (pit.peak.persons, pit.peak.time) == (130, at(20 / 60))
    assert (pit.limit, pit.above_seconds, [point.persons for point in pit.curve]) == (100, 20, [130])


def test_place_that_nobody_counted_has_no_peak() -> None:
    assert [place.peak for place in PeopleOfDay(VENUE, BOUNDS).figures()] == [None, None]


def test_blind_and_silent_times_of_cameras() -> None:
    cameras = BlindCameras(BOUNDS)
    for minutes, fault in ((0, None), (1, "covered"), (2, "covered"), (4, "smoke"), (5, None), (9, "black")):
        cameras.add_count(count(minutes, 5, fault))
    cameras.add_count(count(2, 5))  # repeated after a crash
    for minutes, silent in ((20, True), (32, False)):
        cameras.add_source(
            SourceState(
                event_id="s", source="camera/a", kind="camera", name="a", time=at(minutes), silent=silent, since=at(18)
            )
        )
    found = [(one.fault, one.seconds, one.still) for one in cameras.figures(at(10))]
    assert found == [("covered", 180, False), ("smoke", 60, False), ("black", 60, True), ("silent", 840, False)]


def test_hours_without_records() -> None:
    hours = empty_hours(BOUNDS, [BOUNDS.begin, BOUNDS.begin + timedelta(hours=2)], BOUNDS.begin + timedelta(hours=4.5))
    assert [hour.hour for hour in hours] == [5, 7]


def alert(key: str, version: int, state: str, minutes: float, **fields: object) -> Alert:
    rule, _, subject = key.partition("/")
    plain = {
        "id": f"{key}@1", "key": key, "version": version, "rule": rule, "subject": subject, "state": state,
        "severity": "high", "audience": ("security",), "raised_at": at(0), "time": at(minutes), "value": 5.0,
        "peak": 5.0 + version, "threshold": 4.0, "event_id": "e",
    }  # fmt: skip
    return Alert(**{**plain, **fields})  # type: ignore[arg-type]


def test_alerts_who_did_what_and_how_long_it_took() -> None:
    steps = [
        alert("crowd-density/pit", 1, "raised", 0),
        alert("crowd-density/pit", 2, "acknowledged", 1.5, acknowledged_by="eva", by="eva"),
        alert("crowd-density/pit", 2, "acknowledged", 1.5, acknowledged_by="eva", by="eva"),
        alert("crowd-density/pit", 3, "resolved", 10, acknowledged_by="eva", resolved_by="luis", by="luis"),
        alert(
            "crowd-density/pit", 4, "judged", 12,
            acknowledged_by="eva", resolved_by="luis", verdict="rejected", by="eva",
        ),
        alert("violence/gate", 1, "raised", 0),
        alert("violence/yesterday", 1, "raised", 0, raised_at=START - timedelta(days=1)),
    ]  # fmt: skip
    first, second = alerts_of_day(reversed(steps), BOUNDS)
    assert (first.acknowledged_by, first.acknowledged_after) == ("eva", 90)
    assert (first.resolved_by, first.resolved_after, first.peak) == ("luis", 600, 9)
    assert (first.verdict, first.verdict_by) == ("rejected", "eva")
    assert (second.acknowledged_by, second.resolved_after, second.verdict) == (None, None, None)
    rules = [(one.rule, one.alerts, one.confirmed, one.rejected) for one in rules_of_day([first, second])]
    assert rules == [("crowd-density", 1, 0, 1), ("violence", 1, 0, 0)]


def forecast(minutes: int, sold: float, stock: float, fetch: float | None, mean: float) -> DemandForecast:
    hour = HorizonDemand(minutes=60, mean=mean, p05=mean - 25, p50=mean, p95=mean + 25)
    product = ProductDemand(product="beer", sold=sold, stock=stock, horizons=(hour,), fetch=fetch)
    return DemandForecast(
        event_id=f"f{minutes}", bar="north", time=at(minutes), tickets=1, products=(product,), model="m"
    )


def test_avoided_and_missed_stock_outs_and_forecast_error() -> None:
    bars = BarsOfDay(VENUE, BOUNDS)
    # At minute 30 there are 40 left and the bar calls; 100 come at 60; 70 more than these 40 are sold by 120.
    # Then it calls again, nobody comes, and it runs out at minute 150.
    for minutes, sold, stock, fetch in (
        (0, 0, 100, None), (30, 60, 40, 100), (60, 90, 110, None), (120, 170, 30, 80),
        (150, 200, 0, 80), (180, 200, 0, 80),
    ):  # fmt: skip
        bars.add_forecast(forecast(minutes, sold, stock, fetch, mean=100))
    delivery = {"id": "d", "bar": "north", "product": "beer", "kind": "delivery", "quantity": 100.0, "time": at(59)}
    bars.add_movement(StockMovement(**delivery, by="eva"))  # type: ignore[arg-type]
    bars.add_movement(StockMovement(**delivery, by="eva"))  # type: ignore[arg-type]
    (beer,) = bars.figures()
    # Sold after the call: 200 - 60 = 140; without the delivery 40: 100 more, which is all that came.
    assert (beer.sold, beer.missed, beer.avoided, beer.saved_units, beer.price) == (200, 1, 1, 100, 4)
    # Forecasts of 100 at minutes 0, 60 and 120, sold in the hour after each: 90, 80 and 30. (Minute 30 ends at 90:
    # no sales are known within five minutes before that.) Errors 10 + 20 + 70 = 100 of 200
    # units; within ±25: two of three.
    assert (beer.absolute_error, beer.scored_units, beer.scored, beer.covered) == (100, 200, 3, 2)


def test_delivery_that_was_not_needed_avoids_nothing() -> None:
    bars = BarsOfDay(VENUE, BOUNDS)
    for minutes, sold, stock, fetch in ((0, 0, 100, 50), (30, 10, 140, None), (60, 60, 90, None)):
        bars.add_forecast(forecast(minutes, sold, stock, fetch, mean=1))
    bars.add_movement(
        StockMovement(id="d", bar="north", product="beer", kind="delivery", quantity=50, time=at(20), by="eva")
    )
    (beer,) = bars.figures()
    assert (beer.avoided, beer.saved_units, beer.missed) == (0, 0, 0)


def mail(name: str, topic: str | None, *, answered: bool) -> SupportTriage:
    return SupportTriage(
        event_id=name, message=name, thread=name, time=at(1), language="es", priority="normal", model="m",
        topic=MailTopic(name=topic, confidence=0.9) if topic else None,
        suggestion=Suggestion(answer="refund", text="t", why="w", confidence=0.9) if answered else None,
    )  # fmt: skip


def test_questions_mood_and_music() -> None:
    results = [mail("1", "refund", answered=True), mail("2", "refund", answered=False), mail("3", None, answered=False)]
    found = [
        (one.subject, one.mails, one.unanswered) for one in subjects_of(mails_of_day([*results, results[0]], BOUNDS))
    ]
    assert found == [("refund", 2, 1), ("other", 1, 1)]
    posts = [
        PostReading(
            event_id=f"p{n}", post=f"p{n}", network="x", time=at(n), language="es", subject="other", sentiment=mood,
            posts=1, negative_share=0, usual_share=0, change=0, model="m",
        )
        for n, mood in ((0, "negative"), (59, "positive"), (60, "positive"))
    ]  # fmt: skip
    hours = [(one.hour, one.negative, one.neutral, one.positive) for one in posts_of_day([*posts, posts[0]], BOUNDS)]
    assert hours == [(at(0), 1, 0, 1), (at(60), 0, 0, 1)]
    tags = [
        MusicTags(
            event_id=f"t{n}", stage="main", time=at(n), seconds=30, mood=mood, mood_confidence=1, moods={},
            genre="rock", genre_confidence=1, genres={}, tempo=120, loudness=-9, silent=n == 20, model="m",
        )
        for n, mood in ((0, "happy"), (10, "happy"), (15, "angry"), (20, "sad"), (40, "relax"))
    ]  # fmt: skip
    performance = ProgrammeSet(
        id="s", day=date(2026, 7, 4), begin=at(5), end=at(30), stage="main", act="luna", name="Luna"
    )
    stages = [(one.act, one.fragments, one.silent, one.moods) for one in stages_of_day(tags, [performance], BOUNDS)]
    assert stages == [("", 2, 0, {"happy": 1, "relax": 1}), ("Luna", 3, 1, {"happy": 1, "angry": 1})]


def report_of(bounds: DayBounds = BOUNDS, made: datetime = NOW) -> DayReport:
    people = PeopleOfDay(VENUE, bounds)
    people.add_count(count(0, 130))
    steps = [alert("crowd-density/pit", 1, "raised", 0), alert("crowd-density/pit", 2, "resolved", 3)]
    alerts = alerts_of_day(steps, bounds)
    beer = BarFigures("north", "beer", 200, 1, 1, 100, 4.0, 100, 200, 3, 2)
    wine = BarFigures("north", "wine", 9, saved_units=5)
    return DayReport(
        venue=VENUE.name, timezone=VENUE.timezone, bounds=bounds, made=made, assumptions=Assumptions(4, 15, "EUR"),
        places=people.figures(), alerts=alerts, rules=rules_of_day(alerts), bars=(beer, wine), mails=50, suggested=30,
    )  # fmt: skip


def test_money_by_the_assumptions_of_the_venue() -> None:
    money = money_of(report_of())
    # 100 units at 4; 30 replies of 4 minutes are 2 hours, at 15 an hour.
    assert (money.units, money.kept, money.unpriced, money.reply_hours, money.replies) == (105, 400, 1, 2, 30)


def test_period_sums_stored_days_and_names_missing_ones() -> None:
    other = day_bounds("2026-07-02", VENUE, NOW)
    early = report_of(other, other.begin + timedelta(hours=1))
    sums = sum_period([report_of(), early], date(2026, 6, 29), date(2026, 7, 5), until=date(2026, 7, 4))
    assert (sums.days, [day.day for day in sums.missing], sums.provisional) == (2, [29, 30, 1, 3], (other.day,))
    assert (sums.forecast_error, sums.forecasts, sums.kept, sums.replies) == (0.5, 6, {"EUR": 800}, {"EUR": 60})
    assert (sums.rules[0].rule, sums.rules[0].alerts, sums.rules[0].precision) == ("crowd-density", 1, None)


@pytest.mark.parametrize("language", ["es", "en"])
def test_page_is_one_file_with_its_plots(language: str) -> None:
    page = report_page(report_of(), language, {"crowd-density": "Too dense"})  # type: ignore[arg-type]
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert f'<html lang="{language}">' in page
    assert "Test &lt;Fest&gt;" in page and "Test <Fest>" not in page
    assert page.count("<svg") == 1
    assert not [part for part in ("src=", 'href="http', "<script", "@import", "url(http") if part in page]
    assert report_words(language)["by_itself"] in page  # type: ignore[arg-type]


def test_words_of_both_languages_are_the_same() -> None:
    assert report_words("es").keys() == report_words("en").keys()


def test_what_could_not_be_read_is_not_known_rather_than_nothing() -> None:
    unread = CoverageFigures("music.tags", 0, None, None, (), "gone")
    page = report_page(msgspec.structs.replace(report_of(), coverage=(unread,)), "en", {})
    assert page.count(report_words("en")["unknown"]) == 1
    assert not msgspec.structs.replace(report_of(), coverage=(unread,)).is_final
