"""Origin of a value: the source without which it can't be measured."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.queues import QUEUES
from schemas.sources import source_key
from schemas.venue import Venue

KIND_OF_KEY: Mapping[str, str] = {"camera": "camera", "stage": "microphone", "bar": "tills"}
"""Kind of the source by what the key of a topic names."""

ENDPOINT = "http"
"""Name of an endpoint, which all its feeds rest on."""


def origin_of(named: str, key: str, venue: Venue) -> str | None:
    """Return the key of the source that a result rests on; None where it rests on several or on none.

    Args:
        named: what the key of the result's topic names, `Topic.key`.
        key: key of the result.
        venue: venue file, which says which camera sees a queue.

    >>> origin_of("camera", "gate", Venue(name="Here"))
    'camera/gate'
    >>> origin_of("thread", "m-1", Venue(name="Here")) is None
    True
    """
    if named == "queue":
        cameras = [queue.camera for queue in venue.section(QUEUES) if queue.id == key]
        return source_key("camera", cameras[0]) if cameras else None
    kind = KIND_OF_KEY.get(named)
    return None if kind is None else source_key(kind, key)


def rests_on(origin: str | None, source: str) -> bool:
    """Return True if a value of this origin can't be measured without the source.

    >>> rests_on("tills/north", "tills/http"), rests_on("tills/north", "tills/south"), rests_on(None, "camera/gate")
    (True, False, False)
    """
    if origin is None:
        return False
    kind, _, name = source.partition("/")
    return origin == source or (name == ENDPOINT and origin.startswith(f"{kind}/"))
