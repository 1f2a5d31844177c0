"""Field types that several records share."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar

from msgspec import Meta

NAMED = Meta(min_length=1, max_length=200, description="stable name of a thing")
"""Bounds of an identifier; `Annotated[BarId, NAMED]` is one of a bar."""

Identifier = Annotated[str, NAMED]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 time with an offset")]
Probability = Annotated[float, Meta(ge=0, le=1)]
NonNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(max_length=100_000)]

Name = TypeVar("Name", bound=str)

LONGEST_TOPIC = 100
"""letters of the name of a support desk's topic"""


def repeated(names: Iterable[Name]) -> list[Name]:
    """Return the names that stand there more than once, sorted.

    >>> repeated(["tap", "gate", "tap"])
    ['tap']
    """
    return sorted(name for name, number in Counter(names).items() if number > 1)


def identifier(text: str) -> str:
    """A name as long as an `Identifier` may be; longer ones are told apart by a hash, where a cut would make them one.

    >>> identifier("ticket/7")
    'ticket/7'
    >>> one, other = identifier("m" * 300 + "a"), identifier("m" * 300 + "b")
    >>> len(one), one == other
    (193, False)
    """
    if len(text) <= 200:
        return text
    return f"{text[:160]}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
