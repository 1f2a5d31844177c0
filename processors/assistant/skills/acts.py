"""When and where an act plays, its length, changes, delays, language and services on stage."""

from __future__ import annotations

import re

from processors.assistant.act_names import ActMention
from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival, Slot
from processors.assistant.lexicon import is_beyond_tables
from processors.assistant.phrases import clock
from processors.assistant.question import Question
from processors.assistant.slot_text import delay_sentence, say, set_sentence, slots_of, to_come
from schemas.programme import Act

_BIOGRAPHY = (
    "de donde es", "de donde son",
    "where are they from", "where is she from", "where is he from", "where from", "casad",
    "married", "edad", "how old", "born", "nacio", "novi", "boyfriend", "girlfriend", "instagram", "twitter", "tiktok",
    "spotify", "invitad", "special guest", "guest", "setlist", "soundcheck", "prueba de sonido", "members", "miembros",
    "integrantes", "componentes", "cuantos son", "discograf", "premio", "award", "grammy", "hotel", "gira", "tour",
    "drummer", "singer name", "cantante se llama", "bateria", "guitarrista", "guitarist", "vocalist", "who sings in",
    "wear", "come from", "comes from", "solter", "aloja", "duerme", "staying", "vive", "telefono", "phone number",
    "ropa", "telonero", "support act",
    "foto con", "photo with", "cache", "por que se cancel", "por que cancel", "why was", "why is", "why did",
)  # fmt: skip
"""Beginnings of words that ask about people's lives and what else no table holds."""


_KNOWN = frozenset((
        "when",
        "where",
        "begin",
        "end",
        "duration",
        "play",
        "cancelled",
        "changed",
        "previously",
        "delay",
        "language",
        "sign_language",
        "audio_description",
        "genre",
        "signing",
        "now",
        "next",
        "exist",
))  # fmt: skip


MAX_BARE_WORDS = 5
"""Words of a message that says hardly more than the name of an act."""

_SEE = re.compile(r"\b(?:see|ver|veo|watch|catch|earliest|escuchar|hear)\b")


def score(question: Question, festival: Festival) -> float:
    """Return how well a question about one act fits."""
    if not question.acts:
        return 0.0
    if is_beyond_tables(question.words) or (
        any(part in question.words for part in _BIOGRAPHY) and not question.has("delay")
    ):
        return 0.0
    if question.has("price", "permission", "weather") and not question.has("when", "where", "play", "clash"):
        return 0.3
    neighbours = _AFTER.search(question.words) or _BEFORE.search(question.words)
    timed = question.moments.days or question.moments.moment or _SEE.search(question.words)
    signals = question.signals & _KNOWN
    if signals <= {"exist"} and not timed and all(_is_first_name(one, festival) for one in question.acts):
        return 0.3
    known = signals or timed or question.follow_up or neighbours
    if known:
        return 0.9
    return 0.6 if len(question.words.split()) <= MAX_BARE_WORDS and not festival.unexplained(question.words) else 0.3


