"""Greetings, thanks, and who answers here."""

from __future__ import annotations

from processors.assistant.answer import Answer, Skill
from processors.assistant.festival import Festival
from processors.assistant.lexicon import lexicon
from processors.assistant.question import Question

_SHORT = 6


def score(question: Question, festival: Festival) -> float:
    """Return how well small talk fits."""
    del festival
    names = lexicon().names("chat", question.words)
    if "who_are_you" in names or "what_can_you" in names:
        return 0.96
    if question.has("human"):
        return 0.96
    busy = (
        question.has("exist", "where", "nearest", "open", "close", "queue")
        or question.acts
        or question.places
        or question.kinds
    )
    return (
        0.9
        if names
        and len(question.words.split()) <= _SHORT
        and not busy
        and not question.has("when", "where", "price", "permission", "play")
        else 0.0
    )


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer small talk."""
    names = lexicon().names("chat", question.words)
    for name in ("who_are_you", "what_can_you"):
        if name in names:
            return Answer(festival.phrases.text(question.language, name), ("assistant",))
    if question.has("human"):
        return Answer(festival.phrases.text(question.language, "human"), handover=True)
    for name in ("thanks", "bye", "hello"):
        if name in names:
            return Answer(festival.phrases.text(question.language, name), ("assistant",))
    return None


SKILL = Skill("chat", ("Hola", "Thanks!", "Are you a robot?", "¿Eres una persona?"), score, answer)
