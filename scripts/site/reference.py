"""Generate the reference pages of the documentation site from the code.

Each function returns one page as Markdown. The pages are made when the site is built (`scripts/site/hook.py`), so they
can't differ from the code.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import typer
from pydantic.fields import FieldInfo

from processors.alerts.rule import Unit
from schemas.documents import asyncapi, json_schema, text_of, venue_schema
from schemas.rules import RuleSettings
from schemas.topic import DAY, HOUR, MINUTE, Topic
from stream.commands.cli import app
from stream.features import registry
from stream.runtime.settings import ROOT, Settings

Table = list[tuple[str, ...]]

_PATTERNS = {r"^[a-z0-9][a-z0-9_-]{0,60}$": "id", r"^([01]\d|2[0-3]):[0-5]\d$": "time HH:MM"}
"""Readable names of frequent patterns of the venue file."""

_JSON_TYPES = {"null": "none", None: "any"}
"""Readable names of types of JSON Schema."""


def pages() -> dict[str, str]:
    """Return every generated file of the site: its path below `docs/`, and its content."""
    return {
        "reference/index.md": index_page(),
        "reference/settings.md": settings_page(),
        "reference/venue-file.md": venue_file_page(),
        "reference/rules.md": rules_page(),
        "reference/metrics.md": metrics_page(),
        "reference/topics.md": topics_page(),
        "reference/commands.md": commands_page(),
        "reference/schemas/venue.schema.json": text_of(venue_schema(registry.full_venue_type())),
        "reference/schemas/asyncapi.json": text_of(asyncapi(registry.topics())),
        **{
            f"reference/schemas/{topic.event_type}.json": text_of(json_schema(topic))
            for topic in registry.topics()
            if topic.record is not None
        },
    }


def index_page() -> str:
    """Return the overview of the reference, with the published schemas."""
    return _page(
        "Reference",
        "These pages are generated from the code when the site is built.",
        """
- [Settings](settings.md): environment variables.
- [Venue file](venue-file.md): every field, with bounds and defaults.
- [Alert rules](rules.md): thresholds, delays and audiences.
- [Metrics](metrics.md): every Prometheus series.
- [Topics](topics.md): every Kafka topic, with the fields of its records.
- [Commands](commands.md): the `pulso` command.
""",
        """
For programs:

