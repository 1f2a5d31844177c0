"""Programme: acts now, next, at a time, on a day, at a stage or of a genre; changes; signings; services on stage."""

from __future__ import annotations

import re

from processors.assistant.answer import Answer, Skill, sentences, unknown_live
from processors.assistant.festival import Festival, Slot
from processors.assistant.lexicon import concepts, is_beyond_tables
from processors.assistant.phrases import clock
from processors.assistant.question import Question
from processors.assistant.slot_text import act_of, in_time, list_items, say, set_sentence, slot_values
from schemas.ids import PlaceId

_POLICY = re.compile(
    r"\b(?:que (?:pasa|ocurre|haceis) si|what (?:happens|if)|y si|what do you do|me devol\w+"
    r"|si (?:se )?cancel\w+|(?:whole|entire) day|dia entero|jornada|el festival|the festival|if (?:a|an"
    r"|the) \w+ cancel\w*)\b"
)
"""Questions about rules, which approved answers have."""

_ON = re.compile(
    r"\b(?:(?:who|what)(?: is| s|s)? (?:on|left|up|tonight|tomorrow|next)"
    r"|(?:quien|que) (?:hay|va|viene|queda|esta|sigue))\b"
)

_SEE = re.compile(
    r"\b(?:who|que|what|quien|quienes)\b.*\b(?:see|ver|veo|vemos|watch|escuchar|hear|listen|perd\w+|miss\w*)\b"
)

_HAPPENS = re.compile(
    r"\b(?:que (?:hay|pasa|ponen|dan)|what is (?:on|happening|there)|what happens at|happening|que se puede ver)\b"
)

MAX_LISTED = 30
"""Sets of the longest list."""


def score(question: Question, festival: Festival) -> float:  # noqa: PLR0911, PLR0912 - one rule a line
    """Return how well a question about the programme fits."""
    if question.acts or is_beyond_tables(question.words) or question.has("lost", "found"):
        return 0.0
    if concepts().names("concepts", question.words) & {"refund", "lost_thing", "lost_child"}:
        return 0.0
    stages = _stages(question, festival)
    timed = bool(question.moments.days or question.moments.moment or question.has("now", "next", "last", "first"))
    if question.has("recommend") or (question.places and not stages):
        return 0.0
    if question.has("signing"):
        return 0.85
    if question.has("sign_language", "audio_description") and (question.has("who", "play", "when") or timed):
        return 0.85
    if (
        question.has("delay", "cancelled", "changed")
        and not question.has("price")
        and not set(question.kinds) - {"stage"}
    ):
        if _POLICY.search(question.words) or concepts().names("concepts", question.words) & {
            "refund",
            "name_change",
            "rain",
        }:
            return 0.0
        return 0.87 if question.has("play", "who", "delay", "changed") or timed else 0.6
    if question.has("weather", "queue", "full", "route", "walk_time", "price") or (
        question.has("open", "close") and not question.has("play", "who")
    ):
        return 0.0
    if question.genres and question.has("permission") and not (question.has("play", "who", "when") or timed):
        return 0.0
    if question.genres and (question.has("play", "who", "when", "where") or timed or len(question.words.split()) <= 4):
        return 0.85
    if (stages or "stage" in question.kinds) and (question.has("play", "who", "next", "last", "first") or timed):
        return 0.88
    if question.has("headliner"):
        return 0.8
    if (
        question.has("play", "who")
        and question.has("play")
        and (timed or question.has("headliner", "who"))
        and not set(question.kinds) - {"stage"}
    ):
        return 0.8
    if re.search(r"\b(?:quien|who)\b", question.words) and question.has("last", "first", "open", "close") and timed:
        return 0.88
    if (
        timed
        and question.moments.moment is not None
        and _HAPPENS.search(question.words)
        and not set(question.kinds) - {"stage"}
    ):
        return 0.8
    if question.has("end") and question.has("play") and not set(question.kinds) - {"stage"}:
        return 0.87
    if timed and _SEE.search(question.words) and not set(question.kinds) - {"stage"} and not question.places:
        return 0.75
    if _ON.search(question.words) and timed and not question.kinds:
        return 0.7
    if question.follow_up and question.skill == "programme":
        return 0.8
    return 0.0


