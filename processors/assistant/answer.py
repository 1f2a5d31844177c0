"""An answer of the assistant, and a skill that gives answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from processors.assistant.festival import Festival, Slot
from processors.assistant.question import Question
from schemas.ids import PlaceId


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a person.

    Attributes:
        sources: ids of what the answer was made of: acts, places, approved answers, announcements,
            fields of live state.
        handover: a person must take over.
        urgent: people may be in danger; a person must take over at once.
        place: the place that the answer leads to.
        slot: the set that the answer is about.
    """

    text: str
    sources: tuple[str, ...] = ()
    handover: bool = False
    urgent: bool = False
    place: PlaceId | None = None
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """Answers one kind of question.

    Attributes:
        examples: questions that it answers, in both languages.
        score: returns how well a question fits, 0 to 1; below 0.5 it does not.
        answer: returns the answer; None if it turns out that there is none.
    """

    name: str
    examples: tuple[str, ...]
    score: Callable[[Question, Festival], float]
    answer: Callable[[Question, Festival], Answer | None]


def sentences(parts: list[str]) -> str:
    """Return sentences as one text, without empty and repeated ones."""
    return " ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def unknown_live(question: Question, festival: Festival) -> Answer:
    """Return that nothing is known live, with a handover."""
    return Answer(festival.phrases.text(question.language, "no_live"), ("live",), handover=True)