- [venue.schema.json](schemas/venue.schema.json): JSON Schema of the venue file, for editors.
- [asyncapi.json](schemas/asyncapi.json): AsyncAPI 3 document of all topics.
- JSON Schema of the records of each topic: linked from [Topics](topics.md).
""",
    )


def settings_page() -> str:
    """Return the page of all `PULSO_*` environment variables."""
    rows: Table = [
        (f"`PULSO_{name.upper()}`", _type_name(field.annotation), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _page(
        "Settings",
        "Pulso is configured by environment variables. An empty variable counts as not set. Passwords and tokens are "
        "read from the environment only, never from the venue file. The local stack fills in the addresses of the "
        "servers that it started.",
        _table(("variable", "type", "default", "meaning"), rows),
    )


def venue_file_page() -> str:
    """Return the page of all fields of the venue file, one section for each part."""
    schema = venue_schema(registry.full_venue_type())
    parts = {"Venue": schema, **schema["$defs"]}
    return _page(
        "Venue file",
        "The venue file is YAML. `pulso check FILE` names each mistake with its line. Editors that know the YAML "
        "language server complete and check it while you type, if its first line is",
        "```yaml\n# yaml-language-server: $schema=../../schemas/published/venue.schema.json\n```",
        "with the path of the published schema ([venue.schema.json](schemas/venue.schema.json)). Unknown fields are "
        "mistakes. Fields in **bold** are required. An *id* has lower-case letters, digits, `-` and `_`, 61 at most.",
        *(_venue_part(name, part) for name, part in parts.items()),
    )


def _venue_part(name: str, part: dict[str, Any]) -> str:
    rows: Table = []
    part = next((one for one in part.get("anyOf", ()) if one.get("type") == "object"), part)
    for field, schema in part.get("properties", {}).items():
        required = field in part.get("required", [])
        rows.append(
            (
                f"**`{field}`**" if required else f"`{field}`",
                _schema_type(schema),
                "" if required or "default" not in schema else f"`{_yaml_value(schema['default'])}`",
                schema.get("description", ""),
            )
        )
    return "\n\n".join(
        (f"## {name}", part.get("description", ""), _table(("field", "type", "default", "meaning"), rows))
    )


def rules_page() -> str:
    """Return the page of all alert rules: titles, units, and default settings."""
    catalog = registry.message_catalog()
    titles: Table = [
        (
            f"`{rule.name}`",
            feature.name,
            *(catalog.title(rule.name, language) for language in catalog.languages),
            _unit(rule.unit),
        )
        for feature in registry.features()
        for rule in feature.rules
    ]
    defaults: Table = [
        (
            f"`{rule.name}`",
            *(f"{value:g}" for value in _thresholds_and_delays(rule.defaults)),
            rule.defaults.severity,
            ", ".join(rule.defaults.audience),
        )
        for rule in registry.rules()
    ]
    return _page(
        "Alert rules",
        "[Alerts and notifications](../operate/alerts.md) explains the life cycle of an alert.",
        "## Rules",
        _table(("rule", "feature", *(f"title ({language})" for language in catalog.languages), "unit"), titles),
        "## Defaults",
        "An entry of the same name under `rules` in the venue file replaces the defaults. Delays are in seconds.",
        _table(
            ("rule", "raise at", "clear at", "on-delay", "off-delay", "cool-down", "severity", "audience"), defaults
        ),
    )


def _thresholds_and_delays(settings: RuleSettings) -> tuple[float, ...]:
    return (
        settings.raise_at,
        settings.clear_at,
        settings.on_delay_seconds,
        settings.off_delay_seconds,
        settings.cool_down_seconds,
    )


def _unit(unit: Unit) -> str:
    return "" if unit is Unit.NONE else unit.value.replace("_", " ")


def metrics_page() -> str:
    """Return the page of all Prometheus series."""
    rows: Table = sorted(
        (
            f"`{metric.name}_total`" if metric.kind == "counter" else f"`{metric.name}`",
            metric.kind,
            ", ".join(f"`{label}`" for label in metric.labels),
            metric.documentation,
        )
        for metric in registry.metrics()
    )
    return _page(
        "Metrics",
        "Every process serves its series at `/metrics`. Units are base units (seconds, bytes, ratios from 0 to 1); "
        "counters end in `_total`, histograms have `_bucket`, `_sum` and `_count`. Labels are bounded: ids come from "
        "the venue file.",
        _table(("series", "type", "labels", "meaning"), rows),
    )


def topics_page() -> str:
    """Return the page of all topics: settings, and the fields of their records."""
    overview: Table = [
        (f"[`{topic.name}`](#{_anchor(topic.name)})", feature.name, topic.key, topic.description)
        for feature in registry.features()
        for topic in feature.all_topics
    ]
    return _page(
        "Topics",
        "Every record is a CloudEvent in Kafka binary mode: the payload is the value, and id, time, type and source "
        "are headers. Records that can't be used are kept in `TOPIC.dead` with the reason; see `pulso dead`.",
        _table(("topic", "feature", "key", "content"), overview),
        *(_topic(topic) for topic in registry.topics()),
    )


def _topic(topic: Topic[Any]) -> str:
    kept = "the last record of each key" if topic.compacted else _duration(topic.retention_ms)
    facts = [
        f"- type `{topic.event_type}`, {topic.content_type}",
        f"- key: {topic.key}; {topic.partitions} partition{'s' if topic.partitions > 1 else ''}; kept: {kept}; "
        f"largest record {topic.max_bytes // 1024:,} KiB",
    ]
    if topic.sensitive:
        facts.append("- contains personal data")
    sections = [f"## {topic.name}", topic.description, "\n".join(facts)]
    if topic.record is not None:
        facts.append(f"- [JSON Schema](schemas/{topic.event_type}.json)")
        sections[2] = "\n".join(facts)
        schema = json_schema(topic)
        required = schema.get("required", [])
        docs = _attribute_docs(topic.record)
        rows: Table = [
            (f"**`{name}`**" if name in required else f"`{name}`", _schema_type(part, linked=False), docs.get(name, ""))
            for name, part in schema.get("properties", {}).items()
        ]
        sections.append(_table(("field", "type", "meaning"), rows))
    return "\n\n".join(sections)


def _attribute_docs(kind: type) -> dict[str, str]:
    """Return the docstring below each attribute of a class, by wire name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    docs: dict[str, str] = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for before, after in pairwise(statements):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            docs[names.get(before.target.id, before.target.id)] = " ".join(str(after.value.value).split())
    return docs


def commands_page() -> str:
    """Return the page of all commands with their arguments and options."""
    root = typer.main.get_command(app)
    return _page(
        "Commands",
        "Every command exits with 0 when it did its work, with 1 when the answer is no (a check failed, a limit was "
        "missed), and with 2 when it could not do its work; it then says why in one sentence.",
        *_commands(root, "pulso"),
    )


def _commands(command: Any, path: str) -> Iterator[str]:
    subcommands: dict[str, Any] = getattr(command, "commands", {})
    if not command.hidden and path != "pulso":
        yield _command(command, path)
    for name in sorted(subcommands):
        if not subcommands[name].hidden:
            yield from _commands(subcommands[name], f"{path} {name}")