def _stages(question: Question, festival: Festival) -> list[PlaceId]:
    return [place for place in question.places if festival.place(place).kind == "stage"]


def answer(question: Question, festival: Festival) -> Answer | None:  # noqa: PLR0911 - one rule a line
    """Answer from the programme with the delays that are known."""
    if question.has("signing"):
        return _signings(question, festival)
    if question.has("sign_language", "audio_description"):
        return _services(question, festival)
    if question.has("delay", "cancelled", "changed"):
        return _changes(question, festival)
    slots = [slot for slot in festival.slots(question.now) if slot.set.is_performance]
    stages = _stages(question, festival)
    if stages:
        slots = [slot for slot in slots if slot.set.stage in stages]
    if question.genres:
        return _genre(slots, question, festival)
    if question.has("headliner"):
        return _headliners(slots, question, festival)
    if (
        question.has("last", "first")
        or (question.has("end") and question.moments.moment is None)
        or (re.search(r"\b(?:quien|who)\b", question.words) and question.has("open", "close"))
    ) and not question.has("next"):
        return _edge(slots, question, festival)
    if (
        len(stages) == 1
        and not question.moments.days
        and question.moments.moment is None
        and not question.moments.tonight
    ):
        return _at_stage(slots, stages[0], question, festival)
    if question.moments.moment is not None or question.moments.days or question.moments.tonight:
        return _listed(slots, stages, question, festival)
    if question.has("next"):
        return _next(slots, question, festival)
    return _now(slots, question, festival)


def _sources(slots: list[Slot]) -> tuple[str, ...]:
    return tuple(str(slot.set.act) for slot in slots)


def _at_stage(slots: list[Slot], stage: PlaceId, question: Question, festival: Festival) -> Answer:
    phrases, language, now = festival.phrases, question.language, question.now
    today = [slot for slot in slots if slot.set.day == festival.day_of(now)]
    playing = [slot for slot in today if slot.begin <= now < slot.end]
    coming = [slot for slot in today if slot.begin > now]
    name = festival.place_name(stage, language)
    parts, used = [], list(playing)
    if not question.has("next"):
        parts += [say("stage_now", slot, question, festival) for slot in playing] or [
            phrases.text(language, "stage_nothing", stage=name)
        ]
    if question.has("next") or not playing or not question.has("now"):
        used += coming[:1]
        parts += [say("stage_next", slot, question, festival) for slot in coming[:1]]
        if not coming:
            parts.append(phrases.text(language, "stage_no_more", stage=name))
    if question.has("next"):
        used = coming[:1]
    return Answer(sentences(parts), (str(stage), *_sources(used)), place=stage, slot=used[0] if used else None)


def _now(slots: list[Slot], question: Question, festival: Festival) -> Answer:
    playing = [slot for slot in slots if slot.begin <= question.now < slot.end]
    if not playing:
        text = festival.phrases.text(question.language, "now_none")
        following = _next(slots, question, festival)
        return Answer(sentences([text, following.text]), following.sources)
    text = festival.phrases.text(question.language, "now_all", sets=list_items(playing, question, festival, ends=True))
    return Answer(text, _sources(playing))


def _next(slots: list[Slot], question: Question, festival: Festival) -> Answer:
    """Return the next set of each stage."""
    chosen: dict[PlaceId, Slot] = {}
    for slot in slots:
        if slot.begin > question.now and slot.set.day == festival.day_of(question.now):
            chosen.setdefault(slot.set.stage, slot)
    coming = sorted(chosen.values(), key=lambda slot: slot.begin)
    if not coming:
        return Answer(festival.phrases.text(question.language, "list_none"))
    return Answer(
        festival.phrases.text(question.language, "next_all", sets=list_items(coming, question, festival)),
        _sources(coming),
        slot=coming[0],
    )


