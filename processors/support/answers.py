"""Approved answers, and the one that is suggested for a mail: with the mail's facts filled in, and the reason."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from schemas.errors import PulsoError
from schemas.support import ApprovedAnswer, Reason, Suggestion
from schemas.support import MailTopic as Topic

KNOWN = ("order", "amount", "date", "time", "quantity", "place")
"""facts that an answer may name in braces"""

LEAST = 0.3
"""confidence in the topic below which nothing is suggested"""

LIMIT = 0.9
"""confidence that an automatic answer needs, where nothing else is said"""

AUTOMATIC_NOTICE = {
    "es": "Este mensaje es automático. Si no resuelve su duda, responda y le atenderá una persona.",
    "en": "This message was sent automatically. If it does not help, reply and a person will take over.",
}
"""people must be told when a machine answers them (EU AI Act, article 50)"""


class AnswersFileError(PulsoError, ValueError):
    """The file of answers can't be used."""


class LocalizedAnswer(BaseModel):
    """An answer in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=1, description="as the FAQ page asks it")
    answer: str = Field(min_length=1, description="may name facts in braces, such as {order}")
    without_facts: str = Field(default="", description="instead, where the mail lacks one of them")

    @model_validator(mode="after")
    def _names_known_facts(self) -> LocalizedAnswer:
        unknown = sorted((_named(self.answer) | _named(self.question)) - set(KNOWN)) + sorted(
            _named(self.without_facts)
        )
        if unknown:
            raise ValueError(f"{{{unknown[0]}}} is not a fact that can be filled in here; there are {', '.join(KNOWN)}")
        return self


class TopicAnswer(BaseModel):
    """What was approved for one topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    es: LocalizedAnswer | None = None
    en: LocalizedAnswer | None = None
    automatic: bool = Field(default=False, description="may be sent without a person, above the limit")
    limit: float = Field(default=LIMIT, ge=0.5, le=1, description="confidence that an automatic answer needs")

    @model_validator(mode="after")
    def _says_something(self) -> TopicAnswer:
        if self.es is None and self.en is None:
            raise ValueError("give es, en or both")
        return self

    def text(self, language: str) -> LocalizedAnswer | None:
        """In a language, or None."""
        return {"es": self.es, "en": self.en}.get(language)


class AnswerCatalogue:
    """Approved answers by topic.

    >>> text = LocalizedAnswer(
    ...     question="Where is my refund?", answer="Order {order} is being paid.", without_facts="Which order?"
    ... )
    >>> answers = AnswerCatalogue([TopicAnswer(topic="refund", en=text)])
    >>> refund = [Topic(name="refund", confidence=0.8)]
    >>> answers.suggest(refund, "en", {"order": ("FE-1",)}, "normal").text
    'Order FE-1 is being paid.'
    >>> answers.suggest(refund, "en", {}, "normal").text, answers.suggest(refund, "es", {}, "normal")
    ('Which order?', None)
    """

    def __init__(self, answers: Sequence[TopicAnswer]) -> None:
        self.by_topic = {answer.topic: answer for answer in answers}
        self._given = dict(self.by_topic)

    def approve(self, approved: ApprovedAnswer) -> None:
        """Let what a person approved count before the file, or the file again once it is withdrawn.

        >>> from datetime import UTC, datetime
        >>> answers = AnswerCatalogue([])
        >>> one = ApprovedAnswer(id="1", topic="parking", language="en", question="Where?", answer="Behind the stage.",
        ...                      by="sue", time=datetime(2026, 7, 4, tzinfo=UTC))
        >>> answers.approve(one)
        >>> answers.by_topic["parking"].en.answer
        'Behind the stage.'

        Raises:
            AnswersFileError: its text is empty, or names a fact that nobody knows.
        """
        given, now = self._given.get(approved.topic), self.by_topic.get(approved.topic)
        text = localized_answer(approved) if not approved.withdrawn else given and given.text(approved.language)
        texts = {name: now.text(name) if now else None for name in ("es", "en")} | {approved.language: text}
        if not any(texts.values()):
            self.by_topic.pop(approved.topic, None)
            return
        automatic = approved.automatic if not approved.withdrawn else bool(given and given.automatic)
        limit = now.limit if now else LIMIT
        self.by_topic[approved.topic] = TopicAnswer(topic=approved.topic, **texts, automatic=automatic, limit=limit)

    def suggest(
        self,
        topics: Sequence[Topic],
        language: str,
        facts: Mapping[str, Sequence[str]],
        priority: Literal["urgent", "high", "normal", "low"],
        attachments: int = 0,
    ) -> Suggestion | None:
        """The approved answer to a mail, or None where a person must write one.

        Args:
            topics: of the mail, the first one first.
            facts: that the mail names.
        """
        if priority == "urgent" or not topics or topics[0].confidence < LEAST:
            return None
        topic = topics[0]
        answer = self.by_topic.get(topic.name)
        text = answer.text(language) if answer else None
        if answer is None or text is None:
            return None
        wanted = sorted(_named(text.answer))
        missing = [name for name in wanted if not facts.get(name)]
        if missing and not text.without_facts:
            return None
        filled = text.without_facts if missing else text.answer.format(**{name: facts[name][0] for name in wanted})
        reasons = [Reason(kind="topic", name=topic.name, value=f"{topic.confidence:.2f}")]
        reasons += [Reason(kind="fact", name=name, value=facts[name][0]) for name in wanted if not missing]
        reasons += [Reason(kind="missing", name=name) for name in missing]
        reasons += [Reason(kind="also", name=other.name) for other in topics[1:]]
        alone = len(topics) == 1 and not missing and not attachments and priority in ("normal", "low")
        automatic = answer.automatic and alone and topic.confidence >= answer.limit
        if automatic:
            filled = f"{filled}\n\n{AUTOMATIC_NOTICE[language]}"
        return Suggestion(
            answer=topic.name,
            text=filled,
            why="; ".join(map(_in_english, reasons)),
            confidence=topic.confidence,
            automatic=automatic,
            reasons=tuple(reasons),
        )


def _in_english(reason: Reason) -> str:
    match reason.kind:
        case "topic":
            return f"topic {reason.name!r} with confidence {reason.value}"
        case "fact":
            return f"{reason.name} {reason.value}"
        case "missing":
            return f"the mail names no {reason.name}"
        case "also":
            return f"it also asks about {reason.name!r}, which this does not answer"


def localized_answer(approved: ApprovedAnswer) -> LocalizedAnswer:
    """The text of an approved answer.

    Raises:
        AnswersFileError: it is empty, or names a fact that nobody knows.
    """
    try:
        return LocalizedAnswer(question=approved.question, answer=approved.answer, without_facts=approved.without_facts)
    except ValidationError as error:
        raise AnswersFileError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def read_answers(path: Path) -> AnswerCatalogue:
    """YAML, a list of answers.

    Raises:
        AnswersFileError: not such a file, two answers to one topic, or a fact that nobody knows.
    """
    try:
        found = TypeAdapter(list[TopicAnswer]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        raise AnswersFileError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise AnswersFileError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from error
    names = [answer.topic for answer in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AnswersFileError(f"{path}: topic {twice!r} has two answers; keep one")
    return AnswerCatalogue(found)


def _named(text: str) -> set[str]:
    """Facts that a text names in braces."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"braces that do not match in {text[:60]!r}: {error}") from error
