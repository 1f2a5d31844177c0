"""JSON Schema files and an AsyncAPI document, generated from the types and the table of topics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel

from schemas.topic import Topic

FOLDER = Path(__file__).resolve().parent / "published"
"""`published/EVENT_TYPE/N.json`: every version of each schema that was ever shipped."""

VENUE_SCHEMA = FOLDER / "venue.schema.json"
"""JSON Schema of the venue file, for editors."""

ASYNCAPI = Path(__file__).resolve().parent / "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(topic: Topic[Any]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a topic's value.

    >>> from schemas.bars import SALES
    >>> json_schema(SALES)["title"]
    'Ticket'
    """
    if topic.record is None:
        raise ValueError(f"{topic.name} carries {topic.content_type}, which has no JSON Schema")
    (reference,), components = msgspec.json.schema_components([topic.record], ref_template="#/$defs/{name}")
    name = reference["$ref"].rsplit("/", 1)[-1]
    top = components.pop(name)
    schema = {"$schema": DIALECT, "$id": topic.event_type, **top, **({"$defs": components} if components else {})}
    read_back: dict[str, Any] = json.loads(json.dumps(schema))  # as a file would hold it: lists for tuples
    return read_back


def published(event_type: str, folder: Path = FOLDER) -> list[tuple[int, dict[str, Any]]]:
    """Every published version of an event type, oldest first."""
    files = sorted((folder / event_type).glob("*.json"), key=lambda path: int(path.stem))
    return [(int(path.stem), json.loads(path.read_text(encoding="utf-8"))) for path in files]


def asyncapi(topics: Iterable[Topic[Any]]) -> dict[str, Any]:
    """AsyncAPI 3 document of topics, in CloudEvents binary mode."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in topics:
        name = topic.event_type
        payload = json_schema(topic) if topic.record else {"type": "string", "format": "binary"}
        message = {
            "name": name,
            "summary": topic.description,
            "contentType": topic.content_type,
            "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
            "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": payload},
            "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
        }
        messages.setdefault(name, message)  # several topics may have the same events
        channels[topic.name] = {
            "address": topic.name,
            "description": topic.description,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "kafka": {
                    "topic": topic.name,
                    "partitions": topic.partitions,
                    "topicConfiguration": {
                        "cleanup.policy": ["compact" if topic.compacted else "delete"],
                        "retention.ms": -1 if topic.compacted else topic.retention_ms,
                        "max.message.bytes": topic.max_bytes,
                    },
                }
            },
        }
        operations[f"read.{topic.name}"] = {"action": "receive", "channel": {"$ref": f"#/channels/{topic.name}"}}
    names = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_received", "content-type")
    headers = {
        "type": "object",
        "description": "CloudEvents 1.0, Kafka protocol binding, binary mode",
        "required": ["ce_id", "ce_type", "ce_source", "ce_time"],
        "properties": {name: {"type": "string"} for name in names},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pulso",
            "version": "1",
            "description": "What flows through Kafka while a festival is watched. "
            "Every TOPIC has a TOPIC.dead beside it for what could not be used.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEventHeaders": headers}},
    }


def venue_schema(venue_type: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the venue file.

    Args:
        venue_type: the type of the whole file, with the sections of all features.
    """
    schema = venue_type.model_json_schema()
    read_back: dict[str, Any] = json.loads(json.dumps({"$schema": DIALECT, **schema}))
    return read_back


def text_of(document: dict[str, Any]) -> str:
    """The one way these documents are written to disk."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def request_body(kind: Any) -> dict[str, Any]:
    """OpenAPI's `requestBody` for a type of msgspec, with everything that it refers to in its place.

    >>> from schemas.bars import Ticket
    >>> body = request_body(Ticket)["content"]["application/json"]["schema"]
    >>> body["properties"]["lines"]["items"]["properties"]["product"]["maxLength"]
    200
    """
    (top,), components = msgspec.json.schema_components([kind], ref_template="{name}")

    def whole(part: Any) -> Any:
        if isinstance(part, dict):
            return (
                whole(components[part["$ref"]]) if "$ref" in part else {name: whole(one) for name, one in part.items()}
            )
        return [whole(one) for one in part] if isinstance(part, list | tuple) else part

    return {"required": True, "content": {"application/json": {"schema": whole(top)}}}
