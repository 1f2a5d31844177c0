"""Who asks: a person with a session, a program with a token, or anyone in the open demo."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request

from console.sessions import Sessions
from schemas.alerts import Alert, Audience
from schemas.errors import PulsoError
from stream.stores.accounts import AccountStore, Role

COOKIE = "pulso_session"
CSRF_HEADER = "X-Pulso-CSRF"
STALE_HEADER = "X-Pulso-Page"
"""says that the page is of an earlier login, as one that a phone kept may be: loaded again, it is right"""
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may look.

    Attributes:
        bars: those that the role `bar` is for; empty means all.
        csrf: what a page of theirs must send along with every change; empty for programs, which no other site can
            make ask.
    """

    name: str
    roles: frozenset[Role]
    bars: tuple[str, ...] = ()
    csrf: str = ""
    how: Literal["session", "token", "demo"] = "session"

    def may(self, *roles: Role) -> bool:
        """Whether one of the roles is theirs; an admin has them all.

        >>> Visitor("ana", frozenset({"bar"})).may("security"), Visitor("eva", frozenset({"admin"})).may("security")
        (False, True)
        """
        return "admin" in self.roles or not self.roles.isdisjoint(roles)

    def may_bar(self, bar: str) -> bool:
        """Whether they work at this bar."""
        return self.may("bar") and ("admin" in self.roles or not self.bars or bar in self.bars)

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Whose alerts they see."""
        return tuple(audience for audience in AUDIENCES if self.may(audience))

    def sees(self, alert: Alert) -> bool:
        """Whether an alert is for them."""
        return self.hears(alert.audience, alert.subject)

    def hears(self, audience: Iterable[Audience], subject: str) -> bool:
        """Whether what is told to an audience of a subject is for them: bar staff hear of their own bars alone.

        >>> Visitor("ana", frozenset({"bar"}), ("north",)).hears(["bar"], "south/beer")
        False
        """
        mine = set(audience).intersection(self.audiences)
        if mine == {"bar"} and self.bars and "admin" not in self.roles:
            return subject.split("/", maxsplit=1)[0] in self.bars
        return bool(mine)


class LoginNeededError(PulsoError):
    """A person must log in first."""

    def __init__(self, request: Request) -> None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.location = f"/login?next={quote(path, safe='')}"


class Door:
    """Finds out who asks."""

    def __init__(self, accounts: AccountStore, sessions: Sessions, *, open_demo: bool) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self.open_demo = open_demo
        self._demo_csrf = secrets.token_urlsafe(32)

    async def visitor(self, request: Request) -> Visitor | None:
        """Who asks, or None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            machine = await self._accounts.by_token(token.strip())
            return (
                None if machine is None else Visitor(machine.name, frozenset(machine.roles), machine.bars, how="token")
            )
        if self.open_demo:
            return Visitor("demo", frozenset({"admin"}), csrf=self._demo_csrf, how="demo")
        cookie = request.cookies.get(COOKIE)
        session = await self._sessions.get(cookie) if cookie else None
        account = await self._accounts.get(session.account) if session else None
        if session is None or account is None or account.made != session.made:
            return None
        return Visitor(account.name, frozenset(account.roles), account.bars, csrf=session.csrf)


async def asking(request: Request) -> Visitor:
    """Dependency: who asks; others are sent to the login page, or refused where no person reads the answer."""
    door: Door = request.app.state.console.door
    visitor = await door.visitor(request)
    if visitor is None:
        if request.method == "GET" and not request.url.path.startswith(("/api/", "/live", "/evidence/")):
            raise LoginNeededError(request)
        raise HTTPException(401, "log in first")
    return visitor


async def acting(request: Request) -> Visitor:
    """Dependency for changes: who asks, and from one of our own pages."""
    visitor = await asking(request)
    if visitor.how != "token" and not secrets.compare_digest(
        request.headers.get(CSRF_HEADER, "").encode(), visitor.csrf.encode()
    ):
        raise HTTPException(
            403, "this did not come from a page of the console; load the page again", {STALE_HEADER: "stale"}
        )
    return visitor


def need(visitor: Visitor, *roles: Role) -> None:
    """Refuse whoever has none of the roles."""
    if not visitor.may(*roles):
        raise HTTPException(403, f"this needs the role {' or '.join(roles)}")


def is_foreign(method: str, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a change was sent by a page of another site, as the browser tells.

    >>> is_foreign("POST", "pulso.example:8080", "http://pulso.example:8080", None)
    False
    >>> is_foreign("POST", "pulso.example", "https://evil.example", None)
    True
    >>> is_foreign("POST", "pulso.example", None, "cross-site"), is_foreign("POST", "pulso.example", "http://[", None)
    (True, True)
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return True
    try:
        return origin is not None and urlsplit(origin).netloc != host
    except ValueError:  # such as http://[
        return True


def is_loopback(host: str) -> bool:
    """Whether a host header or an address names this machine alone.

    >>> [is_loopback(host) for host in ("127.0.0.1:8080", "localhost", "[::1]:80", "evil.example", "0.0.0.0")]
    [True, True, True, False, False]
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
