"""Answers that people approved, on top of the file: `support.answers` is the only place where they live."""

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


def approved_over(settings: Settings, answers: AnswerCatalogue) -> AnswerCatalogue:
    """The answers with everything applied that people approved so far.

    Raises:
        LookupError: the topic does not exist yet.
        TimeoutError: the broker sends nothing.
    """
    for message in read_all(settings, ANSWERS.name):
        approve(answers, message.value())
    return answers


def approve(answers: AnswerCatalogue, value: bytes | None) -> None:
    """Apply one record.

    What can't be used is left out with a word in the log: an answer that nobody can read must stop no mail.
    """
    try:
        answers.approve(decode_payload(_DECODER, value, ANSWERS.event_type))
    except (InvalidRecordError, AnswersFileError) as error:
        log.warning("an approved answer can't be used: %s", error)