def _listed(slots: list[Slot], stages: list[PlaceId], question: Question, festival: Festival) -> Answer:
    phrases, language, moments = festival.phrases, question.language, question.moments
    chosen = in_time(slots, question, festival)
    if question.has("next") and moments.moment is None and not moments.days:
        chosen = [slot for slot in chosen if slot.begin > question.now]
    if moments.moment is not None and moments.relation == "at":
        at = clock(moments.moment)
        if len(stages) == 1:
            name = festival.place_name(stages[0], language)
            if not chosen:
                later = [
                    slot
                    for slot in slots
                    if slot.begin > moments.moment and slot.set.day == festival.day_of(moments.moment)
                ]
                nothing = phrases.text(language, "stage_nothing_at", stage=name, time=at)
                return Answer(
                    sentences([nothing, *(say("stage_next", slot, question, festival) for slot in later[:1])]),
                    (str(stages[0]),),
                )
            text = sentences(
                [
                    phrases.text(language, "stage_at", time=at, **slot_values(slot, question, festival))
                    for slot in chosen
                ]
            )
            return Answer(text, (str(stages[0]), *_sources(chosen)), slot=chosen[0])
        if not chosen:
            return Answer(phrases.text(language, "list_none"))
        return Answer(
            phrases.text(language, "at_all", time=at, sets=list_items(chosen, question, festival, ends=True)),
            _sources(chosen),
        )
    days = moments.days or (festival.day_of(question.now),)
    day = phrases.join(language, [phrases.day(language, one) for one in days])
    if not chosen:
        return Answer(phrases.text(language, "day_none", day=day), tuple(map(str, stages)))
    text = phrases.text(
        language, "day_all", day=day, sets=list_items(chosen[:MAX_LISTED], question, festival, days=len(days) > 1)
    )
    return Answer(text, _sources(chosen), slot=chosen[0] if len(chosen) == 1 else None)


def _genre(slots: list[Slot], question: Question, festival: Festival) -> Answer:
    phrases, language = festival.phrases, question.language
    chosen = [
        slot for slot in slots if (act := act_of(slot, festival)) is not None and set(question.genres) & set(act.genres)
    ]
    timed = bool(question.moments.days or question.moments.moment or question.moments.tonight)
    if timed:
        chosen = in_time(chosen, question, festival)
    elif question.has("now"):
        chosen = [slot for slot in chosen if slot.begin <= question.now < slot.end]
    else:
        chosen = [slot for slot in chosen if slot.end > question.now]
    if question.has("next", "first"):
        chosen = [slot for slot in chosen if slot.begin > question.now][:1] if not timed else chosen[:1]
    if question.has("last"):
        chosen = chosen[-1:]
    genre = phrases.join(language, question.genres)
    if not chosen:
        return Answer(phrases.text(language, "list_none"), question.genres)
    several = len({slot.set.day for slot in chosen}) > 1 or not timed
    text = phrases.text(
        language,
        "genre_all",
        genre=genre.capitalize() if language == "en" else genre,
        sets=list_items(chosen, question, festival, days=several),
    )
    return Answer(text, _sources(chosen), slot=chosen[0] if len(chosen) == 1 else None)


def _headliners(slots: list[Slot], question: Question, festival: Festival) -> Answer:
    chosen = in_time(slots, question, festival)
    acts = {slot: act_of(slot, festival) for slot in chosen}
    chosen = sorted(chosen, key=lambda slot: -(act.popularity if (act := acts[slot]) else 0.0))[:1]
    text = sentences([set_sentence(slot, question, festival) for slot in chosen]) or festival.phrases.text(
        question.language, "list_none"
    )
    return Answer(text, _sources(chosen), slot=chosen[0] if chosen else None)


