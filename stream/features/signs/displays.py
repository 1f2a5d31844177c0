"""Displays of other makers, which play their own content until a sign takes them over with its page.

The page of the sign (`/sign/NAME`) is an asset of Anthias or a layout of Xibo, made once by a person. While a text is
in force the display is told to show it, and to go back to its own content afterwards. Only the page says what it shows;
while a display plays its own content, its server says whether it is there.

Endpoints: the API v2 of Anthias (GET and PATCH /api/v2/assets/ID, GET /api/v2/assets/control/COMMAND), and the API of
Xibo CMS 4 (POST /api/authorize/access_token, POST /api/displaygroup/ID/action/…, GET /api/display).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import yaml
from pydantic import SecretStr

from schemas.errors import PulsoError
from schemas.ids import SignCommandId, SignId
from schemas.signs import AnthiasSettings, SignCommand, SignSettings, XiboSettings
from stream.features.signs import metrics

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 4.0
CHECK_SECONDS = 5.0
"""Interval at which a display is asked whether it is there, and a failure is tried again."""

START_SECONDS = 10.0
"""Time in which the commands of before the start are read: until then a display stays as it is."""

TOKEN_MARGIN_SECONDS = 60.0
"""Time before its end at which a token is renewed."""


class DisplayError(PulsoError):
    """A display can't be told what to show, or does not answer; the text says why, without secrets."""


class Display(Protocol):
    """A display that a sign takes over. All methods raise `DisplayError`."""

    async def take_over(self, seconds: float) -> None:
        """Show the page of the sign, for a time at most where the display can count it."""
        ...

    async def release(self) -> None:
        """Go back to the display's own content."""
        ...

    async def check(self) -> None:
        """Return if the display is there."""
        ...


