"""Answers that people approved, on top of the file: `support.answers` is the only place where they live."""

from __future__ import annotations

import asyncio
import logging

import aiokafka
import msgspec
from aiokafka.errors import KafkaError

from processors.support.answers import Answers, AnswersFileError
from schemas.answers import ApprovedAnswer
from schemas.topics import ANSWERS
from stream.decoding import UnusableError, read_record
from stream.reading import read_all
from stream.settings import Settings
from stream.venue_context import connection

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
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
        """Read for ever; after a failure again from the beginning, which changes nothing."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("%s can't be read: %s; trying again in %.0f s", ANSWERS.name, error, AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            ANSWERS.name, **connection(self._settings), auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    for record in records:
                        _apply(self._answers, record.value)
        finally:
            await consumer.stop()


def _apply(answers: Answers, value: bytes | None) -> None:
    """What can't be used is left out with a word in the log: an answer that nobody can read must stop no mail."""
    try:
        answers.approve(read_record(_DECODER, value, ANSWERS.event_type))
    except (UnusableError, AnswersFileError) as error:
        log.warning("an approved answer can't be used: %s", error)
