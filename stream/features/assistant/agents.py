"""Agent: questions of attendees → answers; questions without an answer → mails to the support desk."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from processors.assistant.assistant import Assistant, Reply
from processors.assistant.festival import Festival
from processors.assistant.live_board import LiveBoard
from processors.assistant.question import Context
from processors.festival.live_state import LiveState
from processors.festival.sections import places_of_zones, with_venue
from processors.festival.tables import read_festival
from processors.festival.zone_people import zones_seen_in_parts
from processors.models.inference import open_folder
from processors.support.encoder import Encoder
from processors.support.privacy import mask_personal_data
from processors.support.requests import RequestClassifier
from schemas.assistant import ASSISTANT_ANSWERS, QUESTIONS, RATINGS, AnswerRating, AssistantAnswer, AttendeeQuestion
from schemas.crowd import CROWD, CrowdCount
from schemas.fields import identifier
from schemas.programme import PROGRAMME_SETS, ProgrammeSet
from schemas.queues import QUEUE_WAITS, QueueWait
from schemas.routes import PATH_STATES, PathState
from schemas.support import MAILS, Mail
from stream.features.assistant import metrics
from stream.registry.model_store import Folders
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import Record, try_decode_payload
from stream.runtime.worker_context import WorkerContext

RECENT_RECORDS = 200
"""Records of each partition of live topics that are read at the start."""


def register(worker: WorkerContext) -> None:
    """Add the agents; without a folder of festival tables there are none."""
    folder = worker.settings.festival
    if folder is None:
        return
    agent = AssistantAgent(worker)
    worker.agent(QUESTIONS, agent.answer)
    worker.agent(RATINGS, count_ratings)
    worker.broadcast(QUEUE_WAITS, agent.add_wait, replay_records=RECENT_RECORDS, wait_until_caught_up=False)
    worker.broadcast(CROWD, agent.add_count, replay_records=RECENT_RECORDS, wait_until_caught_up=False)
    worker.broadcast(PROGRAMME_SETS, agent.add_set)
    worker.broadcast(PATH_STATES, agent.add_path_state)


class AssistantAgent:
    """Answers questions in the order of their conversations; it stores nothing about a person.

    Args:
        worker: with the folder of festival tables in its settings.

    Raises:
        FestivalTableError: a table is not valid.
    """

    def __init__(self, worker: WorkerContext) -> None:
        folder = worker.settings.festival
        if folder is None:
            raise ValueError("PULSO_FESTIVAL names no folder of festival tables")
        self._tables = with_venue(read_festival(folder), worker.venue)
        places = frozenset[str](self._tables.places)
        capacities: dict[str, int] = {zone.id: zone.capacity for zone in worker.venue.zones}
        self.board = LiveBoard(
            places, capacities, places_of_zones(worker.venue, places), zones_seen_in_parts(worker.venue)
        )
        self._model = worker.reloadable_model(("encoder", "requests"), self._load)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assistant")
        self._waits = msgspec.json.Decoder(QueueWait)
        self._counts = msgspec.json.Decoder(CrowdCount)
        self._sets = msgspec.json.Decoder(ProgrammeSet)
        self._path_states = msgspec.json.Decoder(PathState)

    def _load(self, folders: Folders) -> Assistant:
        requests = RequestClassifier(open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])))
        return Assistant(Festival(self._tables, is_word=requests.encoder.is_word), requests)

    def add_wait(self, value: bytes | None) -> None:
        """Add the waiting time of a queue; ignores what can't be decoded."""
        wait = try_decode_payload(self._waits, value, QUEUE_WAITS.event_type)
        if wait is not None:
            self.board.add_wait(wait)

    def add_count(self, value: bytes | None) -> None:
        """Add the people of zones; ignores what can't be decoded."""
        count = try_decode_payload(self._counts, value, CROWD.event_type)
        if count is not None:
            self.board.add_count(count)

    def add_set(self, value: bytes | None) -> None:
        """Add the last state of a set of the programme; ignores what can't be decoded."""
        one = try_decode_payload(self._sets, value, PROGRAMME_SETS.event_type)
        if one is not None:
            self.board.add_set(one)

    def add_path_state(self, value: bytes | None) -> None:
        """Add the last state of a path; ignores what can't be decoded."""
        state = try_decode_payload(self._path_states, value, PATH_STATES.event_type)
        if state is not None:
            self.board.add_path_state(state)

    async def answer(self, records: list[Record[AttendeeQuestion]]) -> BatchResult:
        """Produce the answer to each question, and a mail for each that nobody has approved an answer to."""
        assistant = self._model.value
        result = BatchResult()
        for record in records:
            assistant.festival.sets = self.board.programme(self._tables.sets)
            assistant.festival.closed_paths = self.board.closed_paths
            assistant.festival.crowded_paths = self.board.crowded_paths
            work = partial(answer_question, assistant, record.payload, self.board.state(record.payload.time))
            began = time.perf_counter()
            reply = await asyncio.get_running_loop().run_in_executor(self._thread, work)
            metrics.ANSWER_SECONDS.observe(time.perf_counter() - began)
            result.outputs += _outputs(record, reply, assistant)
        return result


async def count_ratings(records: list[Record[AnswerRating]]) -> BatchResult:
    """Count what attendees thought of answers."""
    for record in records:
        metrics.RATED.labels("yes" if record.payload.helpful else "no").inc()
    return BatchResult()


def answer_question(assistant: Assistant, question: AttendeeQuestion, live: LiveState | None) -> Reply:
    """Answer a question after those before it in its conversation."""
    assistant.festival.live = live
    context = Context()
    for text in question.earlier:
        context = assistant.reply(
            text, now=question.time, language=question.language, place=question.place, context=context
        ).context
    return assistant.reply(
        question.text, now=question.time, language=question.language, place=question.place, context=context
    )


def _outputs(record: Record[AttendeeQuestion], reply: Reply, assistant: Assistant) -> list[OutputRecord]:
    question, answer = record.payload, reply.answer
    outcome = "urgent" if answer.urgent else "handed_over" if answer.handover else "answered"
    metrics.QUESTIONS_ASKED.labels(reply.language, reply.skill, outcome).inc()
    here = assistant.festival.tables.places.get(reply.here) if reply.here else None
    payload = AssistantAnswer(
        event_id=record.id,
        conversation=question.conversation,
        time=question.time,
        language=reply.language,
        text=answer.text,
        skill=reply.skill,
        sources=tuple(identifier(source) for source in answer.sources),
        handover=answer.handover,
        urgent=answer.urgent,
        danger=reply.danger or "",
        summary=mask_personal_data(question.text) if answer.handover else "",
        here=here.id if here else None,
        here_es=here.name_es if here else "",
        here_en=here.name_en if here else "",
        go_to=answer.place,
    )
    outputs = [OutputRecord(ASSISTANT_ANSWERS, record.key, payload, record.envelope)]
    if answer.handover and reply.skill != "refused":
        outputs.append(
            OutputRecord(MAILS, identifier(f"ask/{question.conversation}"), _mail(question), record.envelope)
        )
    return outputs


def _mail(question: AttendeeQuestion) -> Mail:
    """Return a question as a message to the support desk, where those that ask the same become a cluster."""
    return Mail(
        id=identifier(f"ask/{question.id}"),
        thread=identifier(f"ask/{question.conversation}"),
        time=question.time,
        text=question.text,
    )
