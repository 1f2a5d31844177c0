"""Authentication of requests: a person with a session, a program with a token, or anyone in the open demo."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from socket import gethostname
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from fastapi import Depends, HTTPException, Request

from console.sessions import Sessions
from schemas.alerts import AUDIENCES, Alert, Audience
from schemas.errors import PulsoError
from schemas.ids import BarId
from stream.stores.accounts import AccountStore, Role

SESSION_COOKIE = "pulso_session"
CSRF_HEADER = "X-Pulso-CSRF"
STALE_HEADER = "X-Pulso-Page"
"""Sent with `stale` when the page is of an earlier login, as one that a phone kept may be: loading it again helps."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may use the console: a person or a program.

    Attributes:
        bars: those that the role `bar` is for; empty means all.
        csrf: token that a page of theirs must send with every change; empty for programs, whose requests no other
            site can cause.
        authenticated_by: the open demo authenticates everybody as an admin.
    """

    name: str
    roles: frozenset[Role]
    bars: tuple[BarId, ...] = ()
    csrf: str = ""
    authenticated_by: Literal["session", "token", "demo"] = "session"

    def has_role(self, *roles: Role) -> bool:
        """Return true if the user has one of the roles; an admin has them all.

        >>> User("ana", frozenset({"bar"})).has_role("security"), User("eva", frozenset({"admin"})).has_role("security")
        (False, True)
        """
        return "admin" in self.roles or not self.roles.isdisjoint(roles)

    def works_at_bar(self, bar: BarId) -> bool:
        """Return true if the user may see and change the stock of this bar."""
        return self.has_role("bar") and ("admin" in self.roles or not self.bars or bar in self.bars)

    @property
    def only_looks(self) -> bool:
        """True for a screen on the wall: whoever stands before it must not be able to change anything.

        >>> User("screen", frozenset({"wall"})).only_looks, User("ana", frozenset({"security", "wall"})).only_looks
        (True, False)
        """
        return self.roles == {"wall"}

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Audiences whose alerts the user sees; a screen on the wall shows those of security."""
        roles: tuple[Role, ...] = ("security",) if self.only_looks else ()
        return tuple(audience for audience in AUDIENCES if self.has_role(audience) or audience in roles)

    def can_see_alert(self, alert: Alert) -> bool:
        """Return true if an alert is for the user."""
        return self.can_see_subject(alert.audience, alert.subject)

    def can_see_subject(self, audience: Iterable[Audience], subject: str) -> bool:
        """Return true if alerts on a subject with this audience are for the user; bar staff see their own bars only.

        >>> User("ana", frozenset({"bar"}), ("north",)).can_see_subject(["bar"], "south/beer")
        False
        """
        shared = set(audience).intersection(self.audiences)
        if shared == {"bar"} and self.bars and "admin" not in self.roles:
            return subject.split("/", maxsplit=1)[0] in self.bars
        return bool(shared)


class LoginRequiredError(PulsoError):
    """A person must log in first; `location` is the login page that leads back to what was requested."""

    def __init__(self, request: Request) -> None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.location = f"/login?next={quote(path, safe='')}"
        super().__init__(self.location)


class Authenticator:
    """Finds the user of a request by its token or session."""

    def __init__(self, accounts: AccountStore, sessions: Sessions, *, open_demo: bool) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self.open_demo = open_demo
        self._demo_csrf = secrets.token_urlsafe(32)

    async def authenticate(self, request: Request) -> User | None:
        """Return the user of a request, or None.

        Raises:
            RedisError: Redis does not answer.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            machine = await self._accounts.find_token(token.strip())
            if machine is None:
                return None
            return User(machine.name, frozenset(machine.roles), machine.bars, authenticated_by="token")
        if self.open_demo:
            return User("demo", frozenset({"admin"}), csrf=self._demo_csrf, authenticated_by="demo")
        cookie = request.cookies.get(SESSION_COOKIE)
        session = await self._sessions.get(cookie) if cookie else None
        account = await self._accounts.get(session.account) if session else None
        if session is None or account is None or account.made != session.made:
            return None
        return User(account.name, frozenset(account.roles), account.bars, csrf=session.csrf)


async def require_user(request: Request) -> User:
    """Dependency: the user of a request.

    Raises:
        LoginRequiredError: nobody is logged in, and a person reads the answer.
        HTTPException: nobody is logged in, and a script or program reads the answer (401).
    """
    authenticator: Authenticator = request.app.state.console.authenticator
    user = await authenticator.authenticate(request)
    if user is None:
        if request.method == "GET" and not request.url.path.startswith(("/api/", "/live", "/evidence/")):
            raise LoginRequiredError(request)
        raise HTTPException(401, "log in first")
    return user


async def require_user_with_csrf(request: Request) -> User:
    """Dependency for changes: the user of a request that one of the console's own pages sent.

    Raises:
        HTTPException: nobody is logged in (401), the user may only look, or the CSRF token of the page is not the
            session's (403).
    """
    user = await require_user(request)
    if user.only_looks:
        raise HTTPException(403, "the role wall may only look")
    if user.authenticated_by != "token" and not secrets.compare_digest(
        request.headers.get(CSRF_HEADER, "").encode(), user.csrf.encode()
    ):
        raise HTTPException(
            403, "this did not come from a page of the console; load the page again", {STALE_HEADER: "stale"}
        )
    return user


CurrentUser = Annotated[User, Depends(require_user)]
"""Type of an endpoint's argument: the user, who is logged in."""

