"""Who may look and act: people's accounts and machines' tokens, in Redis.

Layout, with the prefix `pulso:`

    accounts    hash, name → JSON of Account; the password only as an Argon2id hash
    tokens      hash, SHA-256 of a token → JSON of MachineToken; the token itself is shown once and kept nowhere
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, get_args

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from redis.asyncio import Redis

from schemas.errors import PulsoError

Role = Literal["security", "bar", "support", "production", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ACCOUNTS = "pulso:accounts"
TOKENS = "pulso:tokens"

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}")
_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MiB and some 50 ms of a core, on purpose."""


class AccountError(PulsoError, ValueError):
    """An account can't be made as asked. The message says what to change."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    name: str
    roles: tuple[Role, ...]
    bars: tuple[str, ...] = ()
    """the bars that the role `bar` is for; empty means all"""
    password: str
    """Argon2id, with its salt and cost"""
    made: datetime
    """also what ties a session to the account: a new password ends the old sessions"""


class MachineToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a program may do that sends the token as `Authorization: Bearer`."""

    name: str
    roles: tuple[Role, ...]
    bars: tuple[str, ...] = ()
    made: datetime


class AccountStore:
    """Accounts and tokens, by name."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex())

    async def add(self, name: str, password: str, roles: Sequence[str], bars: Sequence[str] = ()) -> Account:
        """Make an account, or give one of this name a new password, new roles and new bars.

        Raises:
            AccountError: the name, the password or a role won't do.
        """
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccountError(
                f"the password has {len(password)} characters; use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
            )
        if len(name) > 3 and name in password.casefold():
            raise AccountError("the password must not contain the name")
        async with self._turn:
            hashed = await asyncio.to_thread(self._hasher.hash, password)
        account = Account(
            name=_checked(name), roles=_roles(roles), bars=tuple(bars), password=hashed, made=datetime.now(UTC)
        )
        await self._redis.hset(ACCOUNTS, name, msgspec.json.encode(account).decode())
        return account

    async def get(self, name: str) -> Account | None:
        """One account."""
        row = await self._redis.hget(ACCOUNTS, name)
        return None if row is None else msgspec.json.decode(row, type=Account)

    async def all(self) -> list[Account]:
        """Every account, by name."""
        rows = await self._redis.hvals(ACCOUNTS)
        return sorted((msgspec.json.decode(row, type=Account) for row in rows), key=lambda account: account.name)

    async def tokens(self) -> list[MachineToken]:
        """Every token, by name."""
        rows = await self._redis.hvals(TOKENS)
        return sorted((msgspec.json.decode(row, type=MachineToken) for row in rows), key=lambda token: token.name)

    async def remove(self, name: str) -> bool:
        """Take away the account or the token of this name; its sessions end at their next request."""
        removed = bool(await self._redis.hdel(ACCOUNTS, name))
        for digest, row in (await self._redis.hgetall(TOKENS)).items():
            if msgspec.json.decode(row, type=MachineToken).name == name:
                removed = bool(await self._redis.hdel(TOKENS, digest)) or removed
        return removed

    async def verified(self, name: str, password: str) -> Account | None:
        """The account, when the password is right. An unknown name takes as long as a wrong password."""
        account = await self.get(name) if _NAME.fullmatch(name) else None
        hashed = account.password if account else self._nobody
        async with self._turn:
            right = await asyncio.to_thread(self._matches, hashed, password[: LONGEST_PASSWORD + 1])
        return account if right else None

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def add_token(self, name: str, roles: Sequence[str], bars: Sequence[str] = ()) -> str:
        """Make a token; returns it, for the only time.

        Raises:
            AccountError: the name is taken or won't do, or a role is unknown.
        """
        taken = {account.name for account in await self.all()} | {token.name for token in await self.tokens()}
        if name in taken:
            raise AccountError(f"there is a {name!r} already; remove it first, or choose another name")
        token = f"pulso_{secrets.token_urlsafe(32)}"
        row = MachineToken(name=_checked(name), roles=_roles(roles), bars=tuple(bars), made=datetime.now(UTC))
        await self._redis.hset(TOKENS, _digest(token), msgspec.json.encode(row).decode())
        return token

    async def by_token(self, token: str) -> MachineToken | None:
        """Whose token it is."""
        row = await self._redis.hget(TOKENS, _digest(token))
        return None if row is None else msgspec.json.decode(row, type=MachineToken)


def _digest(token: str) -> str:
    # A token has 256 random bits: nothing slower than SHA-256 is needed to keep it secret.
    return hashlib.sha256(token.encode()).hexdigest()


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise AccountError(f"{name!r} can't be a name: use lower case letters, digits and . _ -, at most 41")
    return name


def _roles(roles: Sequence[str]) -> tuple[Role, ...]:
    if unknown := sorted(set(roles) - set(ROLES)):
        raise AccountError(f"no role is called {', '.join(unknown)}; there are {', '.join(ROLES)}")
    if not roles:
        raise AccountError(f"a role is missing; there are {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in roles)
