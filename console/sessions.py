"""Sessions of people who are logged in, in Redis, for the length of a shift.

Layout, with the prefix `pulso:`

    session:DIGEST      JSON of Session, with an EXPIRE; DIGEST is the SHA-256 of the cookie, so that sessions
                        can't be taken over by reading Redis
    login:KIND:NAME     number of logins tried, with an EXPIRE
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import msgspec
from redis.asyncio import Redis

from stream.stores.accounts import Account

SESSION = "pulso:session:{digest}"
SESSION_SECONDS = 14 * 3600
"""A long shift. It is not prolonged by use: a forgotten browser is locked out by the next morning."""

TRIES = "pulso:login:{kind}:{name}"
WINDOW_SECONDS = 15 * 60
MAX_TRIES = {"pair": 5, "origin": 30, "account": 100}
"""Failed logins in `WINDOW_SECONDS`: of an account from one address, from one address, of an account from
anywhere. The last is high, so that a few wrong passwords can't lock a colleague out."""


WALL_SESSION_SECONDS = 30 * 24 * 3600
"""A screen on the wall has no keyboard to log in with; its role may only look."""


def session_seconds(account: Account) -> int:
    """Return the length of the sessions of an account."""
    return WALL_SESSION_SECONDS if account.roles == ("wall",) else SESSION_SECONDS


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One login."""

    account: str
    made: datetime
    """Time at which the account was made. A new password makes the account anew, which ends its sessions."""

    csrf: str


class Sessions:
    """Store of sessions."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def open(self, account: Account) -> str:
        """Start a session and return the value of its cookie."""
        cookie = secrets.token_urlsafe(32)
        session = Session(account=account.name, made=account.made, csrf=secrets.token_urlsafe(32))
        await self._redis.set(_key(cookie), msgspec.json.encode(session), ex=session_seconds(account))
        return cookie

    async def get(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None when it has ended."""
        row = await self._redis.get(_key(cookie))
        return None if row is None else msgspec.json.decode(row, type=Session)

    async def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        await self._redis.delete(_key(cookie))


class LoginLimit:
    """Limit of failed logins; a try counts before its password is checked, so that parallel tries count, too."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wait_seconds(self, account: str, origin: str) -> int:
        """Count one try and return 0, or the seconds to wait before the next."""
        names = {"pair": f"{account}@{origin}", "origin": origin, "account": account}
        wait = 0
        for kind, name in names.items():
            key = _tries(kind, name)
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, WINDOW_SECONDS, nx=True)
                pipe.ttl(key)
                number, _, left = await pipe.execute()
            if number > MAX_TRIES[kind]:
                wait = max(wait, int(left))
        return wait

    async def forget(self, account: str, origin: str) -> None:
        """Take the try back after a correct password, and the person's own mistakes.

        So a whole shift can log in from one address.
        """
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(_tries("pair", f"{account}@{origin}"))
            pipe.decr(_tries("origin", origin))
            pipe.decr(_tries("account", account))
            await pipe.execute()


def _tries(kind: str, name: str) -> str:
    return TRIES.format(kind=kind, name=hashlib.sha256(name.encode()).hexdigest()[:32])


def _key(cookie: str) -> str:
    return SESSION.format(digest=hashlib.sha256(cookie.encode()).hexdigest())
