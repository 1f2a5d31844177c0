"""Read the venue file; errors name the line, the field, what is wrong and what to write instead."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from processors.crowd.ground_plane import GroundError, ground_plane_of
from schemas.addresses import without_password, without_passwords
from schemas.errors import PulsoError
from schemas.venue import Venue
from schemas.venue_parts import CLOCK_PATTERN
from stream.features import registry


@dataclass(frozen=True, slots=True)
class VenueMistake:
    """A mistake in a venue file.

    Attributes:
        at: keys and indexes that lead to the field; empty for the file as a whole.
        line: its line in the file, from 1.
        text: what is wrong, and what to write instead; without passwords.
    """

    at: tuple[str | int, ...]
    line: int
    text: str


class VenueFileError(PulsoError, ValueError):
    """The file can't be used. Each line of the message describes one mistake.

    Attributes:
        mistakes: the mistakes one by one, where the file could be read as YAML.
    """

    def __init__(self, message: str, mistakes: tuple[VenueMistake, ...] = ()) -> None:
        super().__init__(message)
        self.mistakes = mistakes


MAX_NODES = 200_000
"""Largest number of YAML nodes with all aliases expanded; a hundred cameras have some ten thousand."""


_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
MAX_NUMBER_LETTERS = 40
"""Letters of a number that is explained; Python refuses to print integers of thousands of digits."""

_OCTAL = re.compile(r"[-+]?0[0-7_]+")


class _StrictLoader(yaml.SafeLoader):
    """Loader that refuses what YAML 1.1 silently reads as something else than people mean.

    Repeated keys, of which it uses the last; 22:00, which is 1320; 0100, which is 64; and keys such as `no` or `12`,
    which are no texts.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Construct a value; an invalid number or date is reported with its line, too."""
        try:
            value = super().construct_object(node, deep)
        except (VenueFileError, yaml.YAMLError):
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            line, kind = node.start_mark.line + 1, node.tag.rsplit(":", 1)[-1]
            raise VenueFileError(
                f"line {line}: {node.value!r:.60} is not a valid {kind}: {error}; quote it if it is text"
            ) from error
        if isinstance(value, int | float) and (surprise := _surprise(node.value, value)):
            raise VenueFileError(f"line {node.start_mark.line + 1}: {surprise}")
        return value


def _surprise(text: str, value: float) -> str:
    """Return a sentence about a number that YAML reads in another base than people; empty for others."""
    if len(text) > MAX_NUMBER_LETTERS:
        return ""
    if _BASE_60.fullmatch(text):
        return (
            f'{text} without quotes is the number {value:g} for YAML, to base 60; put it in quotes, "{text}", if it is '
            "a time, or write the number"
        )
    if _OCTAL.fullmatch(text):
        return (
            f"{text} is the number {value:g} for YAML, to base 8, since it begins with 0; write it without the 0, or "
            f'put it in quotes, "{text}", if it is a name'
        )
    return ""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    lines: dict[str, int] = {}
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":  # << takes over the keys of others, and repeats them
            continue
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise VenueFileError(f"line {line}: {_quote_it(key_node, key)}")
        if key in lines:
            shown = without_passwords(key)
            raise VenueFileError(f"line {line}: {shown} is repeated, first in line {lines[key]}; keep one")
        lines[key] = line
    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _quote_it(node: yaml.Node | None, value: Any) -> str:
    """Return a sentence about a text that YAML reads as something else, and the remedy."""
    if not isinstance(node, yaml.ScalarNode):
        return f"found {value!r:.60}, where a text belongs"
    if value is None:
        return "is empty; write a text, or leave the field out"
    kind = {bool: "yes or no", int: "a number", float: "a number", date: "a date", datetime: "a time"}.get(type(value))
    return f'YAML reads {node.value} as {kind or repr(value)}, not as text; put it in quotes: "{node.value}"'


def _node_count(node: yaml.Node, counts: dict[int, float]) -> float:
    """Return the number of nodes with all aliases expanded; a file of a kilobyte may have billions.

    Args:
        node: root of the nodes to count.
        counts: counts of nodes that were visited before, by identity.
    """
    if id(node) in counts:
        return counts[id(node)]
    counts[id(node)] = math.inf  # the expansion of a node that contains itself is infinite
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        children = [child for pair in node.value for child in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    counts[id(node)] = count = 1 + sum(_node_count(child, counts) for child in children)
    return count


def _compose(text: str) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=_StrictLoader)
    if node is not None and _node_count(node, {}) > MAX_NODES:
        raise VenueFileError(f"its aliases expand to more than {MAX_NODES} nodes; write them out")
    return node


def read_venue(path: Path) -> Venue:
    """Read and validate the file.

    Raises:
        VenueFileError: The file is missing, not valid YAML, or not a valid venue; every mistake has its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise VenueFileError(f"{path}: no such file; PULSO_VENUE names the venue file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise VenueFileError(f"{path}: can't be read as UTF-8 text: {error}") from error
    return parse_venue(text, path)


def parse_venue(text: str, path: Path) -> Venue:
    """Validate the text of a venue file.

    Args:
        text: the YAML.
        path: stands in the messages.

    Raises:
        VenueFileError: it is not valid YAML, or not a valid venue; every mistake has its line.
    """
    content, node = _load(text, path)
    venue_model = registry.full_venue_type()
    try:
        venue = venue_model.model_validate(content)
    except ValidationError as error:
        raise _error(path, [_explain(node, detail, venue_model) for detail in error.errors()]) from error
    _check_languages(path, node, venue)
    for number, camera in enumerate(venue.cameras):
        try:
            ground_plane_of(camera)
        except GroundError as error:
            raise _error(path, [_mistake(node, ("cameras", number, "ground"), str(error))]) from error
    return venue


def venue_content(text: str, path: Path) -> dict[str, Any]:
    """Return the fields of a venue file as YAML has them, not validated.

    Raises:
        VenueFileError: the text is not valid YAML, or holds no fields.
    """
    return _load(text, path)[0]


def _load(text: str, path: Path) -> tuple[dict[str, Any], yaml.Node | None]:
    try:
        node = _compose(text)
        content = yaml.load(text, Loader=_StrictLoader)  # nosec B506 # noqa: S506 - a SafeLoader
    except VenueFileError as error:
        raise VenueFileError(f"{path}: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        remedy = (
            "indent with spaces, not with tabs" if "'\\t'" in str(error.problem) else "check the indentation and quotes"
        )
        raise VenueFileError(f"{path}: line {line}: no YAML: {error.problem}; {remedy}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise VenueFileError(f"{path}: no YAML: {error}") from error
    if not isinstance(content, dict):
        raise VenueFileError(
            f"{path}: the file must hold fields such as `name:` and `zones:`; deploy/venues/demo.yaml shows one"
        )
    return content, node


def _error(path: Path, mistakes: list[tuple[VenueMistake, str]]) -> VenueFileError:
    """Return the error of a file with mistakes, each with the name of its field."""
    lines = [f"{path}: line {one.line}: {name or 'the file'}: {one.text}" for one, name in mistakes]
    return VenueFileError("\n".join(lines), tuple(one for one, _ in mistakes))


def _mistake(node: yaml.Node | None, at: tuple[Any, ...], text: str) -> tuple[VenueMistake, str]:
    """Return a mistake and the name of its field."""
    return VenueMistake(at, _line(node, at), text), without_passwords(_name(at))


def _name(at: tuple[Any, ...]) -> str:
    """Return the location of a field as people write it.

    >>> _name(("cameras", 0, "ground"))
    'cameras[0].ground'
    """
    return ".".join(f"[{part}]" if isinstance(part, int) else str(part) for part in at).replace(".[", "[")


def _check_languages(path: Path, node: yaml.Node | None, venue: Venue) -> None:
    for number, contact in enumerate(venue.contacts):
        if contact.language is None:
            continue
        languages = registry.message_catalog().languages
        if contact.language not in languages:
            text = f"{contact.language} has no messages; there are {', '.join(languages)}"
            raise _error(path, [_mistake(node, ("contacts", number, "language"), text)])


def _explain(node: yaml.Node | None, error: Any, venue: type[Venue]) -> tuple[VenueMistake, str]:
    at = tuple(error["loc"])
    name = _name(at)
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "literal_error" if at[0] == "rules" and at[-1] == "[key]":
            # The type of the keys of `rules` lists the names of all alert rules.
            at, name, known = at[:2], f"rules.{at[1]}", list(registry.rules_by_name())
            near = difflib.get_close_matches(str(at[1]), known, n=1)
            message = f"{at[1]} is not an alert rule; "
            message += f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        case "extra_forbidden":
            known = list(_model_at(at[:-1], venue).model_fields)
            near = difflib.get_close_matches(str(at[-1]), known, n=1)
            message = (
                f"unknown field; did you mean {near[0]}?" if near else f"unknown field; there are {', '.join(known)}"
            )
        case "missing":
            message = "is missing"
        case "string_type" if not isinstance(error.get("input"), dict | list):
            message = _quote_it(_node_at(node, at), error.get("input"))
        case "value_error" if isinstance(error.get("input"), bool):
            message = f"YAML reads {_text_at(node, at)} as yes or no; {message}"
        case _ if isinstance(error.get("input"), bool):
            message += f"; {_quote_it(_node_at(node, at), error.get('input'))}"
        case "string_pattern_mismatch" if error["ctx"]["pattern"] == CLOCK_PATTERN:
            message = f'{error.get("input")!r:.60} is not a time of day; write it as "09:30", from "00:00" to "23:59"'
        case _ if at and at[-1] == "url":
            message += f"; found {without_password(str(error.get('input')))!r}"
        case _ if isinstance(error.get("input"), str | int | float | date | None):
            found = error.get("input")
            message += f"; found {without_passwords(found) if isinstance(found, str) else found!r}"
    return VenueMistake(at, _line(node, at), message), without_passwords(name)


def _model_at(at: tuple[Any, ...], model: type[BaseModel]) -> type[BaseModel]:
    """Return the model at the location of an error, derived from the types of the fields."""
    for name in at:
        if isinstance(name, str) and name in model.model_fields:
            found = _model_within(model.model_fields[name].annotation)
            if found is not None:
                model = found
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, itself or within lists, dicts and optional values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (_model_within(part) for part in get_args(annotation))
    return next((model for model in models if model is not None), None)


def _line(node: yaml.Node | None, at: tuple[Any, ...]) -> int:
    """Return the line of the deepest part of `at` that the file has."""
    found = list(_descend(node, at))
    return found[-1][0] if found else 1


def _node_at(node: yaml.Node | None, at: tuple[Any, ...]) -> yaml.Node | None:
    """Return the node at the location of an error; None where the file has none."""
    found = list(_descend(node, at))
    return found[-1][1] if len(found) == len(at) else None


def _text_at(node: yaml.Node | None, at: tuple[Any, ...]) -> str:
    found = _node_at(node, at)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else "this"


def _descend(node: yaml.Node | None, at: tuple[Any, ...]) -> Iterator[tuple[int, yaml.Node]]:
    """Yield the line and the node of each part of `at`, as far as the file has them."""
    for part in at:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                return
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return
        yield line, node
