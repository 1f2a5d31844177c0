"""The assistant: danger first, then what must be refused, then the skill that fits best, otherwise a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from processors.assistant import emergency, guard
from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.approved_answers import AnswerIndex
from processors.assistant.danger import DangerKind, danger_kind
from processors.assistant.festival import Festival, Language
from processors.assistant.lexicon import concepts, lexicon
from processors.assistant.question import MAX_FOLLOW_UP_WORDS, REFERENCE, Context, Question, analyze
from processors.assistant.skills import (
    access,
    acts,
    chat,
    clash,
    crowding,
    hours,
    lost,
    news,
    programme,
    recommend,
    ways,
    weather,
)
from processors.assistant.skills.may_i import CERTAIN, ApprovedAnswers
from processors.assistant.text import normalise
from processors.support.language import detect_language
from processors.support.requests import RequestClassifier
from schemas.ids import PlaceId

SKILLS: tuple[Skill, ...] = (
    clash.SKILL, access.SKILL, recommend.SKILL, acts.SKILL, programme.SKILL, ways.SKILL, hours.SKILL, crowding.SKILL,
    weather.SKILL, news.SKILL, chat.SKILL,
)  # fmt: skip
"""Skills; of two that fit as well, the first answers."""

MIN_SKILL_SCORE, LIKELY, STRUCTURED = 0.5, 0.7, 0.85
"""Score below which a skill does not answer; from which it answers unless an approved answer is certain; and from
which it answers before any approved answer."""

FOLLOW_UP_SCORE = 0.9
"""Score of the skill that answered the question before, if the present one continues it and fits at all."""

_PART = re.compile(
    r"[?.!;]+\s*|,?\s+(?:y|e|and|also|y también|y ademas|además|ademas|plus)\s+(?=¿?(?:a qué|a que|qué"
    r"|que hora|cuándo|cuando|dónde|donde|quién|quien|cómo|como|cuánto|cuanto|cuál|hay|puedo|se puede|hasta"
    r"|está|esta abiert|where|when|what|who|how|is|are|can|do|does|which|until)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to a message, and the memory for the next one.

    Attributes:
        skill: name of the skill that answered; `danger`, `refused` and `none` too.
        danger: kind of danger that the message reports.
        here: where the person is, as far as it is known.
    """

    answer: Answer
    skill: str
    language: Language
    context: Context
    danger: DangerKind | None = None
    here: PlaceId | None = None