def _edge(slots: list[Slot], question: Question, festival: Festival) -> Answer:
    """Return the first or last set of the time that is asked about."""
    chosen = in_time(slots, question, festival)
    if not chosen:
        return Answer(festival.phrases.text(question.language, "list_none"))
    first = question.has("first") or (question.has("open") and not question.has("last", "close"))
    slot = chosen[0] if first else max(chosen, key=lambda one: one.end)
    return Answer(say("first_set" if first else "last_set", slot, question, festival), _sources([slot]), slot=slot)


def _services(question: Question, festival: Festival) -> Answer:
    phrases, language = festival.phrases, question.language
    service = "sign_language" if question.has("sign_language") else "audio_description"
    slots = [slot for slot in festival.slots(question.now) if slot.set.is_performance]
    chosen = [slot for slot in slots if (act := act_of(slot, festival)) is not None and service in act.accessible_show]
    stages = _stages(question, festival)
    if stages:
        chosen = [slot for slot in chosen if slot.set.stage in stages]
    if question.moments.days or question.moments.tonight or question.moments.moment:
        chosen = in_time(chosen, question, festival)
    else:
        chosen = [slot for slot in chosen if slot.end > question.now]
    if question.has("next"):
        chosen = chosen[:1]
    word = phrases.name(language, "services", service)
    if not chosen:
        return Answer(phrases.text(language, "service_none", service=word))
    days = len({slot.set.day for slot in chosen}) > 1
    text = phrases.text(language, "service_list", service=word, sets=list_items(chosen, question, festival, days=days))
    return Answer(text, _sources(chosen))


def _changes(question: Question, festival: Festival) -> Answer:
    """Return what is cancelled, moved or delayed."""
    phrases, language = festival.phrases, question.language
    live = festival.live_at(question.now)
    if question.has("delay") and not question.has("cancelled", "changed") and live is None:
        return unknown_live(question, festival)
    parts, used = [], []
    for slot in festival.slots(question.now):
        if (question.moments.days and slot.set.day not in question.moments.days) or (
            slot.end <= question.now and not question.moments.days
        ):
            continue
        values = slot_values(slot, question, festival)
        every = not question.has("cancelled", "delay")
        if slot.set.status == "cancelled" and (every or question.has("cancelled")):
            name = "changes_cancelled"
        elif slot.set.status == "moved" and (every or question.has("changed")):
            name = "changes_moved"
        elif slot.delay is not None and (every or question.has("delay")):
            name, values["minutes"] = "changes_delayed", f"{slot.delay.minutes:g}"
        else:
            continue
        parts.append(phrases.text(language, name, **values))
        used.append(slot)
    if not parts:
        none = "delays_none" if question.has("delay") else "changes_none"
        return Answer(phrases.text(language, none))
    return Answer(sentences(parts), _sources(used), slot=used[0] if len(used) == 1 else None)


def _signings(question: Question, festival: Festival) -> Answer:
    slots = [
        slot for slot in festival.slots(question.now) if slot.set.kind == "signing" and slot.set.status != "cancelled"
    ]
    if question.moments.days or question.moments.tonight:
        slots = in_time(slots, question, festival)
    elif any(slot.end > question.now for slot in slots):
        slots = [slot for slot in slots if slot.end > question.now]
    if not slots:
        return Answer(festival.phrases.text(question.language, "signing_no_more"))
    text = sentences(
        [say("signing_was" if slot.end <= question.now else "signing_will", slot, question, festival) for slot in slots]
    )
    return Answer(text, _sources(slots), place=slots[0].set.stage, slot=slots[0])


SKILL = Skill(
    "programme",
    (
        "¿Quién toca ahora en el escenario Marea?",
        "¿Qué hay de jazz el sábado?",
        "Who is on next?",
        "What is cancelled?",
    ),
    score,
    answer,
)
