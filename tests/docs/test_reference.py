"""Generated reference pages: complete for settings, fields, rules, metrics, topics and commands."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from schemas.documents import VENUE_SCHEMA, text_of, venue_schema
from scripts.site import reference
from stream.commands.cli import app
from stream.features import registry
from stream.runtime.settings import ROOT, Settings


def test_settings_page_describes_every_variable() -> None:
    page = reference.settings_page()
    rows = {row.split("|")[1].strip(): row.split("|")[-2].strip() for row in page.splitlines() if row.startswith("| `")}
    assert list(rows) == [f"`PULSO_{name.upper()}`" for name in Settings.model_fields]
    assert not [name for name, meaning in rows.items() if not meaning]
    assert str(ROOT) not in page


def test_venue_page_has_every_part_and_field() -> None:
    page = reference.venue_file_page()
    schema = venue_schema(registry.full_venue_type())
    for name, part in {"Venue": schema, **schema["$defs"]}.items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert "| field | type | default | meaning |" in section, name
        for field in part.get("properties", {}):
            assert f"`{field}`" in section, f"{name}.{field}"


def test_venue_schema_describes_every_field() -> None:
    schema = venue_schema(registry.full_venue_type())
    parts = {"Venue": schema, **schema["$defs"]}
    objects = [(name, option) for name, part in parts.items() for option in part.get("anyOf", [part])]
    fields = [(name, field, text) for name, part in objects for field, text in part.get("properties", {}).items()]
    assert not [f"{name}.{field}" for name, field, text in fields if not text.get("description")]


def test_rules_page_has_every_rule() -> None:
    page = reference.rules_page()
    names = [rule.name for rule in registry.rules()]
    assert re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE) == [*names, *names]


def test_metrics_page_has_every_metric() -> None:
    page = reference.metrics_page()
    metrics = registry.metrics()
    assert len(metrics) > 40
    named = set(re.findall(r"`(pulso_\w+)`", page))
    assert not [metric.name for metric in metrics if not named & {metric.name, f"{metric.name}_total"}]


def test_topics_page_has_every_topic_and_field() -> None:
    page = reference.topics_page()
    for topic in registry.topics():
        section = page.split(f"\n## {topic.name}\n")[1].split("\n## ")[0]
        fields = reference.json_schema(topic)["properties"] if topic.record else {}
        assert not {field for field in fields if f"`{field}`" not in section}


def test_commands_page_has_every_command() -> None:
    page = reference.commands_page()

    for path in command_paths(typer.main.get_command(app), "pulso"):
        assert re.search(rf"^##+ {re.escape(path)}$", page, re.MULTILINE), path


def command_paths(command: Any, path: str) -> Iterator[str]:
    for name, part in getattr(command, "commands", {}).items():
        if not part.hidden:
            yield f"{path} {name}"
            yield from command_paths(part, f"{path} {name}")


def test_published_venue_schema_equals_the_code() -> None:
    assert VENUE_SCHEMA.read_text(encoding="utf-8") == text_of(venue_schema(registry.full_venue_type())), (
        "run `pulso schemas publish`"
    )


@pytest.mark.parametrize("name", ["deploy/venues/demo.yaml", "deploy/docker/venue.yaml"])
def test_shipped_venue_files_follow_the_published_schema(name: str) -> None:
    schema = json.loads(VENUE_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")))


def test_published_schema_refuses_unknown_rule() -> None:
    schema = json.loads(VENUE_SCHEMA.read_text(encoding="utf-8"))
    rule = {"raise_at": 2, "clear_at": 1, "audience": ["security"]}
    with pytest.raises(jsonschema.ValidationError, match="no-such-rule"):
        jsonschema.validate({"name": "A", "rules": {"no-such-rule": rule}}, schema)


def test_demo_venue_file_names_its_schema_for_editors() -> None:
    venue = ROOT / "deploy" / "venues" / "demo.yaml"
    first = venue.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (venue.parent / first.split("=", 1)[1]).resolve() == VENUE_SCHEMA


def test_examples_in_the_generator_run() -> None:
    assert doctest.testmod(reference).failed == 0
