"""`pulso users`: accounts of people, tokens of programs, and the audit log of the console."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from schemas.ids import BarId
from stream.commands.tables import folding_table, print_output
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.stores import audit as audit_stream
from stream.stores.accounts import MIN_PASSWORD_LENGTH, ROLES, AccountStore

commands = typer.Typer(help="Accounts of the console: add, list, remove, token, audit.", no_args_is_help=True)

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="Lower case letters, digits and . _ -")]
Roles = Annotated[list[str], typer.Option("--role", "-r", help=f"One or more of {', '.join(ROLES)}.")]
Bars = Annotated[list[str] | None, typer.Option("--bar", "-b", help="Bar of the role bar; every bar if left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="users")


def _on_redis(work: Callable[[Redis], Awaitable[T]]) -> T:
    """Run a task with a connection to the stack's Redis."""

    async def run() -> T:
        redis = Redis.from_url(Settings().connected().redis_url(), socket_timeout=5)
        try:
            return await work(redis)
        finally:
            await redis.aclose()

    return asyncio.run(run())


def _require_bars(bars: list[str] | None) -> list[BarId]:
    if not bars:
        return []
    existing = [bar.id for bar in read_venue(Settings().venue).bars]
    if unknown := sorted(set(bars) - set(existing)):
        raise typer.BadParameter(
            f"the venue file has no bar {', '.join(unknown)}; it has {', '.join(existing) or 'none'} (PULSO_VENUE)"
        )
    return [BarId(bar) for bar in bars]


@commands.command()
def add(name: Name, role: Roles, bar: Bars = None) -> None:
    """Create an account, or replace the one of this name; the password is prompted for."""
    bars = _require_bars(bar)
    password = typer.prompt(
        f"Password for {name} ({MIN_PASSWORD_LENGTH} characters or more)", hide_input=True, confirmation_prompt=True
    )

    async def work(redis: Redis) -> None:
        account = await AccountStore(redis).add(name, password, role, bars)
        detail = f"{','.join(account.roles)} {','.join(account.bars)}".strip()
        await audit_stream.record(redis, getpass.getuser(), "account-added", name, detail, "terminal")

    _on_redis(work)
    Console().print(f"{name} may log in as {', '.join(role)}", highlight=False)


@commands.command()
def token(name: Name, role: Roles, bar: Bars = None) -> None:
    """Create a token for a program and print it, once; programs send it as `Authorization: Bearer TOKEN`."""
    bars = _require_bars(bar)

    async def work(redis: Redis) -> str:
        secret = await AccountStore(redis).add_token(name, role, bars)
        await audit_stream.record(redis, getpass.getuser(), "token-added", name, ",".join(role), "terminal")
        return secret

    typer.echo(_on_redis(work))


@commands.command(name="list")
def list_() -> None:
    """List accounts and tokens."""

    async def work(redis: Redis) -> Table:
        store, table = AccountStore(redis), folding_table("name", "kind", "roles", "bars", "since")
        for account in await store.all():
            since = account.made.isoformat(timespec="seconds")
            table.add_row(account.name, "person", ", ".join(account.roles), ", ".join(account.bars), since)
        for machine in await store.tokens():
            since = machine.made.isoformat(timespec="seconds")
            table.add_row(machine.name, "program", ", ".join(machine.roles), ", ".join(machine.bars), since)
        return table

    table = _on_redis(work)
    print_output(table if table.row_count else "No accounts yet: `pulso users add NAME --role security`.")


@commands.command()
def remove(name: Name) -> None:
    """Remove an account or a token; its sessions end at once."""

    async def work(redis: Redis) -> bool:
        removed = await AccountStore(redis).remove(name)
        if removed:
            await audit_stream.record(redis, getpass.getuser(), "account-removed", name, origin="terminal")
        return removed

    if not _on_redis(work):
        raise typer.BadParameter(f"no account or token is named {name!r}; `pulso users list` shows all")
    Console().print(f"{name} is removed", highlight=False)


@commands.command()
def audit(number: Annotated[int, typer.Option("--number", "-n", min=1, help="Number of entries.")] = 50) -> None:
    """Show the audit log, newest first."""
    table = folding_table("time", "who", "what", "to", "detail", "from")

    async def work(redis: Redis) -> list[audit_stream.AuditEntry]:
        return await audit_stream.latest(redis, number)

    for entry in _on_redis(work):
        when = entry.time.isoformat(timespec="seconds")
        table.add_row(when, entry.who, entry.what, entry.subject, entry.detail, entry.origin)
    print_output(table)
