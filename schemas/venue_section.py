"""A section of the venue file that a feature adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from schemas.venue import Venue

P = TypeVar("P")


def _nothing_wrong(_venue: Any) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class VenueSection(Generic[P]):
    """One field at the top of the venue file.

    Attributes:
        name: the field's name, lower case.
        type: its type, a pydantic model or a list of them.
        default: makes the value of a file that leaves the section out.
        description: what it is for, one sentence; stands in the reference and in the published JSON Schema.
        mistakes: lists the section's mistakes in view of the whole venue, as sentences: ids that do not exist, …
    """

    name: str
    type: Any
    default: Callable[[], P]
    description: str = ""
    mistakes: Callable[[Venue], list[str]] = _nothing_wrong
