"""Answers that people approved, on top of the file: `support.answers` is the only place where they live."""

from __future__ import annotations

import logging

import msgspec

from processors.support.answers import Answers, AnswersFileError
from schemas.answers import ApprovedAnswer
from schemas.topics import ANSWERS
from stream.decoding import UnusableError, read_record
from stream.following import EVERYTHING, follow
from stream.reading import read_all
from stream.settings import Settings

log = logging.getLogger(__name__)

_DECODER = msgspec.json.Decoder(ApprovedAnswer)


def approved_over(settings: Settings, answers: Answers) -> Answers:
    """The answers with everything applied that people approved so far.

    Raises:
        LookupError: the topic does not exist yet.
        TimeoutError: the broker sends nothing.
    """
    for message in read_all(settings, ANSWERS.name):
        _apply(answers, message.value())
    return answers


class ApprovedAnswers:
    """Keeps the answers of a worker as people approve them; a restart reads all of it again."""

    def __init__(self, settings: Settings, answers: Answers) -> None:
        self._settings = settings
        self._answers = answers

    async def run(self) -> None:
        """Read for ever."""
        await follow(self._settings, {ANSWERS: EVERYTHING}, lambda topic, value, at: _apply(self._answers, value))


def _apply(answers: Answers, value: bytes | None) -> None:
    """What can't be used is left out with a word in the log: an answer that nobody can read must stop no mail."""
    try:
        answers.approve(read_record(_DECODER, value, ANSWERS.event_type))
    except (UnusableError, AnswersFileError) as error:
        log.warning("an approved answer can't be used: %s", error)
