"""Tests that what features declare of topics is what their agents, sources, pages and commands use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from console import registry as pages
from stream.features import clients, registry
from stream.features.clients import Acl, client_named
from stream.runtime.settings import ROOT, Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue

FESTIVAL = {
    "assistant.questions", "assistant.ratings", "itinerary.wishes", "itinerary.plans", "listening.taste",
    "paths.states", "programme.sets",
}  # fmt: skip
BY_OTHER_VENUES = {
    "vision": {"venue.attendance"},
    "support": FESTIVAL | {"queues.waits", "crowd.counts"},
}
"""Topics that agents register only with queues at gates, or with the tables of a festival."""


class DriverWithoutModels(TestDriver):
    """Registers agents without loading their models, which takes long and says nothing about topics."""

    def reloadable_model(self, *_: Any, **__: Any) -> Any:
        return MagicMock()


TOPIC_NAMES = {topic.name for topic in registry.topics()}


@pytest.mark.parametrize("worker", registry.workers())
def test_declared_topics_are_those_that_agents_register(worker: str, tmp_path: Path) -> None:
    settings = Settings(redis="redis://127.0.0.1:1/0", data=tmp_path)
    driver = DriverWithoutModels(
        registry.agents_of(worker), read_venue(settings.venue), settings=settings, worker=worker
    )
    try:
        unused = BY_OTHER_VENUES.get(worker, set())
        assert {topic.name for topic in clients.consumed_by(worker)} - set(driver._agents) <= unused
        assert set(driver._agents) <= {topic.name for topic in clients.consumed_by(worker)}
        assert set(driver._broadcasts) <= {topic.name for topic in clients.broadcast_to(worker)}
        assert {topic.name for topic in clients.broadcast_to(worker)} - set(driver._broadcasts) <= unused
        feeding: dict[str, set[str]] = {}
        for agent in driver._agents.values():
            if agent.table is not None:
                feeding.setdefault(agent.table.name, set()).add(agent.topic.name)
        declared = {
            f"{worker}-{table.table}-{table.topics[0].name}": {topic.name for topic in table.topics}
            for table in clients.tables_of(worker)
        }
        assert feeding.items() <= declared.items()
        assert {name.split("-")[1] for name in declared.keys() - feeding.keys()} <= {"recommendations"}
    finally:
        driver.close()


def constants(tree: ast.AST) -> Iterator[str]:
    """Yield the names of the topics that a module writes: `OutputRecord(NAME, …)`, `send(NAME, …)` and the like."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == "topic"
            and isinstance(node.value, ast.Name)
        ):
            yield node.value.id  # of a class of sources
        if not isinstance(node, ast.Call):
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if (
            function in ("OutputRecord", "produce", "try_produce", "send", "send_or_drop")
            and node.args
            and isinstance(node.args[0], ast.Name)
        ):
            yield node.args[0].id
        yield from (
            word.value.id
            for word in node.keywords
            if function == "replace" and word.arg == "topic" and isinstance(word.value, ast.Name)
        )


def topics_written_in(folder: Path) -> set[str]:
    """Return the topics that the modules of a folder, or one module, write."""
    found = set()
    for file in folder.rglob("*.py") if folder.is_dir() else [folder]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for name in constants(tree):
            module = imported.get(name) or ""
            topic = getattr(__import__(module, fromlist=[name]), name, None) if module.startswith("schemas") else None
            found |= {topic.name} & TOPIC_NAMES if topic is not None else set()
    return found


def test_declared_results_are_those_that_agents_write() -> None:
    for feature in registry.features():
        declared = {topic.name for worker in feature.agents for topic in feature.access[worker].produces}
        # An observer of frames returns the topic of what it sees; the vision worker writes it.
        observed = {"queues.counts"} if feature.frame_observers else set()
        assert topics_written_in(ROOT / "stream" / "features" / feature.name) | observed == declared, feature.name


def test_declared_topics_of_the_console_are_those_of_its_pages() -> None:
    shown = {topic.name for page in pages.console_features() for view in page.views for topic in view.replay}
    # Pictures are shown, and fragments of corrected labels kept, without a view.
    assert shown | {"camera.frames", "audio.snippets"} == {topic.name for topic in clients.broadcast_to("console")}
    written = topics_written_in(ROOT / "console") | {"assistant.questions", "assistant.ratings", "itinerary.wishes"}
    assert written == {topic.name for topic in clients.produced_by("console")}


def test_declared_topics_of_sources_are_those_that_they_write() -> None:
    written = topics_written_in(ROOT / "stream" / "sources") | {"pos.sales", "social.posts"}
    assert written == {topic.name for topic in clients.produced_by("sources")}


def test_declared_topics_of_commands_are_those_that_they_write() -> None:
    written = topics_written_in(ROOT / "stream" / "commands") | topics_written_in(ROOT / "stream" / "registry")
    declared = {topic.name for topic in clients.produced_by("operator")}
    assert written <= declared
    # Written through a function of another module.
    assert declared - written == {"model.feedback"} - written


def test_worker_may_do_nothing_beyond_its_topics() -> None:
    acls = {acl.name: acl for acl in client_named("bars").acls}
    assert acls["pos.sales"] == Acl("topic", "pos.sales", ("Read",))
    assert acls["pos.sales.dead"] == Acl("topic", "pos.sales.dead", ("Write",))
    assert acls["pulso-bars"] == Acl("group", "pulso-bars", ("Read",))
    assert acls["pulso-bars-bars-bars-changelog"].operations == ("Create", "Read", "Write")
    assert "support.emails" not in acls and "camera.frames" not in acls
    assert not [acl for client in clients.clients() for acl in client.acls if acl.resource == "cluster"]


def test_every_topic_is_written_by_somebody() -> None:
    written = set().union(
        *(clients.produced_by(name) for name in (*registry.workers(), "sources", "console", "operator"))
    )
    assert {topic.name for topic in set(registry.topics()) - written} == set()


def test_unknown_client_lists_the_clients() -> None:
    with pytest.raises(LookupError, match="vision, bars"):
        client_named("weather")
