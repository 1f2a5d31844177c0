"""Approved answers by topic, and the suggestion of one for a mail, with its facts filled in and the reasons."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from schemas.errors import PulsoError, first_problem
from schemas.support import ApprovedAnswer, MailTopic, Reason, Suggestion

FACTS = ("order", "amount", "date", "time", "quantity", "place")
"""Facts that an answer may name in braces."""

MIN_CONFIDENCE = 0.3
"""Confidence in the topic below which nothing is suggested."""

DEFAULT_LIMIT = 0.9
"""Default confidence that an automatic answer needs."""

AUTOMATIC_NOTICE = {
    "es": "Este mensaje es automático. Si no resuelve su duda, responda a este correo y le atenderá una persona.",
    "en": "This message was sent automatically. If it does not help, reply and a person will take over.",
}
"""Notice below an automatic answer: people must be informed that a machine answers (EU AI Act, article 50)."""


class AnswersFileError(PulsoError, ValueError):
    """An answer, or the file of answers, can't be used; the message states where and why."""


class LocalizedAnswer(BaseModel):
    """An answer in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=1, description="as on the page of questions")
    answer: str = Field(min_length=1, description="may name facts in braces, such as {order}")
    without_facts: str = Field(default="", description="used if the mail lacks one of the facts")

    @model_validator(mode="after")
    def _check_facts(self) -> LocalizedAnswer:
        unknown = sorted((_fact_names(self.answer) | _fact_names(self.question)) - set(FACTS))
        unknown += sorted(_fact_names(self.without_facts))
        if unknown:
            raise ValueError(
                f"{{{unknown[0]}}} is not a fact that can be filled in here; valid facts are {', '.join(FACTS)}"
            )
        return self


class TopicAnswer(BaseModel):
    """The approved answer to one topic, in one or two languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    es: LocalizedAnswer | None = None
    en: LocalizedAnswer | None = None
    automatic: bool = Field(default=False, description="may be sent without a person, above the limit")
    limit: float = Field(default=DEFAULT_LIMIT, ge=0.5, le=1, description="confidence that an automatic answer needs")

    @model_validator(mode="after")
    def _check_languages(self) -> TopicAnswer:
        if self.es is None and self.en is None:
            raise ValueError("give es, en or both")
        return self

    def text(self, language: str) -> LocalizedAnswer | None:
        """Return the answer in a language, or None."""
        return {"es": self.es, "en": self.en}.get(language)


class AnswerCatalogue:
    """Approved answers by topic.

    >>> text = LocalizedAnswer(
    ...     question="Where is my refund?", answer="Order {order} is being paid.", without_facts="Which order?"
    ... )
    >>> answers = AnswerCatalogue([TopicAnswer(topic="refund", en=text)])
    >>> refund = [MailTopic(name="refund", confidence=0.8)]
    >>> answers.suggest(refund, "en", {"order": ("FE-1",)}, "normal").text
    'Order FE-1 is being paid.'
    >>> answers.suggest(refund, "en", {}, "normal").text, answers.suggest(refund, "es", {}, "normal")
    ('Which order?', None)
    """

    def __init__(self, answers: Sequence[TopicAnswer]) -> None:
        self.by_topic = {answer.topic: answer for answer in answers}
        self._from_file = dict(self.by_topic)

    def approve(self, approved: ApprovedAnswer) -> None:
        """Apply an answer that a person approved: it replaces the file's until it is withdrawn.

        >>> from datetime import UTC, datetime
        >>> answers = AnswerCatalogue([])
        >>> approved = ApprovedAnswer(
        ...     id="1", topic="parking", language="en", question="Where?", answer="Behind the stage.",
        ...     by="sue", time=datetime(2026, 7, 4, tzinfo=UTC),
        ... )
        >>> answers.approve(approved)
        >>> answers.by_topic["parking"].en.answer
        'Behind the stage.'

        Raises:
            AnswersFileError: its text is empty, or names a fact that is not valid.
        """
        from_file, current = self._from_file.get(approved.topic), self.by_topic.get(approved.topic)
        if approved.withdrawn:
            text = from_file.text(approved.language) if from_file else None
        else:
            text = localized_answer(approved)
        texts = {name: current.text(name) if current else None for name in ("es", "en")} | {approved.language: text}
        if not any(texts.values()):
            self.by_topic.pop(approved.topic, None)
            return
        automatic = approved.automatic if not approved.withdrawn else bool(from_file and from_file.automatic)
        limit = current.limit if current else DEFAULT_LIMIT
        self.by_topic[approved.topic] = TopicAnswer(topic=approved.topic, **texts, automatic=automatic, limit=limit)

    def suggest(
        self,
        topics: Sequence[MailTopic],
        language: str,
        facts: Mapping[str, Sequence[str]],
        priority: Literal["urgent", "high", "normal", "low"],
        attachments: int = 0,
    ) -> Suggestion | None:
        """Return the approved answer to a mail, or None if a person must write one.

        Args:
            topics: topics of the mail, best first.
            language: language of the mail.
            facts: values that the mail names, by fact.
            priority: priority of the mail; an urgent one gets no suggestion.
            attachments: number of attachments; a mail with any is never answered automatically.
        """
        if priority == "urgent" or not topics or topics[0].confidence < MIN_CONFIDENCE:
            return None
        topic = topics[0]
        answer = self.by_topic.get(topic.name)
        text = answer.text(language) if answer else None
        if answer is None or text is None:
            return None
        needed = sorted(_fact_names(text.answer))
        missing = [name for name in needed if not facts.get(name)]
        if missing and not text.without_facts:
            return None
        filled = text.without_facts if missing else text.answer.format(**{name: facts[name][0] for name in needed})
        reasons = [Reason(kind="topic", name=topic.name, value=f"{topic.confidence:.2f}")]
        reasons += [Reason(kind="fact", name=name, value=facts[name][0]) for name in needed if not missing]
        reasons += [Reason(kind="missing", name=name) for name in missing]
        reasons += [Reason(kind="also", name=other.name) for other in topics[1:]]
        simple = len(topics) == 1 and not missing and not attachments and priority in ("normal", "low")
        automatic = answer.automatic and simple and topic.confidence >= answer.limit
        if automatic:
            filled = f"{filled}\n\n{AUTOMATIC_NOTICE[language]}"
        return Suggestion(
            answer=topic.name,
            text=filled,
            why="; ".join(map(_reason_text, reasons)),
            confidence=topic.confidence,
            automatic=automatic,
            reasons=tuple(reasons),
        )


def _reason_text(reason: Reason) -> str:
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
    """Return the text of an approved answer.

    Raises:
        AnswersFileError: it is empty, or names a fact that is not valid.
    """
    try:
        return LocalizedAnswer(question=approved.question, answer=approved.answer, without_facts=approved.without_facts)
    except ValidationError as error:
        raise AnswersFileError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def read_answers(path: Path) -> AnswerCatalogue:
    """Read a YAML list of answers.

    Raises:
        AnswersFileError: the file is not valid, a topic has two answers, or a fact is not valid.
    """
    try:
        answers = TypeAdapter(list[TopicAnswer]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        raise AnswersFileError(f"{path}: {error}") from error
    except ValidationError as error:
        raise AnswersFileError(f"{path}: {first_problem(error)}") from error
    names = [answer.topic for answer in answers]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise AnswersFileError(f"{path}: topic {duplicate!r} has two answers; keep one")
    return AnswerCatalogue(answers)


def _fact_names(text: str) -> set[str]:
    """Return the names in braces of a text."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"braces that do not match in {text[:60]!r}: {error}") from error
