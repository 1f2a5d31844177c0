"""Approved answers of `support.answers`, applied to the answers of the file; the topic is their only store."""

from __future__ import annotations

import logging

import msgspec

from processors.support.answers import AnswerCatalogue, AnswersFileError
from schemas.support import ANSWERS, ApprovedAnswer
from stream.runtime.record import InvalidRecordError, decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

log = logging.getLogger(__name__)

_DECODER = msgspec.json.Decoder(ApprovedAnswer)


def with_approved_answers(settings: Settings, answers: AnswerCatalogue) -> AnswerCatalogue:
    """Return the answers after applying all that were approved so far.

    Args:
        settings: connection to the brokers.
        answers: answers of the file; changed in place.

    Raises:
        MissingTopicError: The topic does not exist yet.
        TimeoutError: The broker does not answer.
    """
    for message in read_all(settings, ANSWERS.name):
        apply_approved_answer(answers, message.value())
    return answers


def apply_approved_answer(answers: AnswerCatalogue, value: bytes | None) -> None:
    """Apply one record.

    A record that can't be used is logged and skipped: an unreadable answer must not stop the processing of mail.

    Args:
        answers: answers to change.
        value: encoded `ApprovedAnswer`.
    """
    try:
        answers.approve(decode_payload(_DECODER, value, ANSWERS.event_type))
    except (InvalidRecordError, AnswersFileError) as error:
        log.warning("an approved answer can't be used: %s", error)