class AnthiasDisplay:
    """A player with Anthias. The page is a web asset with a long duration, switched on only while it is needed."""

    def __init__(
        self,
        settings: AnthiasSettings,
        credentials: SecretStr | None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        user, _, password = (credentials.get_secret_value() if credentials else "").partition(":")
        self._asset = f"/api/v2/assets/{settings.asset}"
        self._jump = f"/api/v2/assets/control/asset&{settings.asset}"
        self._client = httpx.AsyncClient(
            base_url=settings.url,
            auth=(user, password) if user else None,
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    async def take_over(self, seconds: float) -> None:
        """Switch the asset on and jump to it."""
        del seconds  # the asset's own duration bounds it
        await _send(self._client, "PATCH", self._asset, json={"is_enabled": True})
        await _send(self._client, "GET", self._jump)

    async def release(self) -> None:
        """Switch the asset off, if it is on, and go to the next of the playlist."""
        asset = (await _send(self._client, "GET", self._asset)).json()
        if asset.get("is_enabled"):
            await _send(self._client, "PATCH", self._asset, json={"is_enabled": False})
            await _send(self._client, "GET", "/api/v2/assets/control/next")

    async def check(self) -> None:
        """Return if the player answers and has the asset."""
        await _send(self._client, "GET", self._asset)


class XiboDisplay:
    """A display group of a Xibo CMS, which tells its players at once where they have XMR. The page is a layout."""

    def __init__(
        self, settings: XiboSettings, credentials: SecretStr | None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._id, _, self._secret = (credentials.get_secret_value() if credentials else "").partition(":")
        self._client = httpx.AsyncClient(base_url=settings.url, timeout=TIMEOUT_SECONDS, transport=transport)
        self._token, self._token_until = "", 0.0

    async def take_over(self, seconds: float) -> None:
        """Show the layout; the player goes back by itself after the time, should Pulso be lost."""
        await self._act("changeLayout", {
            "layoutId": self._settings.layout, "duration": max(1, round(seconds)), "downloadRequired": 0,
            "changeMode": "replace",
        })  # fmt: skip

    async def release(self) -> None:
        """Go back to the schedule."""
        await self._act("revertToSchedule", {})

    async def check(self) -> None:
        """Return if every player of the group is logged in."""
        headers = await self._headers()
        group = {"displayGroupId": self._settings.display_group}
        players: Any = (await _send(self._client, "GET", "/api/display", params=group, headers=headers)).json()
        if not players or not all(isinstance(one, dict) and one.get("loggedIn") for one in players):
            raise DisplayError("a player of the display group is not logged in")

    async def _act(self, action: str, fields: Mapping[str, str | int]) -> None:
        path = f"/api/displaygroup/{self._settings.display_group}/action/{action}"
        await _send(self._client, "POST", path, data=dict(fields), headers=await self._headers())

    async def _headers(self) -> dict[str, str]:
        if time.monotonic() >= self._token_until:
            fields = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
            answer = (await _send(self._client, "POST", "/api/authorize/access_token", data=fields)).json()
            self._token = str(answer["access_token"])
            self._token_until = time.monotonic() + float(answer.get("expires_in", 0)) - TOKEN_MARGIN_SECONDS
        return {"Authorization": f"Bearer {self._token}"}


async def _send(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer.

    Raises:
        DisplayError: there is none, or it is a refusal.
    """
    try:
        answer = await client.request(method, path, **options)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DisplayError(f"{method} {path}: {type(error).__name__}") from error
    if not answer.is_success:
        raise DisplayError(f"{method} {path}: status {answer.status_code}")
    return answer


class DisplayDriver:
    """Keeps one display in step with its sign.

    Args:
        shown: returns the command that the sign is to show.
        report: writes that the display plays its own content, or with a reason that it fails.
    """

    def __init__(
        self,
        sign: SignId,
        kind: str,
        display: Display,
        shown: Callable[[], SignCommand | None],
        report: Callable[[str], Awaitable[None]],
    ) -> None:
        self._sign, self._kind, self._display = sign, kind, display
        self._shown, self._report = shown, report
        self._applied: tuple[SignCommandId, datetime] | None = None
        self._is_known = False
        """False until the display has been told once since the start, or since a failure."""
        self._due = asyncio.Event()

    def wake(self) -> None:
        """Compare at once."""
        self._due.set()

    async def run(self) -> None:
        """Keep in step for ever, once the commands of before the start have come."""
        await asyncio.sleep(START_SECONDS)
        while True:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            await self.step()

    async def step(self) -> None:
        """Tell the display what changed; count and report a failure, which is tried again."""
        try:
            changed = await self._apply()
            if not changed:
                await self._display.check()
        except Exception as error:  # whatever a server of another maker answers: this display alone fails
            self._is_known = False
            reason = str(error) if isinstance(error, DisplayError) else type(error).__name__
            metrics.PUSHES.labels(self._sign, "failed").inc()
            log.warning("sign %s: its %s display fails: %s", self._sign, self._kind, reason)
            await self._report(reason)
            return
        if changed:
            metrics.PUSHES.labels(self._sign, "ok").inc()
        if self._applied is None:
            await self._report("")

    async def _apply(self) -> bool:
        """Take over or release where needed; return True if something was sent."""
        command = self._shown()
        wanted = None if command is None else (command.id, command.until)
        if self._is_known and wanted == self._applied:
            return False
        if command is None:
            await self._display.release()
        else:
            await self._display.take_over((command.until - datetime.now(UTC)).total_seconds())
        self._applied, self._is_known = wanted, True
        return True


def display_of(sign: SignSettings, credentials: SecretStr | None) -> Display | None:
    """Return the display of another maker that a sign takes over; None for one that shows the page itself."""
    if isinstance(sign.display, AnthiasSettings):
        return AnthiasDisplay(sign.display, credentials)
    if isinstance(sign.display, XiboSettings):
        return XiboDisplay(sign.display, credentials)
    return None


def read_credentials(file: Path | None) -> dict[str, SecretStr]:
    """Return the credentials of each sign's display from the file of PULSO_SIGN_CREDENTIALS.

    Raises:
        DisplayError: the file can't be read, or is not a mapping of signs to text.
    """
    if file is None:
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DisplayError(f"{file} (PULSO_SIGN_CREDENTIALS) can't be read as YAML: {type(error).__name__}") from error
    if not isinstance(content, dict) or not all(isinstance(one, str) for one in content.values()):
        raise DisplayError(f"{file} (PULSO_SIGN_CREDENTIALS) must hold `SIGN: name:password` lines")
    return {str(sign): SecretStr(one) for sign, one in content.items()}
