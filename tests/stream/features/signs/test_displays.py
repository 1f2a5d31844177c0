"""Displays of other makers against servers that keep the contract of their public API."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from schemas.ids import SignId
from schemas.signs import AnthiasSettings, SignCommand, SignText, XiboSettings
from stream.features.signs.displays import (
    AnthiasDisplay,
    Display,
    DisplayDriver,
    DisplayError,
    XiboDisplay,
    read_credentials,
)


def command() -> SignCommand:
    now = datetime.now(UTC)
    return SignCommand(
        id="c1", sign="arch", status="active", text=SignText(es="a", en="b"), priority="crowd", begin=now,
        until=now + timedelta(minutes=10), time=now, by="ana",
    )  # fmt: skip


class AnthiasServer:
    """An Anthias player with one web asset, as its OpenAPI document describes it (version 2)."""

    def __init__(self) -> None:
        self.asset = {"asset_id": "a1", "name": "sign", "mimetype": "webpage", "is_enabled": False, "duration": 86400}
        self.controls: list[str] = []
        self.is_away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.is_away:
            raise httpx.ConnectError("away")
        if request.headers.get("authorization") != httpx.BasicAuth("admin", "secret")._auth_header:
            return httpx.Response(401)
        path = request.url.path
        if path.startswith("/api/v2/assets/control/"):
            self.controls.append(path.rpartition("/")[2])
            return httpx.Response(200, text="Asset switched")
        if path != "/api/v2/assets/a1":
            return httpx.Response(404)
        if request.method == "PATCH":
            assert request.headers["content-type"] == "application/json"
            self.asset["is_enabled"] = b"true" in request.content
        return httpx.Response(200, json=self.asset)

    def display(self, credentials: str = "admin:secret") -> AnthiasDisplay:
        """Return a client of it."""
        settings = AnthiasSettings(kind="anthias", url="http://player", asset="a1")
        return AnthiasDisplay(settings, SecretStr(credentials), httpx.MockTransport(self))


class XiboServer:
    """A Xibo CMS with one display group, as its Swagger document describes it (version 4)."""

    def __init__(self) -> None:
        self.actions: list[tuple[str, dict[str, str]]] = []
        self.tokens = 0
        self.logged_in = 1

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; changes are forms, and need a token."""
        path = request.url.path
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if path == "/api/authorize/access_token":
            if (form["grant_type"], form["client_id"], form["client_secret"]) != ("client_credentials", "id", "secret"):
                return httpx.Response(401, json={"error": "invalid_client"})
            self.tokens += 1
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
        if request.headers.get("authorization") != "Bearer t":
            return httpx.Response(401)
        if path == "/api/display" and request.url.params["displayGroupId"] == "7":
            return httpx.Response(200, json=[{"displayId": 3, "loggedIn": self.logged_in}])
        if path.startswith("/api/displaygroup/7/action/"):
            assert not form or request.headers["content-type"] == "application/x-www-form-urlencoded"
            self.actions.append((path.rpartition("/")[2], form))
            return httpx.Response(204)
        return httpx.Response(404)

    def display(self, credentials: str = "id:secret") -> XiboDisplay:
        """Return a client of it."""
        settings = XiboSettings(kind="xibo", url="https://cms", display_group=7, layout=12)
        return XiboDisplay(settings, SecretStr(credentials), httpx.MockTransport(self))


class Driven:
    """A driver, the command that its sign is to show, and what it reports."""

    def __init__(self, display: Display) -> None:
        self.command: SignCommand | None = None
        self.reports: list[str] = []
        self.driver = DisplayDriver(SignId("arch"), "test", display, lambda: self.command, self._report)

    async def _report(self, trouble: str) -> None:
        self.reports.append(trouble)

    def steps(self, *commands: SignCommand | None) -> None:
        """Let the sign show one command after the other."""

        async def run() -> None:
            for one in commands:
                self.command = one
                await self.driver.step()

        asyncio.run(run())


def test_anthias_shows_the_page_while_a_text_is_in_force() -> None:
    server = AnthiasServer()
    driven, shown = Driven(server.display()), command()
    driven.steps(None, None)
    assert (server.controls, driven.reports) == ([], ["", ""])
    driven.steps(shown, shown)
    assert (server.controls, server.asset["is_enabled"]) == (["asset&a1"], True)
    assert driven.reports == ["", ""]  # while it is taken over only its page says what it shows
    driven.steps(None)
    assert (server.controls, server.asset["is_enabled"]) == (["asset&a1", "next"], False)


def test_xibo_shows_the_layout_for_as_long_as_the_text_lasts() -> None:
    server = XiboServer()
    driven, shown = Driven(server.display()), command()
    driven.steps(None, shown, shown, None)
    assert [action for action, _ in server.actions] == ["revertToSchedule", "changeLayout", "revertToSchedule"]
    form = server.actions[1][1]
    assert (form["layoutId"], form["changeMode"], form["downloadRequired"]) == ("12", "replace", "0")
    assert 590 <= int(form["duration"]) <= 600
    assert server.tokens == 1


def test_display_that_fails_is_reported_and_told_again() -> None:
    server = AnthiasServer()
    driven, shown = Driven(server.display()), command()
    server.is_away = True
    driven.steps(shown)
    assert driven.reports == ["PATCH /api/v2/assets/a1: ConnectError"]
    server.is_away = False
    driven.steps(shown)
    assert server.controls == ["asset&a1"]


@pytest.mark.parametrize(
    ("display", "reason"),
    [
        (AnthiasServer().display("admin:wrong"), "GET /api/v2/assets/a1: status 401"),
        (XiboServer().display("id:wrong"), "POST /api/authorize/access_token: status 401"),
    ],
)
def test_wrong_credentials_are_reported_without_them(display: Display, reason: str) -> None:
    driven = Driven(display)
    driven.steps(None)
    assert driven.reports == [reason]


def test_player_that_is_not_logged_in_is_reported() -> None:
    server = XiboServer()
    driven = Driven(server.display())
    driven.steps(None)
    server.logged_in = 0
    driven.steps(None)
    assert driven.reports == ["", "a player of the display group is not logged in"]


def test_credentials_are_read_by_sign(tmp_path: Path) -> None:
    file = tmp_path / "signs.yaml"
    file.write_text("arch: admin:secret\n")
    assert read_credentials(file)["arch"].get_secret_value() == "admin:secret"
    assert read_credentials(None) == {}
    for wrong in ("- arch", "arch: [1]", "a: b: c"):
        file.write_text(wrong)
        with pytest.raises(DisplayError):
            read_credentials(file)
