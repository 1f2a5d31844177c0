"""The public endpoints of recommendations, with a writer that answers at once instead of Kafka and a worker."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console.features.recommendations import taste
from console.features.recommendations.taste import TasteLimit
from console.features.recommendations.view import RecommendationView
from schemas.ids import ActId
from schemas.programme import PROGRAMME
from schemas.recommendations import RecommendationList, RecommendedAct, TasteEvent
from schemas.venue import venue_type

TOKEN = "a-token-of-one-phone-only"
VENUE = venue_type([PROGRAMME]).model_validate({
    "name": "Test",
    "programme": {"acts": [{"id": "faro", "name": "Faro"}, {"id": "nube", "name": "Nube"}]},
})  # fmt: skip


class AnsweringWriter:
    """Keeps what is written, and answers each event with a list, as the worker does after the last one of a batch."""

    def __init__(self, view: RecommendationView) -> None:
        self.view = view
        self.events: list[TasteEvent] = []

    async def send(self, topic: object, *, record: TasteEvent, **_: object) -> None:
        self.events.append(record)
        act = RecommendedAct(act=ActId("nube"), score=1.0, reason="similar", because="Faro")
        chosen = RecommendationList(event_id=record.id, listener=record.listener, time=record.time, acts=(act,))
        self.view.apply(chosen, 0)


class FixedLimit(TasteLimit):
    def __init__(self, wait: int) -> None:
        self.wait = wait

    async def wait_seconds(self, person: str, origin: str) -> int:
        return self.wait


def client(*, wait: int = 0) -> tuple[TestClient, AnsweringWriter]:
    view = RecommendationView()
    writer = AnsweringWriter(view)
    parts = {RecommendationView: view, TasteLimit: FixedLimit(wait)}
    app = FastAPI()
    app.state.console = SimpleNamespace(writer=writer, part=parts.__getitem__, venue=VENUE)
    app.include_router(taste.router)
    return TestClient(app), writer


def test_like_brings_recommended_acts_and_a_token() -> None:
    http, writer = client()
    answer = http.post("/api/taste", json={"changes": [{"kind": "like", "value": "faro"}]}).json()
    assert answer["acts"] == [{"act": "nube", "name": "Nube", "reason": "similar", "because": "Faro"}]
    assert len(answer["token"]) >= 16
    assert answer["token"] not in {event.listener for event in writer.events}, "topics hold a hash of the token"


def test_same_token_is_the_same_listener() -> None:
    http, writer = client()
    for value in ("faro", "nube"):
        http.post("/api/taste", json={"token": TOKEN, "changes": [{"kind": "like", "value": value}]})
    assert {event.listener for event in writer.events} == {hashlib.sha256(TOKEN.encode()).hexdigest()[:32]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"changes": []},
        {"changes": [{"kind": "like", "value": "nobody"}]},
        {"changes": [{"kind": "genre"}]},
        {"changes": [{"kind": "buy", "value": "faro"}]},
        {"token": "short", "changes": [{"kind": "forget"}]},
        {"changes": [{"kind": "forget"}], "listener": "somebody"},
    ],
)
def test_invalid_change_is_refused(body: dict[str, object]) -> None:
    http, writer = client()
    assert http.post("/api/taste", json=body).status_code == 422
    assert writer.events == []


def test_import_sends_plays_of_the_most_played_artists() -> None:
    http, writer = client()
    answer = http.post(f"/api/taste/import?token={TOKEN}", content="artist,track\nLow,a\nLow,b\nFaro,c\n")
    assert answer.json()["token"] == TOKEN
    assert [(event.kind, event.value, event.plays) for event in writer.events] == [
        ("play", "Low", 2),
        ("play", "Faro", 1),
    ]


@pytest.mark.parametrize(
    ("query", "content", "message"), [("", "{}", "not a list of plays"), ("?token=short", "artist\nLow\n", "token")]
)
def test_unreadable_import_is_refused(query: str, content: str, message: str) -> None:
    http, writer = client()
    answer = http.post(f"/api/taste/import{query}", content=content)
    assert answer.status_code == 422
    assert message in answer.json()["detail"]
    assert writer.events == []


def test_too_many_requests_are_refused() -> None:
    http, writer = client(wait=30)
    answer = http.post("/api/taste", json={"changes": [{"kind": "forget"}]})
    assert (answer.status_code, answer.headers["retry-after"], writer.events) == (429, "30", [])