ActingUser = Annotated[User, Depends(require_user_with_csrf)]
"""Type of an endpoint's argument: the user of a change, which a page of the console sent."""


def require_role(user: User, *roles: Role) -> None:
    """Refuse a user who has none of the roles.

    Raises:
        HTTPException: always 403.
    """
    if not user.has_role(*roles):
        raise HTTPException(403, f"this needs the role {' or '.join(roles)}")


def is_cross_site(
    method: str, host: str, origin: str | None, fetch_site: str | None, public: str | None = None
) -> bool:
    """Return true if a page of another site sent a change, by the headers that browsers add and pages can't set.

    Behind a proxy, Host may be the name that the proxy calls the console by. Then `Sec-Fetch-Site: same-origin`, which
    browsers send over HTTPS, or an Origin that is the public one, says that a page of the console sent the change.

    Args:
        method: HTTP method.
        host: header Host.
        origin: header Origin.
        fetch_site: header Sec-Fetch-Site.
        public: origin at which people open the console (PULSO_CONSOLE_PUBLIC).

    >>> is_cross_site("POST", "pulso.example:8080", "http://pulso.example:8080", None)
    False
    >>> is_cross_site("POST", "pulso.example:443", "https://pulso.example", None)
    False
    >>> is_cross_site("POST", "127.0.0.1:8080", "https://pulso.example", "same-origin")
    False
    >>> is_cross_site("POST", "127.0.0.1:8080", "https://pulso.example", None, "https://pulso.example")
    False
    >>> is_cross_site("POST", "pulso.example", "https://evil.example", None)
    True
    >>> is_cross_site("POST", "pulso.example", "null", None), is_cross_site("POST", "", "null", None)
    (True, True)
    >>> is_cross_site("POST", "pulso.example", None, "cross-site")
    True
    >>> is_cross_site("POST", "pulso.example", "http://[", None)
    True
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return True
    if fetch_site == "same-origin" or origin is None or (public is not None and _same_origin(origin, public)):
        return False
    try:
        parts = urlsplit(origin)
        default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
        name = parts.netloc.lower().removesuffix(default)
        return not name or name != host.lower().removesuffix(default)
    except ValueError:  # such as http://[
        return True


def is_foreign_name(host: str, public: str | None) -> bool:
    """Return true if a host is a name that may belong to others, who could let it point here (DNS rebinding).

    Only names of the public DNS can: no addresses, no single words, and not the name of this machine. Without a public
    origin any name may be the console's.

    >>> is_foreign_name("evil.example:8080", "https://pulso.example"), is_foreign_name("10.0.0.7", "https://pulso.example")
    (True, False)
    >>> is_foreign_name("pulso.example", "https://pulso.example"), is_foreign_name("evil.example", None)
    (False, False)
    """
    if public is None:
        return False
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return True
    with suppress(ValueError):
        ip_address(name)
        return False
    own = {urlsplit(public).hostname, gethostname().lower()}
    return name not in own and "." in name and not name.endswith((".local", ".localhost", ".internal"))


def is_encrypted(request: Request) -> bool:
    """Return true if the browser sent a request over HTTPS, to this server or to the proxy in front of it.

    Pages can't set Origin. Somebody who sets X-Forwarded-Proto gets a cookie that is for HTTPS only.
    """
    headers = request.headers
    origin, forwarded = headers.get("origin", ""), headers.get("x-forwarded-proto", "")
    return request.url.scheme == "https" or origin.startswith("https://") or forwarded.split(",")[0].strip() == "https"


def _same_origin(origin: str, other: str) -> bool:
    """Return true if two origins have the same scheme, host and port.

    >>> _same_origin("https://Pulso.example", "https://pulso.example:443"), _same_origin("http://a", "https://a")
    (True, False)
    """
    try:
        a, b = urlsplit(origin), urlsplit(other)
        ports = {"http": 80, "https": 443}
        return (a.scheme, a.hostname, a.port or ports.get(a.scheme)) == (
            b.scheme, b.hostname, b.port or ports.get(b.scheme),
        )  # fmt: skip
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return true if a host header or an address names this machine only.

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
