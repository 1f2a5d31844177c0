"""Announcements to everybody on site."""

from __future__ import annotations

from processors.assistant.answer import Answer, Skill, unknown_live
from processors.assistant.festival import Festival
from processors.assistant.question import Question


def score(question: Question, festival: Festival) -> float:
    """Return how well a question about announcements fits."""
    del festival
    if not question.has("news") or question.acts or question.has("weather", "permission", "price"):
        return 0.0
    return 0.82 if not question.kinds or question.has("now") else 0.6


def answer(question: Question, festival: Festival) -> Answer | None:
    """Return the announcements, latest first."""
    live = festival.live_at(question.now)
    if live is None or not live.announcements:
        return unknown_live(question, festival)
    latest = sorted(live.announcements, key=lambda one: one.time, reverse=True)
    if question.has("last") and not question.has("everything"):
        latest = latest[:1]
    texts = " ".join(one.text_es if question.language == "es" else one.text_en for one in latest)
    return Answer(festival.phrases.text(question.language, "news", texts=texts), tuple(one.id for one in latest))


SKILL = Skill("news", ("¿Hay algún aviso?", "Any announcements?"), score, answer)
