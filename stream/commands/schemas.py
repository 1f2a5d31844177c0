"""`pulso schemas`: publish the JSON Schema and AsyncAPI documents, or check that they are up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from schemas.compatibility import breaks
from schemas.documents import (
    ASYNCAPI,
    FOLDER,
    VENUE_SCHEMA,
    asyncapi,
    json_schema,
    published,
    text_of,
    venue_schema,
)
from stream.features import registry

commands = typer.Typer(help="JSON Schema and AsyncAPI documents of the topics.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="schemas")


def problems() -> list[str]:
    """Return each schema that differs from its published version or can't read records of an older one."""
    found = []
    for topic in (topic for topic in registry.topics() if topic.record):
        versions = published(topic.event_type)
        now = json_schema(topic)
        for number, old in versions:
            found += [f"{topic.event_type} against version {number}: {why}" for why in breaks(old, now)]
        if not versions or versions[-1][1] != now:
            found.append(f"{topic.event_type}: changed since it was published: run `pulso schemas publish`")
    for path, document in _documents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text_of(document):
            found.append(f"{path.name} differs from the types; run `pulso schemas publish`")
    return found


def _documents() -> dict[Path, dict[str, Any]]:
    """Return the documents that are published in one version only."""
    return {ASYNCAPI: asyncapi(registry.topics()), VENUE_SCHEMA: venue_schema(registry.full_venue_type())}


@commands.command()
def check() -> None:
    """Exit 1 with the reasons when a schema is unpublished or incompatible."""
    found = problems()
    for problem in found:
        Console(stderr=True).print(problem, highlight=False)
    raise typer.Exit(1 if found else 0)


@commands.command()
def publish() -> None:
    """Write a new version of every schema that changed, if it can read all versions before it."""
    console = Console()
    for topic in (topic for topic in registry.topics() if topic.record):
        versions = published(topic.event_type)
        now = json_schema(topic)
        if versions and versions[-1][1] == now:
            continue
        why = [f"version {number}: {reason}" for number, old in versions for reason in breaks(old, now)]
        if why:
            console.print(f"[red]{topic.event_type} can't be published[/]: " + "; ".join(why), highlight=False)
            console.print("Make the new field optional, or give the topic a new event type and write both for a while.")
            raise typer.Exit(1)
        path = FOLDER / topic.event_type / f"{versions[-1][0] + 1 if versions else 1}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(now), encoding="utf-8")
        console.print(f"published {topic.event_type} {path.stem}")
    for path, document in _documents().items():
        path.write_text(text_of(document), encoding="utf-8")
