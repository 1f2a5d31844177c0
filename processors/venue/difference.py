"""Differences between two contents of a venue file, by field; conflicts between two people's differences.

A list whose entries all have an id, a name or the like is compared entry by entry, whatever their order. Other lists,
such as the corners of a polygon, are one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple

Content = object
"""A value of YAML or JSON: mapping, list, text, number, truth value, date or None."""


class Absent(Enum):
    """Type of the value of a field that is not there; None is a value of YAML."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

IDENTITIES = ("id", "zone", "exit", "name", "account", "date")
"""Fields that identify an entry of a list, in the order in which they are tried."""


class Entry(NamedTuple):
    """Step of a path into a list: the entry whose field has this value."""

    field: str
    value: str


Step = str | Entry
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A field that two contents have different values of.

    Attributes:
        path: leads to it.
        before: its value in the first content; ABSENT where it lacks there.
        after: its value in the second content; ABSENT where it lacks there.
    """

    path: Path
    before: Content
    after: Content

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Kind of the change.

        >>> Change(("name",), ABSENT, "Pulso").kind
        'added'
        """
        return "added" if self.before is ABSENT else "removed" if self.after is ABSENT else "changed"


class Conflict(NamedTuple):
    """Two changes of the same content that can't both be made."""

    mine: Change
    theirs: Change


def path_text(path: Path) -> str:
    """Return a path as people read it.

    >>> path_text(("zones", Entry("id", "front"), "capacity"))
    'zones › front › capacity'
    """
    return " › ".join(step.value if isinstance(step, Entry) else step for step in path)


def identity(*lists: Sequence[Content]) -> str | None:
    """Return the field by which entries of all lists are told apart, or None if no field does.

    >>> identity([{"id": "front"}], [{"id": "gate"}, {"id": "bars"}]), identity([[0, 1]], [])
    ('id', None)
    """
    if not any(lists):
        return None
    return next((field for field in IDENTITIES if all(_is_unique(entries, field) for entries in lists)), None)


def differences(before: Content, after: Content) -> list[Change]:
    """Return the fields that differ, in the order of the first content and then of the second.

    >>> [one.path for one in differences({"zones": [{"id": "a", "area": 1}]}, {"zones": [{"id": "a", "area": 2}]})]
    [('zones', Entry(field='id', value='a'), 'area')]
    """
    return list(_differences((), before, after))


def conflicts(mine: Sequence[Change], theirs: Sequence[Change]) -> list[Conflict]:
    """Return the pairs of which one changes what the other changes, too, in another way.

    >>> ours, others = Change(("a",), 1, 2), Change(("a",), 1, 3)
    >>> len(conflicts([ours], [others])), conflicts([ours], [ours]), conflicts([ours], [Change(("b",), 1, 3)])
    (1, [], [])
    """
    return [
        Conflict(one, other)
        for one in mine
        for other in theirs
        if _overlap(one.path, other.path) and not (one.path == other.path and one.after == other.after)
    ]


def _differences(path: Path, before: Content, after: Content) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
        return
    if isinstance(before, list) and isinstance(after, list) and (field := identity(before, after)):
        first = {str(entry[field]): entry for entry in before}
        second = {str(entry[field]): entry for entry in after}
        for name in dict.fromkeys([*first, *second]):
            step = Entry(field, name)
            yield from _differences((*path, step), first.get(name, ABSENT), second.get(name, ABSENT))
        return
    if before != after or isinstance(before, bool) != isinstance(after, bool):  # True equals 1
        yield Change(path, before, after)


def _is_unique(entries: Sequence[Content], field: str) -> bool:
    values = [entry.get(field) if isinstance(entry, Mapping) else None for entry in entries]
    return all(isinstance(value, str) for value in values) and len(set(values)) == len(values)


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
