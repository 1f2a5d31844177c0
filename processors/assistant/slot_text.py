"""Sentences about sets, and the choice of sets that a question is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from processors.assistant.festival import Festival, Slot
from processors.assistant.phrases import clock
from processors.assistant.question import Question
from schemas.ids import ActId
from schemas.programme import Act

EVENING = time(20)
"""Local time from which on "tonight" is."""


def slot_values(slot: Slot, question: Question, festival: Festival) -> dict[str, object]:
    """Return the values of templates about a set."""
    language = question.language
    return {
        "act": slot.set.name,
        "day": festival.phrases.day(language, slot.set.day),
        "begin": clock(slot.begin),
        "end": clock(slot.end),
        "stage": festival.place_name(slot.set.stage, language),
        "minutes": slot.minutes,
    }


def say(name: str, slot: Slot, question: Question, festival: Festival) -> str:
    """Return a sentence about a set."""
    return festival.phrases.text(question.language, name, **slot_values(slot, question, festival))


def set_sentence(slot: Slot, question: Question, festival: Festival) -> str:
    """Return when and where a set is, was or is no more, with what changed."""
    if slot.set.status == "cancelled":
        return say("act_cancelled", slot, question, festival)
    if slot.end <= question.now:
        return say("act_was", slot, question, festival)
    parts = [say("act_now" if slot.begin <= question.now else "act_will", slot, question, festival)]
    if slot.delay is not None:
        parts.append(delay_sentence(slot, question, festival))
    elif slot.set.status == "moved":
        parts.append(festival.phrases.text(question.language, "act_moved"))
    return " ".join(parts)


def delay_sentence(slot: Slot, question: Question, festival: Festival) -> str:
    """Return how late a delayed set is, and why."""
    if slot.delay is None:
        return ""
    reason = slot.delay.reason_es if question.language == "es" else slot.delay.reason_en
    return festival.phrases.text(
        question.language, "act_delayed", minutes=f"{slot.delay.minutes:g}", reason=reason
    ).strip()


def slots_of(acts: Iterable[ActId], question: Question, festival: Festival, *, signings: bool = False) -> list[Slot]:
    """Return the sets of acts on the days that are asked about, or on all days."""
    wanted = set(acts)
    slots = [
        slot
        for slot in festival.slots(question.now)
        if slot.set.act in wanted and (slot.set.kind == "signing") == signings
    ]
    days = question.moments.days
    return [slot for slot in slots if slot.set.day in days] if days else slots


def to_come(slots: Sequence[Slot], now: datetime) -> list[Slot]:
    """Return the sets that are not over; all if all are over."""
    coming = [slot for slot in slots if slot.end > now]
    return coming or list(slots)


def list_items(
    slots: Sequence[Slot], question: Question, festival: Festival, *, days: bool = False, ends: bool = False
) -> str:
    """Return sets as a list with times and stages."""
    name = "set_item_day" if days else "set_item_end" if ends else "set_item"
    items = []
    for slot in slots:
        values = slot_values(slot, question, festival)
        if days:
            values["day"] = festival.phrases.day(question.language, slot.set.day).split()[0]
        items.append(festival.phrases.text(question.language, name, **values))
    return "; ".join(items)


def in_time(slots: Sequence[Slot], question: Question, festival: Festival) -> list[Slot]:
    """Return the sets in the days and times that the question names; by default those of the present day."""
    day = question.moments.days or (festival.day_of(question.now),)
    chosen = [slot for slot in slots if slot.set.day in day]
    moments = question.moments
    if moments.tonight:
        chosen = [slot for slot in chosen if slot.begin >= datetime.combine(slot.set.day, EVENING, festival.zone)]
    elif moments.afternoon:
        chosen = [slot for slot in chosen if slot.begin < datetime.combine(slot.set.day, EVENING, festival.zone)]
    if moments.moment is not None:
        if moments.relation == "after":
            chosen = [slot for slot in chosen if slot.begin >= moments.moment]
        elif moments.relation == "before":
            chosen = [slot for slot in chosen if slot.begin < moments.moment]
        else:
            playing = [slot for slot in chosen if slot.begin <= moments.moment < slot.end]
            soon = [slot for slot in chosen if moments.moment <= slot.begin < moments.moment + timedelta(minutes=5)]
            chosen = playing + [slot for slot in soon if slot not in playing]
    return chosen


def act_of(slot: Slot, festival: Festival) -> Act | None:
    """Return the act of a set."""
    return festival.tables.acts.get(slot.set.act)
