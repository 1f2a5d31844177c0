"""Check of backward compatibility: a new schema must accept the records of an old one.

The check supports what msgspec generates for our types: objects, arrays, dicts, numbers, strings, enums, null, and
references. Any other construct is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

# A bound of the new schema must not be tighter than the old one's.
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why a reader of `new` would refuse something that a writer of `old` may have written; empty when it can't.

    >>> old = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    >>> breaks(old, {**old, "properties": {**old["properties"], "till": {"type": "string"}}})
    []
    >>> breaks(old, {**old, "properties": {"id": {"type": "integer"}}})
    ['id: string is no longer read, only integer']
    >>> breaks(old, {**old, "required": ["id", "till"]})
    ['till: required now, but old records may lack it']
    """
    return list(_Reading(old.get("$defs", {}), new.get("$defs", {})).compare(old, new))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Old records read with a new schema."""

    old_defs: Schema
    new_defs: Schema

    def compare(self, old: Schema, new: Schema, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
        reference = old.get("$ref", "")
        if reference and reference in seen:
            return  # a recursive type was compared further up
        seen = (*seen, reference) if reference else seen
        readable = [_resolve(one, self.new_defs) for one in _alternatives(_resolve(new, self.new_defs))]
        for one in _alternatives(_resolve(old, self.old_defs)):
            wrote = _resolve(one, self.old_defs)
            # A record with one acceptable reading is read; otherwise tell the nearest miss.
            misses = [list(self._same_kind(wrote, r, path, seen)) for r in readable if _written(wrote) <= _read(r)]
            if not misses:
                kinds = sorted({name for one in readable for name in _written(one)})
                yield f"{_at(path)}: {'/'.join(sorted(_written(wrote)))} is no longer read, only {'/'.join(kinds)}"
            elif all(misses):
                yield from min(misses, key=len)

    def _same_kind(self, old: Schema, new: Schema, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        yield from _bounds(old, new, path)
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{_at(path, name)}: required now, but old records may lack it"
        if new.get("additionalProperties") is False:
            for name in sorted(set(before) - set(after)):
                yield f"{_at(path, name)}: no longer read"
        for name in before.keys() & after.keys():
            yield from self.compare(before[name], after[name], _at(path, name), seen)
        for part in ("items", "additionalProperties"):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                yield from self.compare(old[part], new[part], _at(path, "[]"), seen)


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    if "enum" in new:
        if "enum" not in old:
            yield f"{_at(path)}: only {new['enum']} is read now, anything was before"
        elif gone := [value for value in old["enum"] if value not in new["enum"]]:
            yield f"{_at(path)}: {gone} is no longer read"
    for bound in _LOWER:
        if bound in new and new[bound] > old.get(bound, float("-inf")):
            yield f"{_at(path)}: {bound} rose from {old.get(bound, 'none')} to {new[bound]}"
    for bound in _UPPER:
        if bound in new and new[bound] < old.get(bound, float("inf")):
            yield f"{_at(path)}: {bound} fell from {old.get(bound, 'none')} to {new[bound]}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{_at(path)}: the pattern changed"


def _resolve(schema: Schema, defs: Schema) -> Schema:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf", [schema])
    return found


def _written(schema: Schema) -> set[str]:
    """JSON types that a writer of the schema may write."""
    if "type" in schema:
        return {schema["type"]}
    if "enum" in schema:
        return {"null" if v is None else "string" if isinstance(v, str) else "number" for v in schema["enum"]}
    raise ValueError(f"a construct that the compatibility check does not know: {sorted(schema)}")


def _read(schema: Schema) -> set[str]:
    """JSON types that a reader accepts: whole numbers are numbers too."""
    kinds = _written(schema)
    return kinds | {"integer"} if "number" in kinds else kinds


def _at(path: str, name: str = "") -> str:
    return ".".join(part for part in (path, name) if part) or "the record"
