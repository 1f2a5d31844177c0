"""Overlap of two acts, and the walk between their stages."""

from __future__ import annotations

from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival, Slot
from processors.assistant.question import Question
from processors.assistant.slot_text import set_sentence, slot_values, slots_of, to_come


def score(question: Question, festival: Festival) -> float:
    """Return how well a question about two acts fits."""
    del festival
    if len(question.acts) < 2:
        return 0.0
    return (
        0.97 if question.has("clash", "walk_time", "route", "end", "previously") or "llego" in question.words else 0.4
    )


def answer(question: Question, festival: Festival) -> Answer | None:
    """Compare the sets of the first two acts that are nearest in time."""
    mentions = question.acts[:2]
    first, second = (to_come(slots_of(mention.acts, question, festival), question.now) for mention in mentions)
    if not first or not second:
        return None
    for slots in (first, second):
        cancelled = [slot for slot in slots if slot.set.status == "cancelled"]
        if len(cancelled) == len(slots):
            others = second if slots is first else first
            texts = [set_sentence(slot, question, festival) for slot in (*cancelled, *others)]
            return Answer(sentences(texts), tuple(str(slot.set.id) for slot in (*cancelled, *others)), slot=others[0])
    one, other = min(
        ((a, b) for a in first for b in second), key=lambda pair: abs((pair[0].begin - pair[1].begin).total_seconds())
    )
    return _compared(one, other, question, festival)


def _compared(one: Slot, other: Slot, question: Question, festival: Festival) -> Answer:
    phrases, language = festival.phrases, question.language
    values = {f"first_{name}": value for name, value in slot_values(one, question, festival).items()}
    values |= {f"second_{name}": value for name, value in slot_values(other, question, festival).items()}
    values |= {"first": one.set.name, "second": other.set.name}
    overlap = (min(one.end, other.end) - max(one.begin, other.begin)).total_seconds() / 60
    name = "clash_yes" if overlap > 0 else "clash_no"
    parts = [phrases.text(language, name, **(values | {"minutes": round(overlap)}))]
    earlier, later = sorted((one, other), key=lambda slot: slot.begin)
    if festival.walks is not None and one.set.stage != other.set.stage and earlier.set.day == later.set.day:
        closed = festival.closed_now(question.now)
        route = festival.walks.route(
            earlier.set.stage, later.set.stage, question.mobility, earlier.end, closed_places=closed
        )
        if route is not None:
            parts.append(phrases.text(language, "clash_walk", minutes=route.minutes))
    return Answer(sentences(parts), (str(one.set.act), str(other.set.act)), slot=one)


SKILL = Skill("clash", ("¿Coinciden Ada y Módulo Siete?", "Can I see both Ada and Módulo Siete?"), score, answer)
