"""Agent for recommendations: what attendees tell about their taste → acts for each of them.

It runs in the support worker, which has the sentence encoder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from processors.festival.sections import acts_of, festivals_of
from processors.recommendations.act_recommender import ActRecommender
from processors.recommendations.festival_recommender import FestivalRecommender
from processors.recommendations.retention import TASTE_IDLE
from processors.recommendations.taste_model import TasteModel
from processors.recommendations.taste_state import TasteState, apply, keep_taste
from processors.support.encoder import Encoder
from schemas.ids import ActId, ListenerId
from schemas.programme import PROGRAMME, Act
from schemas.recommendations import RECOMMENDATIONS, TASTE_EVENTS, RecommendationList, RecommendedAct, TasteEvent
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record, try_decode_payload
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext

LIST_LENGTH = 20
"""Acts in a list: more than a page of a phone shows."""

FESTIVALS = 5
"""Other festivals in a list."""

RELEARN_SECONDS = 60.0
"""Time between two updates of what attendees like together."""


def register(worker: WorkerContext) -> None:
    """Add the agent; a venue without acts in its programme has none."""
    acts = acts_of(worker.venue.section(PROGRAMME))
    if not acts:
        return
    encoder, model = Encoder.load(), TasteModel.load()
    recommender = ActRecommender(acts, lambda tags: encoder.encode(tags).vectors, model)
    states = worker.states("recommendations", TASTE_EVENTS, struct_codec(TasteState, TasteState), keep=keep_taste)
    festivals = None
    if others := festivals_of(worker.venue.section(PROGRAMME)):
        festivals = FestivalRecommender(acts, others, lambda tags: encoder.encode(tags).vectors, model)
    agent = RecommendationsAgent(recommender, acts, states, model.identity, festivals)
    worker.agent(TASTE_EVENTS, agent.recommend, states=states)
    worker.broadcast(TASTE_EVENTS, agent.likes.add_event)
    worker.every(RELEARN_SECONDS, agent.learn_from_attendees, name="learning from attendees' likes")


class AttendeeLikes:
    """Likes of all attendees, whichever worker has their state."""

    def __init__(self) -> None:
        self._likes: dict[ListenerId, set[ActId]] = {}
        self._changed: dict[ListenerId, datetime] = {}
        """Time of the last event of each, the latest changed last."""
        self._events = msgspec.json.Decoder(TasteEvent)

    def add_event(self, value: bytes | None) -> None:
        """Apply one event; ignores what can't be decoded, and kinds that are about no act."""
        event = try_decode_payload(self._events, value, TASTE_EVENTS.event_type)
        if event is None:
            return
        self._changed.pop(event.listener, None)
        self._changed[event.listener] = event.time
        self._forget_idle(event.time)
        if event.kind == "forget":
            self._likes.pop(event.listener, None)
        elif event.kind == "like":
            self._likes.setdefault(event.listener, set()).add(ActId(event.value))
        elif event.kind in ("dislike", "undo"):
            self._likes.get(event.listener, set()).discard(ActId(event.value))

    def _forget_idle(self, now: datetime) -> None:
        while (first := next(iter(self._changed), None)) is not None and now - self._changed[first] > TASTE_IDLE:
            del self._changed[first]
            self._likes.pop(first, None)

    def all(self) -> list[set[ActId]]:
        """Return the liked acts of each attendee who likes any."""
        return [likes for likes in self._likes.values() if likes]


class RecommendationsAgent:
    """Recommends acts to each attendee after each batch of what they told.

    Attributes:
        likes: of all attendees, fed by a broadcast topic.
    """

    def __init__(
        self,
        recommender: ActRecommender,
        acts: Sequence[Act],
        states: StateTable[TasteState],
        model: str,
        festivals: FestivalRecommender | None = None,
    ) -> None:
        self._recommender = recommender
        self._acts = {act.id for act in acts}
        self._states = states
        self._model = model
        self._festivals = festivals
        self.likes = AttendeeLikes()

    async def learn_from_attendees(self) -> None:
        """Replace what is known of acts that attendees like together."""
        await asyncio.to_thread(self._recommender.learn_from_attendees, self.likes.all())

    async def recommend(self, records: list[Record[TasteEvent]]) -> BatchResult:
        """Produce one list for each attendee in the batch, after their last event; forget who asks for it."""
        last = {record.payload.listener: record.offset for record in records}

        def step(record: Record[TasteEvent], state: TasteState) -> Effects[TasteState]:
            event = record.payload
            if not apply(state, event, record.offset):
                return Effects()
            if record.offset < last[event.listener]:
                return Effects(state=state)
            chosen = self._list(record, state)
            return Effects((OutputRecord(RECOMMENDATIONS, record.key, chosen, record.envelope),), state)

        return await apply_to_states(records, self._states, step, key=self._listener_of)

    def _listener_of(self, record: Record[TasteEvent]) -> str:
        event = record.payload
        if record.key != event.listener:
            raise InvalidRecordError("content", f"the record's key {record.key!r} is not its listener")
        if event.kind in ("like", "dislike", "undo") and event.value not in self._acts:
            raise InvalidRecordError("content", f"the programme has no act {event.value!r}")
        return event.listener

    def _list(self, record: Record[TasteEvent], state: TasteState) -> RecommendationList:
        forgotten = record.payload.kind == "forget"
        acts = [] if forgotten else self._recommender.recommend(state.taste, LIST_LENGTH)
        festivals = None if forgotten else self._festivals
        return RecommendationList(
            event_id=record.id,
            listener=record.payload.listener,
            time=record.payload.time,
            acts=tuple(
                RecommendedAct(act=one.act, score=one.score, reason=one.reason, because=one.because) for one in acts
            ),
            festivals=() if festivals is None else tuple(festivals.recommend(state.taste, FESTIVALS)),
            model=self._model,
        )
