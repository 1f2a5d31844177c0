"""Processes that a change of the venue file concerns, and whether they take it while they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from processors.venue.difference import Change, Entry, Path

Process = Literal["vision", "sources", "bars", "queues", "alerts", "support", "music", "workers", "console"]
"""A process of Pulso, or of the vision worker the part that estimates waiting times (`queues`)."""

LIVE: frozenset[Process] = frozenset({"vision"})
"""Processes that watch the file: they take what changes without a restart."""

_BY_SECTION: dict[str, tuple[Process, ...]] = {
    "bars": ("bars", "alerts", "support", "console"),
    "calendar": ("bars", "support", "console"),
    "captions": ("sources", "workers", "console"),
    "contacts": ("alerts", "console"),
    "crowd": ("vision", "alerts", "console"),
    "evidence": ("workers", "console"),
    "fight_clips": ("vision",),
    "lights": ("sources", "music"),
    "mailboxes": ("sources",),
    "music": ("music", "console"),
    "plan": ("console",),
    "queues": ("vision", "queues", "alerts", "console"),
    "rules": ("vision", "alerts", "console"),
    "social": ("sources",),
    "stages": ("sources", "music", "alerts", "support", "console"),
    "tills": ("sources",),
    "visuals": ("sources", "console"),
    "zones": ("vision", "alerts", "bars", "support", "console"),
}

_PICTURE_FIELDS = frozenset({"views", "masks", "ground", "faults", "count_every_seconds"})
"""Fields of a camera that the vision worker alone reads, beside pages that show them."""

_SOURCE_FIELDS = frozenset({"url", "frames_per_second"})


@dataclass(frozen=True, slots=True)
class Consequence:
    """A process that changes concern.

    Attributes:
        live: the process takes them within seconds; otherwise they take effect when it is restarted.
    """

    process: Process
    live: bool


def consequences(changes: Iterable[Change]) -> list[Consequence]:
    """Return the processes that changes concern, those that take them live first.

    >>> [one.process for one in consequences([Change(("lights",), [], [{"stage": "main"}])])]
    ['music', 'sources']
    >>> camera = ("cameras", Entry("id", "gate"), "masks")
    >>> [(one.process, one.live) for one in consequences([Change(camera, [], [[[0, 0], [1, 0], [1, 1]]])])]
    [('vision', True), ('console', False)]
    """
    found = dict.fromkeys(process for change in changes for process in _concerned(change.path))
    return sorted(
        (Consequence(process, process in LIVE) for process in found), key=lambda one: (not one.live, one.process)
    )


def _concerned(path: Path) -> tuple[Process, ...]:
    section = path[0] if path else ""
    if section != "cameras":
        # What is not listed, such as the name or the partitions, any process may read.
        return _BY_SECTION.get(str(section), ("workers", "console"))
    field = path[2] if len(path) > 2 and isinstance(path[1], Entry) else None
    if field in _PICTURE_FIELDS:
        return ("vision", "console")
    if field in _SOURCE_FIELDS:
        return ("sources",)
    return ("vision", "sources", "alerts", "console")
