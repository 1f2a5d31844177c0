"""Accounts of people and tokens of programs, in Redis.

Layout, with the prefix `pulso:`

    accounts    hash, name → JSON of Account; the password only as an Argon2id hash
    tokens      hash, SHA-256 of a token → JSON of MachineToken; the token itself is shown once and stored nowhere
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
from schemas.ids import BarId

Role = Literal["security", "bar", "support", "production", "admin", "wall"]
ROLES: tuple[Role, ...] = get_args(Role)

ACCOUNTS = "pulso:accounts"
TOKENS = "pulso:tokens"

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}")
_CONCURRENT_HASHES = 2
"""Passwords hashed at the same time: Argon2id takes 64 MiB and some 50 ms of a core for each, on purpose."""


class AccountError(PulsoError, ValueError):
    """The account or token can't be created. The message says what to change."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Account of one person."""

    name: str
    roles: tuple[Role, ...]
    bars: tuple[BarId, ...] = ()
    """Bars that the role `bar` applies to; empty for all."""
    password: str
    """Argon2id hash, with its salt and cost."""
    made: datetime
    """Time of the last change; sessions are bound to it, so a new password ends the old ones."""


class MachineToken(msgspec.Struct, frozen=True, kw_only=True):
    """Rights of a program that sends the token as `Authorization: Bearer`."""

    name: str
    roles: tuple[Role, ...]
    bars: tuple[BarId, ...] = ()
    made: datetime


class AccountStore:
    """Creates, finds and removes accounts and tokens."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(_CONCURRENT_HASHES)
        self._dummy_hash = self._hasher.hash(secrets.token_hex())

    async def add(self, name: str, password: str, roles: Sequence[str], bars: Sequence[BarId] = ()) -> Account:
        """Create an account, or replace password, roles and bars of the one of this name.

        Raises:
            AccountError: The name, the password or a role is not valid.
        """
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise AccountError(
                f"the password has {len(password)} characters; use {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH}"
            )
        if len(name) > 3 and name in password.casefold():
            raise AccountError("the password must not contain the name")
        async with self._hashing:
            hashed = await asyncio.to_thread(self._hasher.hash, password)
        account = Account(
            name=_valid_name(name), roles=_valid_roles(roles), bars=tuple(bars), password=hashed, made=datetime.now(UTC)
        )
        await self._redis.hset(ACCOUNTS, name, msgspec.json.encode(account).decode())
        return account

    async def get(self, name: str) -> Account | None:
        """Return the account of this name; None where there is none."""
        row = await self._redis.hget(ACCOUNTS, name)
        return None if row is None else msgspec.json.decode(row, type=Account)

    async def all(self) -> list[Account]:
        """Return every account, sorted by name."""
        rows = await self._redis.hvals(ACCOUNTS)
        return sorted((msgspec.json.decode(row, type=Account) for row in rows), key=lambda account: account.name)

    async def tokens(self) -> list[MachineToken]:
        """Return every token, sorted by name."""
        rows = await self._redis.hvals(TOKENS)
        return sorted((msgspec.json.decode(row, type=MachineToken) for row in rows), key=lambda token: token.name)

    async def remove(self, name: str) -> bool:
        """Remove the account or the token of this name; return whether there was one.

        Its sessions end at their next request.
        """
        removed = bool(await self._redis.hdel(ACCOUNTS, name))
        for digest, row in (await self._redis.hgetall(TOKENS)).items():
            if msgspec.json.decode(row, type=MachineToken).name == name:
                removed = bool(await self._redis.hdel(TOKENS, digest)) or removed
        return removed

    async def authenticate(self, name: str, password: str) -> Account | None:
        """Return the account if the password is right; an unknown name takes as long as a wrong password."""
        account = await self.get(name) if _NAME.fullmatch(name) else None
        hashed = account.password if account else self._dummy_hash
        async with self._hashing:
            matches = await asyncio.to_thread(self._matches, hashed, password[: MAX_PASSWORD_LENGTH + 1])
        return account if matches else None

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def add_token(self, name: str, roles: Sequence[str], bars: Sequence[BarId] = ()) -> str:
        """Create a token and return it; it can't be read again.

        Raises:
            AccountError: The name is taken or not valid, or a role is unknown.
        """
        taken = {account.name for account in await self.all()} | {token.name for token in await self.tokens()}
        if name in taken:
            raise AccountError(f"the name {name!r} is taken; remove the account or token first, or choose another name")
        token = f"pulso_{secrets.token_urlsafe(32)}"
        row = MachineToken(name=_valid_name(name), roles=_valid_roles(roles), bars=tuple(bars), made=datetime.now(UTC))
        await self._redis.hset(TOKENS, _digest(token), msgspec.json.encode(row).decode())
        return token

    async def find_token(self, token: str) -> MachineToken | None:
        """Return the name and rights that belong to a token; None where the token is unknown."""
        row = await self._redis.hget(TOKENS, _digest(token))
        return None if row is None else msgspec.json.decode(row, type=MachineToken)


def _digest(token: str) -> str:
    # A token has 256 random bits: nothing slower than SHA-256 is needed to keep it secret.
    return hashlib.sha256(token.encode()).hexdigest()


def _valid_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise AccountError(f"{name!r} is not a valid name: use lower case letters, digits and . _ -, at most 41")
    return name


def _valid_roles(roles: Sequence[str]) -> tuple[Role, ...]:
    if unknown := sorted(set(roles) - set(ROLES)):
        raise AccountError(f"unknown role {', '.join(unknown)}; the roles are {', '.join(ROLES)}")
    if not roles:
        raise AccountError(f"a role is missing; the roles are {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in roles)
