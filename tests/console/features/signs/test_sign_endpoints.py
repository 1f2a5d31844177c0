"""What security does to signs, and what displays read and say."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from stream.stores import audit
from tests.console.features.signs.conftest import TOKEN, SignsConsole

pytestmark = pytest.mark.stack
BODY = {
    "sign": "arch",
    "es": "Por la izquierda",
    "en": "To the left",
    "arrow": "left",
    "priority": "crowd",
    "minutes": 15,
}


def set_text(client: httpx.Client, number: int = 1, **fields: Any) -> httpx.Response:
    return client.post("/api/signs/set", json={"id": f"request-{number}", **BODY, **fields})


def read(signs_console: SignsConsole, sign: str = "arch") -> list[dict[str, Any]]:
    answer = httpx.get(f"{signs_console.url}/api/sign/{sign}")
    assert answer.status_code == 200
    commands: list[dict[str, Any]] = answer.json()["commands"]
    return commands


def test_text_that_is_set_is_read_until_it_is_withdrawn_and_audited(
    signs_console: SignsConsole, redis_url: str
) -> None:
    client = signs_console.client()
    command = set_text(client).json()["command"]
    (shown,) = read(signs_console)
    assert (shown["en"], shown["arrow"], shown["by"]) == ("To the left", "left", "demo")
    assert read(signs_console, "yard") == []
    assert client.post("/api/signs/withdraw", json={"id": "request-2", "command": command}).status_code == 202
    assert read(signs_console) == []
    assert client.post("/api/signs/withdraw", json={"id": "request-3", "command": command}).status_code == 409
    entries = [one for one in asyncio.run(audit.latest(Redis.from_url(redis_url))) if one.subject == "arch"]
    assert [(one.who, one.what) for one in entries[:2]] == [("demo", "sign-withdrawn"), ("demo", "sign-set")]


def test_proposal_is_shown_once_it_is_approved(signs_console: SignsConsole) -> None:
    client = signs_console.client()
    command = set_text(client, propose=True).json()["command"]
    assert read(signs_console) == []
    approval = {"id": "request-2", "command": command}
    assert client.post("/api/signs/approve", json=approval).status_code == 202
    assert [one["id"] for one in read(signs_console)] == [command]
    assert client.post("/api/signs/approve", json=approval).status_code == 409


def test_evacuation_comes_before_what_is_set_later(signs_console: SignsConsole) -> None:
    client = signs_console.client()
    set_text(client, 1, es="Salgan", en="Leave", priority="evacuate")
    set_text(client, 2)
    assert [one["priority"] for one in read(signs_console)] == ["evacuate", "crowd"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"sign": "moon"}, 404), ({"arrow": "down"}, 422), ({"es": ""}, 422), ({"en": "x" * 121}, 422),
        ({"minutes": 0}, 422), ({"minutes": 1441}, 422), ({"priority": "panic"}, 422), ({"more": 1}, 422),
    ],
)  # fmt: skip
def test_text_that_a_sign_can_not_show_is_refused(
    signs_console: SignsConsole, fields: dict[str, Any], status: int
) -> None:
    assert set_text(signs_console.client(), **fields).status_code == status
    assert signs_console.records == []


def test_unknown_commands_and_kafka_away_are_said(signs_console: SignsConsole) -> None:
    client = signs_console.client()
    unknown = {"id": "request-1", "command": "unknown"}
    assert client.post("/api/signs/approve", json=unknown).status_code == 404
    signs_console.away = True
    assert set_text(client).status_code == 503


def test_display_is_believed_with_the_token_alone(signs_console: SignsConsole) -> None:
    address = f"{signs_console.url}/api/sign/arch"
    for headers in ({}, {"X-Pulso-Sign": "wrong"}):
        assert httpx.post(address, json={"shown": None}, headers=headers).status_code == 403
    assert signs_console.states() == []
    answer = httpx.post(address, json={"shown": None}, headers={"X-Pulso-Sign": TOKEN})
    assert answer.json()["default"] == {"es": "Bienvenidos", "en": "Welcome"}
    (state,) = signs_console.states()
    assert (state.sign, state.shown) == ("arch", None)


def test_display_that_polls_often_is_passed_on_when_it_shows_something_else(signs_console: SignsConsole) -> None:
    address, headers = f"{signs_console.url}/api/sign/arch", {"X-Pulso-Sign": TOKEN}
    for shown in (None, None, "jam", "jam", None):
        assert httpx.post(address, json={"shown": shown}, headers=headers).status_code == 200
    assert [state.shown for state in signs_console.states()] == [None, "jam", None]


def test_console_that_has_just_started_takes_no_text_from_a_display(signs_console: SignsConsole) -> None:
    signs_console.caught_up.clear()
    assert httpx.get(f"{signs_console.url}/api/sign/arch").status_code == 503
    report = httpx.post(f"{signs_console.url}/api/sign/arch", json={"shown": None}, headers={"X-Pulso-Sign": TOKEN})
    assert report.status_code == 503
    assert '"sign":{"now":0,' in httpx.get(f"{signs_console.url}/sign/arch").text


def test_readers_are_limited(signs_console: SignsConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.features.signs.display.SignLimit.max_requests", (3, 100))
    with httpx.Client(base_url=signs_console.url) as client:
        statuses = {client.get("/api/sign/yard").status_code for _ in range(200)}
    assert statuses >= {429}
    assert httpx.get(f"{signs_console.url}/sign/moon").status_code == 404