def _is_first_name(mention: ActMention, festival: Festival) -> bool:
    """Return True if one word of a longer name is all that was said: people have first names, too."""
    names = (festival.tables.acts[act].name for act in mention.acts if act in festival.tables.acts)
    return mention.end - mention.begin == 1 and all(len(name.split()) > 1 for name in names)


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer about the acts that the question names."""
    acts = question.act_ids
    if question.has("signing"):
        return _signing(question, festival)
    if question.has("genre") or question.has("language") or question.has("sign_language", "audio_description"):
        return _description(question, festival)
    slots = slots_of(acts, question, festival)
    sources = tuple(map(str, acts))
    if not slots and question.moments.days:
        return _not_that_day(question, festival)
    if not slots:
        return None
    slots = to_come(slots, question.now)
    neighbour = _neighbour(slots[0], question, festival)
    if neighbour is not None:
        return neighbour
    text = sentences([_sentence(slot, question, festival) for slot in slots])
    return Answer(text, sources + tuple(str(slot.set.id) for slot in slots), place=slots[0].set.stage, slot=slots[0])


_AFTER = re.compile(
    r"\b(?:quien|who|which|que|what)\b.*\b(?:after|despues de|tras|luego de|follows|sigue a|detras de)\b"
)
_BEFORE = re.compile(r"\b(?:quien|who|which|que|what)\b.*\b(?:before|antes de|antes que|precede)\b")


def _neighbour(slot: Slot, question: Question, festival: Festival) -> Answer | None:
    """Return who plays at the same stage after or before an act, if that is asked."""
    after, before = _AFTER.search(question.words), _BEFORE.search(question.words)
    if not after and not before:
        return None
    others = [
        one
        for one in festival.slots(question.now)
        if one.set.stage == slot.set.stage and one.set.day == slot.set.day and one.set.is_performance
    ]
    chosen = (
        [one for one in others if one.begin >= slot.end][:1]
        if after
        else [one for one in others if one.end <= slot.begin][-1:]
    )
    if not chosen:
        return Answer(
            festival.phrases.text(
                question.language, "stage_no_more", stage=festival.place_name(slot.set.stage, question.language)
            ),
            (str(slot.set.act),),
        )
    return Answer(say("act_will", chosen[0], question, festival), (str(chosen[0].set.act),), slot=chosen[0])


def _sentence(slot: Slot, question: Question, festival: Festival) -> str:
    one = slot.set
    phrases, language = festival.phrases, question.language
    if one.status == "cancelled":
        return say("act_cancelled", slot, question, festival)
    if question.has("previously") and one.previous_begin is not None:
        return phrases.text(
            language, "act_previously", act=one.name, begin=clock(one.previous_begin.astimezone(festival.zone)),
            stage=festival.place_name(one.previous_stage or one.stage, language), day=phrases.day(language, one.day),
            now=clock(slot.begin), now_stage=festival.place_name(one.stage, language),
        )  # fmt: skip
    if question.has("delay", "cancelled", "changed") and not question.has("duration"):
        return _status(slot, question, festival)
    if question.has("duration") and not question.has("when", "where"):
        return say("act_duration", slot, question, festival)
    if question.has("end") and not question.has("begin"):
        return sentences([say("act_end", slot, question, festival), delay_sentence(slot, question, festival)])
    text = set_sentence(slot, question, festival)
    return sentences([text, say("act_duration", slot, question, festival)]) if question.has("duration") else text


def _status(slot: Slot, question: Question, festival: Festival) -> str:
    """Return if a set is delayed, moved or as planned."""
    text = set_sentence(slot, question, festival)
    if slot.delay is not None or slot.set.status == "moved":
        return text
    name = "act_unchanged"
    if question.has("delay"):
        name = "act_on_time" if festival.live_at(question.now) else "act_delay_unknown"
    return sentences([festival.phrases.text(question.language, name, act=slot.set.name), text])


def _not_that_day(question: Question, festival: Festival) -> Answer:
    """Return on which days an act plays instead."""
    phrases, language = festival.phrases, question.language
    others = [
        slot for slot in festival.slots(question.now) if slot.set.act in question.act_ids and slot.set.kind != "signing"
    ]
    days = phrases.join(language, [phrases.day(language, day) for day in question.moments.days])
    name = others[0].set.name if others else festival.tables.acts[question.act_ids[0]].name
    no = phrases.text(language, "act_not_that_day", act=name, day=days)
    text = sentences([no, *(set_sentence(slot, question, festival) for slot in to_come(others, question.now))])
    return Answer(text, tuple(map(str, question.act_ids)), slot=others[0] if others else None)


def _signing(question: Question, festival: Festival) -> Answer:
    slots = slots_of(question.act_ids, question, festival, signings=True)
    if not slots:
        name = festival.tables.acts[question.act_ids[0]].name
        return Answer(
            festival.phrases.text(question.language, "signing_none", act=name), tuple(map(str, question.act_ids))
        )
    text = " ".join(
        say("signing_was" if slot.end <= question.now else "signing_will", slot, question, festival) for slot in slots
    )
    return Answer(text, tuple(str(slot.set.id) for slot in slots), place=slots[0].set.stage, slot=slots[0])


def _description(question: Question, festival: Festival) -> Answer | None:
    acts = [festival.tables.acts[act] for act in question.act_ids if act in festival.tables.acts]
    if not acts:
        return None
    parts = [part for act in acts for part in _facts(act, question, festival)]
    slots = to_come(slots_of(question.act_ids, question, festival), question.now)
    if question.has("when", "where") and slots:
        parts += [set_sentence(slot, question, festival) for slot in slots]
    return Answer(sentences(parts), tuple(str(act.id) for act in acts), slot=slots[0] if slots else None)


def _facts(act: Act, question: Question, festival: Festival) -> list[str]:
    phrases, language = festival.phrases, question.language
    parts = []
    if question.has("genre"):
        parts.append(phrases.text(language, "act_genres", act=act.name, genres=phrases.join(language, act.genres)))
    if question.has("language") and not question.has("sign_language"):
        name = "act_instrumental" if act.language == "instrumental" else "act_language"
        parts.append(
            phrases.text(language, name, act=act.name, language=phrases.name(language, "languages", act.language))
        )
    for service in ("sign_language", "audio_description"):
        if question.has(service):
            word = phrases.name(language, "services", service)
            has = "act_service_yes" if service in act.accessible_show else "act_service_no"
            parts.append(phrases.text(language, has, act=act.name, services=word))
    return parts


SKILL = Skill(
    "acts",
    (
        "¿A qué hora toca Ada?", "¿Hasta qué hora toca Vidrio Soplado?", "¿Se ha cancelado algo de Óxido Ritual?",
        "When is Ada on?", "How long is the set of Grey Parakeet?", "What language do they sing in?",
    ),
    score,
    answer,
)  # fmt: skip
