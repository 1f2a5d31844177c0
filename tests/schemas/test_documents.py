"""Published schemas: equal to the types, and compatible with old records."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import msgspec
import pytest

from schemas.bars import SALES
from schemas.compatibility import breaks
from schemas.documents import json_schema
from schemas.topic import Topic
from stream.commands.schemas import problems
from stream.features import registry

TYPED = [topic for topic in registry.topics() if topic.record]


def test_published_schemas_are_current_and_compatible() -> None:
    assert problems() == []


@pytest.mark.parametrize("topic", TYPED, ids=lambda topic: topic.name)
def test_schema_is_valid(topic: Topic) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(topic))


@pytest.mark.parametrize("topic", TYPED, ids=lambda topic: topic.name)
def test_schema_is_compatible_with_itself(topic: Topic) -> None:
    assert breaks(json_schema(topic), json_schema(topic)) == []


def ticket_schema() -> dict[str, Any]:
    return copy.deepcopy(json_schema(SALES))


def test_schema_check_refuses_a_new_required_field() -> None:
    new = ticket_schema()
    new["required"].append("till_operator")
    assert breaks(ticket_schema(), new) == ["till_operator: required now, but old records may lack it"]


def test_schema_check_refuses_a_changed_type_in_a_list() -> None:
    new = ticket_schema()
    new["$defs"]["SaleLine"]["properties"]["quantity"] = {"type": "string"}
    assert breaks(ticket_schema(), new) == ["lines.[].quantity: number is no longer read, only string"]


def test_schema_check_refuses_tighter_bound_and_lost_choice() -> None:
    new = ticket_schema()
    new["properties"]["id"]["maxLength"] = 10
    assert breaks(ticket_schema(), new) == ["id: maxLength fell from 200 to 10"]
    old = {"type": "object", "properties": {"state": {"enum": ["a", "b"]}}}
    assert breaks(old, {"type": "object", "properties": {"state": {"enum": ["a"]}}}) == [
        "state: ['b'] is no longer read"
    ]


def test_schema_check_allows_wider_types() -> None:
    old = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    new = {
        "type": "object",
        "properties": {"n": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "m": {"type": "string"}},
    }
    assert breaks(old, new) == []
    assert breaks(new, old) != []


def test_schema_and_decoder_agree_on_a_ticket() -> None:
    ticket = {
        "id": "t-1",
        "bar": "north",
        "till": "n1",
        "time": "2026-07-04T20:00:00+02:00",
        "lines": [{"product": "beer", "quantity": 2, "unit_price": 5.5}],
    }
    jsonschema.validate(ticket, json_schema(SALES))
    msgspec.convert(ticket, SALES.record, strict=False)  # type: ignore[arg-type]
    del ticket["lines"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(ticket, json_schema(SALES))