class Assistant:
    """Answers attendees' questions about one festival.

    Args:
        festival: programme, map, live state and approved answers.
        requests: request classifier, with its encoder.
    """

    def __init__(self, festival: Festival, requests: RequestClassifier) -> None:
        self.festival = festival
        self._requests = requests
        answers = festival.tables.answers
        self._approved = ApprovedAnswers(
            {language: AnswerIndex(answers, language, requests) for language in ("es", "en")}
        )

    def language_of(self, text: str) -> Language:
        """Return the language to answer in: Spanish unless a text is English."""
        odds = float(self._requests.analyze([text]).spanish_log_odds[0])
        return "en" if detect_language(text, odds) == "en" else "es"

    def reply(
        self,
        text: str,
        *,
        now: datetime,
        language: Language | None = None,
        place: PlaceId | None = None,
        context: Context | None = None,
    ) -> Reply:
        """Answer a message.

        Args:
            text: the message.
            now: time of the message.
            language: language of the answer; that of the message if left out.
            place: where the person is, if it is known.
            context: memory of the conversation.
        """
        context = context or Context()
        answer_language = language or self.language_of(text)
        here = place if place in self.festival.tables.places else None
        question = analyze(text, self.festival, now=now, language=answer_language, here=here, context=context)
        named = bool(question.acts or question.places or question.kinds or question.genres)
        kind = danger_kind(text, self._requests, names_something=named)
        if kind is not None:
            urgent = emergency.answer(kind, question, self.festival, self._approved)
            memory = _remember(context, replace(question, skill="danger"), urgent)
            return Reply(urgent, "danger", answer_language, memory, kind, question.here)
        refused = guard.refusal(question)
        if refused is not None:
            refusal = Answer(self.festival.phrases.text(answer_language, refused), handover=True)
            return Reply(refusal, "refused", answer_language, context)
        answer, question = self._answer_parts(text, question, context)
        memory = _remember(context, question, answer)
        return Reply(answer, question.skill or "none", answer_language, memory, here=question.here)

    def _answer_parts(self, text: str, question: Question, context: Context) -> tuple[Answer, Question]:
        """Answer a message as a whole, or its questions one by one."""
        parts = [part for part in _PART.split(text) if part and len(part.split()) > 1]
        if len(parts) < 2 or _is_one_question(parts):
            answer, skill = self._answer(question)
            return answer, replace(question, skill=skill)
        answered: list[tuple[Answer, Question]] = []
        memory = context
        for part in parts:
            one = analyze(
                part, self.festival, now=question.now, language=question.language, here=question.here, context=memory
            )
            answer, skill = self._answer(one)
            one = replace(one, skill=skill)
            answered.append((answer, one))
            memory = _remember(memory, one, answer)
        useful = [(answer, one) for answer, one in answered if one.skill not in ("chat", "none")]
        unknown = [one for _, one in answered if one.skill == "none" and _asks(one)]
        if not useful or (unknown and len(useful) < len(answered) and not all(_asks(one) for _, one in answered)):
            answer, skill = self._answer(question)
            if skill != "none" or not useful:
                return answer, replace(question, skill=skill)
        return self._joined(useful, bool(unknown), question), useful[-1][1]

    def _score(self, skill: Skill, question: Question) -> float:
        score = skill.score(question, self.festival)
        return (
            max(score, FOLLOW_UP_SCORE) if score > 0 and question.follow_up and question.skill == skill.name else score
        )

    def _joined(self, answered: Sequence[tuple[Answer, Question]], unknown: bool, question: Question) -> Answer:
        answers = [answer for answer, _ in answered]
        texts = [answer.text for answer in answers]
        handover = unknown or any(answer.handover for answer in answers)
        if unknown:
            texts.append(self.festival.phrases.text(question.language, "handover_part"))
        return Answer(
            sentences(texts), tuple(source for answer in answers for source in answer.sources), handover=handover,
            place=answers[-1].place, slot=next((answer.slot for answer in reversed(answers) if answer.slot), None),
        )  # fmt: skip

    def _answer(self, question: Question) -> tuple[Answer, str]:
        """Return the answer to one question and the skill that gave it."""
        if lost.is_about_found_things(question):
            return lost.answer_found(question, self.festival, self._approved), "lost"
        scores = sorted(((self._score(skill, question), -number) for number, skill in enumerate(SKILLS)), reverse=True)
        best = scores[0][0]
        found = self._approved.find(_in_context(question))
        if found is not None and question.acts and found.probability < CERTAIN:
            found = None
        if lost.is_about_lost_things(question):
            found = found if found is not None else self._approved.about("lost_thing", question.language)
            best = 0.0
        name = _unknown_act(question, self.festival) if found is None or found.probability < CERTAIN else ""
        if name:
            return Answer(self.festival.phrases.text(question.language, "no_act", name=name), handover=True), "none"
        if found is not None and best < STRUCTURED and (found.probability >= CERTAIN or best < LIKELY):
            return self._approved.answer(found, question), "may_i"
        for score, number in scores:
            if score < MIN_SKILL_SCORE:
                break
            skill = SKILLS[-number]
            answer = skill.answer(question, self.festival)
            if answer is not None:
                return answer, skill.name
        if found is not None:
            return self._approved.answer(found, question), "may_i"
        return Answer(self.festival.phrases.text(question.language, "handover"), handover=True), "none"


def _in_context(question: Question) -> Question:
    """Put the question before in front of one that only refers to it."""
    if not question.follow_up or not question.before or len(question.words.split()) > MAX_FOLLOW_UP_WORDS + 1:
        return question
    refers = REFERENCE.search(question.words) is not None
    if concepts().names("concepts", question.words) and not refers:
        return question
    return replace(question, words=f"{question.before} {question.words}", text=f"{question.before} {question.text}")


def _unknown_act(question: Question, festival: Festival) -> str:
    """Return a name that is asked for as an act and that the programme does not have; empty if there is none."""
    if question.acts or not question.has("play", "when", "cancelled", "signing", "headliner") or question.genres:
        return ""
    if question.has("play", "headliner") or not (
        question.places or question.kinds or question.has("open", "close", "price", "permission")
    ):
        name = festival.unknown_name(question.text, question.words)
        return "" if lexicon().names("signals", normalise(name)) else name
    return ""


def _is_one_question(parts: Sequence[str]) -> bool:
    """Return True if only one of the parts asks something."""
    return sum(len(part.split()) > 1 for part in parts) < 2


_ASKING = frozenset((
        "when",
        "where",
        "who",
        "price",
        "permission",
        "open",
        "close",
        "queue",
        "route",
        "nearest",
        "walk_time",
        "duration",
        "end",
        "count",
        "full",
        "exist",
))  # fmt: skip


def _asks(question: Question) -> bool:
    """Return True if a part of a message is a question rather than an introduction."""
    introduces = re.search(r"\b(?:estoy|i am|i m|soy|vengo|we are|hola|hello|love|like|gusta)\b", question.words)
    return bool(question.signals & _ASKING) and introduces is None


def _remember(context: Context, question: Question, answer: Answer) -> Context:
    names = lexicon().names("signals", question.words)
    liked = context.liked
    if "similar" in names and question.acts and not question.follow_up:
        liked = tuple(dict.fromkeys((*liked, *question.act_ids)))
    return replace(
        context,
        before=question,
        mobility=question.mobility,
        liked=liked,
        here=question.here,
        greeted=True,
        last_place=answer.place or context.last_place,
        last_slot=answer.slot or context.last_slot,
    )
