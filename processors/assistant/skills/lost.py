"""Lost things: where to ask, and a person who looks."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from processors.assistant.answer import Answer, sentences
from processors.assistant.festival import Festival
from processors.assistant.lexicon import concepts
from processors.assistant.question import Question
from processors.assistant.skills.may_i import ApprovedAnswers
from processors.assistant.text import normalise
from processors.support.words import content_words

_NOT_THINGS = {
    "perdido",
    "perdida",
    "encontrado",
    "encontrada",
    "encontro",
    "alguien",
    "found",
    "lost",
    "anyone",
    "anybody",
    "handed",
    "habeis",
    "han",
}


_HANDED_IN = re.compile(
    r"\b(?:hand|handed|turn|turned|bring|brought) (?:it|them|one|that) in\b"
    r"|\b(?:l[oa]s? )?(?:ha|han|habra|habran) (?:encontrado|entregado|devuelto|dejado)\b"
)


def is_about_found_things(question: Question) -> bool:
    """Return True for a question if something was found."""
    asked = question.has("found") or (question.has("lost") and _HANDED_IN.search(question.words) is not None)
    return asked and not question.kinds and not question.acts


_PLACE = re.compile(r"\b(?:objetos perdidos|lost property|lost and found)\b")
_ASKS_WHOM = re.compile(r"\b(?:ask|asks|pregunt\w+|reclam\w+|report|turn to|acud\w+|hablo con|que hago|what do i do)\b")


def is_about_lost_things(question: Question) -> bool:
    """Return True for a question where to ask for something that was lost."""
    return (
        question.has("lost")
        and not question.has("route", "place_of_mine")
        and "lost_property" not in question.kinds
        and not _PLACE.search(question.words)
        and not question.acts
        and (question.has("where", "who") or _ASKS_WHOM.search(question.words) is not None)
    )


def answer_found(question: Question, festival: Festival, approved: ApprovedAnswers) -> Answer:
    """Answer with an announcement about such a thing, or with the approved answer and a handover."""
    live = festival.live_at(question.now)
    wanted = {word for word in content_words(question.words) if word not in _NOT_THINGS}
    for one in live.announcements if live else ():
        text = one.text_es if question.language == "es" else one.text_en
        if wanted and _named_in(text, wanted) >= min(2, len(wanted)):
            return Answer(text, (one.id,))
    found = approved.about("lost_thing", question.language)
    known = approved.answer(found, question) if found else Answer("")
    return replace(
        known, text=sentences([known.text, festival.phrases.text(question.language, "lost_handover")]), handover=True
    )


def _named_in(text: str, words: Collection[str]) -> int:
    """Return how many words a text has, or has a word of the same meaning for."""
    stems = {word[:5] for word in content_words(text)}
    topics = concepts().names("concepts", normalise(text))
    return sum(word[:5] in stems or bool(topics & concepts().names("concepts", word)) for word in words)
