"""Use of a place without a step: by wheelchair, pushchair or on crutches."""

from __future__ import annotations

import re

from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival
from processors.assistant.lexicon import lexicon
from processors.assistant.question import Question

_CAN = re.compile(r"\b(?:pued\w+|podr\w+|cabe|entra|can|could|fit|fits|get in|get into|usable|possible|posible)\b")


def score(question: Question, festival: Festival) -> float:
    """Return how well a question fits that asks if a place can be used without a step."""
    named = [place for place in question.places if festival.place(place).kind not in ("junction", "entrance", "exit")]
    asked = question.has("step_free") or "wheelchair" in lexicon().names("mobility", question.words)
    others = ("route", "nearest", "walk_time", "where", "queue", "full", "when", "open", "close", "price", "play")
    if not named or not asked or question.acts or question.has(*others):
        return 0.0
    return 0.9 if question.has("permission", "exist", "step_free") or _CAN.search(question.words) else 0.0


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer by the map."""
    parts = []
    for place in question.places:
        name = "step_free_yes" if festival.place(place).step_free else "step_free_no"
        parts.append(festival.phrases.text(question.language, name, name=festival.place_name(place, question.language)))
    return Answer(sentences(parts), tuple(map(str, question.places)), place=question.places[0])


SKILL = Skill(
    "access",
    ("¿Se puede entrar en silla de ruedas en la Barra Cantera?", "Is the Faro Bar wheelchair accessible?"),
    score,
    answer,
)
