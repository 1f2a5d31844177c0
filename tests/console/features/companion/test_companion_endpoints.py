"""The companion's public endpoints: conditional answers, limits, invalid requests, and the files that a phone keeps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from console.features.itinerary.plans import PlanLimit
from console.registry import static_folders
from processors.festival.sections import sets_of
from schemas.itinerary import ItineraryWishes
from schemas.programme import PROGRAMME, PROGRAMME_SETS
from tests.console.features.companion.conftest import Companion

pytestmark = pytest.mark.stack


def plan_body(companion: Companion, **fields: Any) -> dict[str, Any]:
    first = sets_of(companion.venue.section(PROGRAMME))[0]
    return {
        "token": "t" * 20, "day": first.day.isoformat(), "begin": "16:00", "end": "02:00", "origin": "gate",
        "likes": ["rea"], **fields,
    }  # fmt: skip


def test_unchanged_answer_is_not_sent_again(companion: Companion) -> None:
    for path in ("/api/companion", "/api/programme", "/api/map"):
        first = httpx.get(companion.url + path)
        again = httpx.get(companion.url + path, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path


def test_moved_set_is_in_the_programme_and_among_the_changes(companion: Companion) -> None:
    tag = httpx.get(f"{companion.url}/api/programme").headers["etag"]
    zarza = next(one for one in sets_of(companion.venue.section(PROGRAMME)) if one.act == "zarza")
    companion.send(PROGRAMME_SETS, msgspec.structs.replace(zarza, status="moved", stage="north_stage"))
    try:
        answer = httpx.get(f"{companion.url}/api/programme", headers={"if-none-match": tag})
        assert [one["stage"] for one in answer.json()["sets"] if one["id"] == zarza.id] == ["north_stage"]
    finally:
        companion.send(PROGRAMME_SETS, zarza)


def test_plan_names_no_pseudonym_and_kafka_no_token(companion: Companion) -> None:
    answer = httpx.post(f"{companion.url}/api/itinerary", json=plan_body(companion))
    assert [stop["act"] for stop in answer.json()["stops"]] == ["rea"]
    assert "visitor" not in answer.json()
    wishes = companion.workers.records[-1]
    assert isinstance(wishes, ItineraryWishes)
    assert "t" * 20 not in msgspec.json.encode(wishes).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "moon"},
        {"begin": "25:00"},
        {"end": "16:00"},
        {"token": "short"},
        {"mobility": "flying"},
        {"x": 1},
        {"day": "9999-12-31"},
    ],
    ids=str,
)
def test_invalid_wishes_are_refused(companion: Companion, wrong: dict[str, Any]) -> None:
    before = len(companion.workers.records)
    answer = httpx.post(f"{companion.url}/api/itinerary", json=plan_body(companion, **wrong))
    assert (answer.status_code, len(companion.workers.records)) == (422, before)


def test_phone_that_asks_for_too_many_plans_must_wait(companion: Companion) -> None:
    body = plan_body(companion, token="busy" * 5)
    most = PlanLimit.max_requests[0]
    codes = [httpx.post(f"{companion.url}/api/itinerary", json=body).status_code for _ in range(most + 1)]
    assert codes == [200] * most + [429]
    other = httpx.post(f"{companion.url}/api/itinerary", json=plan_body(companion, token="calm" * 5))
    assert other.status_code == 200, "the others of the same address need not wait"


@pytest.mark.parametrize(
    ("query", "status"),
    [("start=gate&end=tap", 200), ("start=gate&nearest=water", 200), ("start=moon&end=tap", 404), ("start=gate", 422),
     ("start=gate&nearest=moon", 404), ("start=gate&end=tap&nearest=water", 422),
     ("start=gate&end=tap&mobility=flying", 422)],
)  # fmt: skip
def test_route_requests_are_checked(companion: Companion, query: str, status: int) -> None:
    assert httpx.get(f"{companion.url}/api/route?{query}").status_code == status


def test_listening_export_longer_than_a_form_is_read(companion: Companion) -> None:
    day = datetime(2026, 6, 1, 12, tzinfo=UTC)
    play = {"endTime": f"{day:%Y-%m-%d %H:%M}", "trackName": "x", "msPlayed": 90_000}
    body = msgspec.json.encode([{**play, "artistName": f"Artist {number}"} for number in range(2_000)])
    assert len(body) > 64 * 1024
    answer = httpx.post(f"{companion.url}/api/taste/import", content=body, timeout=30)
    assert (answer.status_code, answer.json()["acts"][0]["act"]) == (200, "rea")


def test_service_worker_keeps_every_script_that_the_page_loads(companion: Companion) -> None:
    script = httpx.get(f"{companion.url}/companion/service_worker.js")
    assert script.headers["service-worker-allowed"] == "/companion"
    names = re.search(r"\.\.\.\[(.*?)\]\.map", script.text)
    assert names is not None
    kept = {f"{name}.js" for name in re.findall(r'"(\w+)"', names[1])}
    scripts = {file.name for file in static_folders()["/static/companion"].glob("*.js")}
    assert kept == scripts - {"ask.js", "service_worker.js"}
    for path in re.findall(r'"(/static/[\w./-]+)"', script.text):
        assert httpx.get(companion.url + path).status_code == 200, path