def _arguments(command: Any) -> Iterator[str]:
    """Yield the arguments of a command as its usage line shows them."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = parameter.metavar or parameter.name
            yield name if parameter.required else f"[{name}]"


def _command(command: Any, path: str) -> str:
    rows: Table = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name == "help":
            continue
        option = parameter.param_type_name == "option"
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts)) if option else ""
        default = parameter.default
        plain = default is not None and not callable(default) and default not in ((), [], False, "")
        rows.append(
            (
                names or f"`{(parameter.metavar or parameter.name).upper()}`",
                "required" if parameter.required else (f"`{_default_text(default)}`" if plain else ""),
                " ".join((getattr(parameter, "help", None) or "").split()),
            )
        )
    group = hasattr(command, "commands")
    level = "##" if path.count(" ") == 1 else "###"
    text = inspect.cleandoc(command.help or "").split("\f")[0]
    sections = [f"{level} {path}", text]
    if not group:
        usage = " ".join(("[OPTIONS]", *(f"{name.upper()}" for name in _arguments(command))))
        sections.append(f"```text\n{path} {usage}\n```")
    if rows:
        sections.append(_table(("argument or option", "default", "meaning"), rows))
    return "\n\n".join(sections)


def _page(title: str, *sections: str) -> str:
    text = "\n\n".join(section.strip() for section in (f"# {title}", *sections) if section.strip())
    return text + "\n"


def _table(head: tuple[str, ...], rows: Table) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(heading: str) -> str:
    """Return the anchor that Markdown gives to a heading.

    >>> _anchor("camera.frames")
    'cameraframes'
    """
    return "".join(c for c in heading.lower() if c.isalnum() or c in "-_ ").replace(" ", "-")


def _duration(milliseconds: int) -> str:
    """Return a duration in the largest unit that divides it.

    >>> _duration(3 * DAY), _duration(10 * MINUTE), _duration(DAY)
    ('3 days', '10 minutes', '1 day')
    """
    for size, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1000, "second")):
        if milliseconds % size == 0:
            number = milliseconds // size
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return f"{milliseconds} ms"


def _schema_type(schema: dict[str, Any], *, linked: bool = True) -> str:
    """Return the type of a JSON Schema in words, with its bounds.

    >>> _schema_type({"type": "number", "minimum": 0, "maximum": 1})
    'number, 0 to 1'
    >>> _schema_type({"anyOf": [{"type": "integer"}, {"type": "null"}]})
    'integer or none'
    """
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name)})" if linked else f"`{name}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_schema_type(part, linked=linked) for part in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        parts = [_schema_type(part, linked=linked) for part in schema.get("prefixItems", ())]
        return f"[{', '.join(parts)}]" if parts else f"list of {_schema_type(schema.get('items', {}), linked=linked)}"
    values = _values(schema)
    return f"map of names to {_schema_type(values, linked=linked)}" if values else _scalar_type(schema)


def _scalar_type(schema: dict[str, Any]) -> str:
    if schema.get("pattern") in _PATTERNS:
        return _PATTERNS[schema["pattern"]]
    return ", ".join((_JSON_TYPES.get(schema.get("type"), str(schema.get("type"))), *_bounds(schema)))


def _values(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of the values of a map."""
    for values in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        if isinstance(values, dict):
            return values
    return None


def _bounds(schema: dict[str, Any]) -> Iterator[str]:
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
        schema = {name: value for name, value in schema.items() if name not in ("minimum", "maximum")}
    words = {
        "minimum": "{} or more", "exclusiveMinimum": "above {}", "maximum": "{} or less",
        "exclusiveMaximum": "below {}", "pattern": "pattern `{}`", "format": "{}",
    }  # fmt: skip
    for name, text in words.items():
        if name in schema:
            yield text.format(schema[name])


def _yaml_value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type_name(annotation: Any) -> str:
    """Return a Python annotation in words.

    >>> from pathlib import Path
    >>> _type_name(Path), _type_name(str | None)
    ('path', 'text')
    """
    names = {
        "Path": "path",
        "str": "text",
        "int": "integer",
        "float": "number",
        "SecretStr": "secret",
        "bool": "yes/no",
    }
    if isinstance(annotation, type):
        return names.get(annotation.__name__, annotation.__name__)
    arguments = [one for one in getattr(annotation, "__args__", ()) if one is not type(None)]
    if all(isinstance(one, str) for one in arguments):
        return " or ".join(f"`{one}`" for one in arguments)
    return " or ".join(_type_name(one) for one in arguments)


def _default(field: FieldInfo) -> str:
    """Return the default as text; empty where there is none, or where it depends on the machine."""
    return "" if field.default_factory or field.default is None else f"`{_default_text(field.default)}`"


def _default_text(value: Any) -> str:
    """Return a default value as text, without the path of this checkout."""
    return str(value).replace(f"{ROOT}/", "")
