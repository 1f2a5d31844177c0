"""What a person approved as the answer to a topic: suggested to staff from then on, and on the page of questions."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import LONGEST_TOPIC, Identifier, Instant

AnswerText = Annotated[str, Meta(max_length=4_000)]


class ApprovedAnswer(Struct, frozen=True, kw_only=True):
    """One answer in one language; the last of a topic and language counts, before the file of answers."""

    id: Identifier
    topic: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOPIC)]
    language: Literal["es", "en"]
    question: AnswerText
    """as the page of questions asks it"""
    answer: AnswerText
    """may name facts in braces, such as {order}; never the facts of one mail"""
    without_facts: AnswerText = ""
    """instead, where a mail lacks one of them, and on the page of questions"""
    automatic: bool = False
    """may be sent without a person, where the topic is sure enough"""
    by: Identifier
    """who answers for it"""
    time: Instant
    withdrawn: bool = False
    """the file of answers counts again"""


def key_of(topic: str, language: str) -> str:
    """Key of an answer's records.

    >>> key_of("refund", "es")
    'refund/es'
    """
    return f"{topic}/{language}"
