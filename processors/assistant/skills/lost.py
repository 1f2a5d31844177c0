"""Lost things: where to ask, and a person who looks."""

from __future__ import annotations

from dataclasses import replace

from processors.assistant.answer import Answer, sentences
from processors.assistant.festival import Festival
from processors.assistant.question import Question
from processors.assistant.skills.may_i import ApprovedAnswers
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


def is_about_found_things(question: Question) -> bool:
    """Return True for a question if something was found."""
    return question.has("found") and not question.kinds and not question.acts


def answer_found(question: Question, festival: Festival, approved: ApprovedAnswers) -> Answer:
    """Answer with an announcement about such a thing, or with the approved answer and a handover."""
    live = festival.live_at(question.now)
    wanted = {word[:5] for word in content_words(question.words) if word not in _NOT_THINGS}
    for one in live.announcements if live else ():
        text = one.text_es if question.language == "es" else one.text_en
        if len(wanted & {word[:5] for word in content_words(text)}) >= min(2, len(wanted)) and wanted:
            return Answer(text, (one.id,))
    found = approved.about("lost_thing", question.language)
    known = approved.answer(found, question) if found else Answer("")
    return replace(
        known, text=sentences([known.text, festival.phrases.text(question.language, "lost_handover")]), handover=True
    )
