"""Agents: wishes → plans; changes of the programme and closed paths → offers of alternatives.

A plan is never changed silently: a change that breaks it makes an offer, and the attendee's plan stays until they
accept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from processors.festival.closures import path_key
from processors.itinerary.groups import MAX_BREAKS, joint_breaks
from processors.itinerary.replanning import is_broken_by_paths, is_broken_by_set, remaining_wishes
from schemas.crowd import CROWD
from schemas.ids import PlaceId
from schemas.itinerary import PLANS, WISHES, ItineraryPlan, ItineraryWishes, PlanCause
from schemas.programme import PROGRAMME_SETS, ProgrammeSet
from schemas.routes import PATH_STATES, PATHS, PathState
from stream.features.itinerary import metrics
from stream.features.itinerary.book import ItineraryBook, Visitor
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.worker_context import WorkerContext

CROWD_RECORDS = 100
"""Counts of the crowd, before the end of each partition, that are read at the start."""


def register(worker: WorkerContext) -> None:
    """Add the agents; a venue without a map of paths has none."""
    if not worker.venue.section(PATHS).places:
        return
    book = ItineraryBook(worker.venue)
    agents = ItineraryAgents(book, worker.report_progress)
    worker.broadcast(WISHES, book.add_wishes)
    worker.broadcast(PLANS, book.add_plan)
    worker.broadcast(PROGRAMME_SETS, book.add_set)
    worker.broadcast(PATH_STATES, book.add_path_state)
    worker.broadcast(CROWD, book.add_crowd, replay_records=CROWD_RECORDS, wait_until_caught_up=False)
    worker.agent(WISHES, agents.answer, max_events=16)
    worker.agent(PROGRAMME_SETS, agents.offer_after_set)
    worker.agent(PATH_STATES, agents.offer_after_path)


class ItineraryAgents:
    """Plans for those who ask, and offers for those whose plan is broken by a change."""

    def __init__(self, book: ItineraryBook, report_progress: Callable[[], None]) -> None:
        self._book = book
        self._report_progress = report_progress

    async def answer(self, records: list[Record[ItineraryWishes]]) -> BatchResult:
        """Produce a plan for each record of wishes, or make an accepted offer the plan."""
        result = BatchResult()
        for record in records:
            try:
                found = self._answer(record)
            except InvalidRecordError as error:
                result.reject(record, error)
                continue
            if found is not None:
                result.outputs.append(OutputRecord(PLANS, record.key, found, record.envelope))
            await asyncio.sleep(0)  # plans take milliseconds each
        return result

    def _answer(self, record: Record[ItineraryWishes]) -> ItineraryPlan | None:
        wishes, now = record.payload, record.envelope.time
        self._check(record.key, wishes)
        self._book.forget_ended(now)
        visitor = self._book.visitor(wishes.visitor)
        accepted = None if visitor is None or wishes.accepts is None else visitor.offers.get(wishes.accepts)
        self._book.set_wishes(wishes)
        if wishes.forget:
            return None
        if accepted is not None:
            found = msgspec.structs.replace(accepted, time=now, offer=False, cause=None, changed=None, replaces=None)
        else:
            found = self._plan(wishes, now)
        self._book.set_plan(found)
        return found

    def _check(self, key: str, wishes: ItineraryWishes) -> None:
        if key != wishes.visitor:
            raise InvalidRecordError("content", "the record's key is not its visitor")
        if wishes.end <= wishes.begin:
            raise InvalidRecordError("content", "the visit ends before it begins")
        if len(joint_breaks(wishes)) > MAX_BREAKS:
            raise InvalidRecordError("content", f"the group wants more than {MAX_BREAKS} breaks")
        for place in (wishes.origin, wishes.destination):
            if place is not None and place not in self._book.places:
                raise InvalidRecordError("content", f"the map of paths has no place {place!r}")

    async def offer_after_set(self, records: list[Record[ProgrammeSet]]) -> BatchResult:
        """Produce offers for those whose plan a moved or cancelled set breaks."""
        result = BatchResult()
        for record in records:
            self._book.set_set(record.payload)
            cause: PlanCause = "set_cancelled" if record.payload.status == "cancelled" else "set_moved"
            for visitor in self._book.visitors():
                if visitor.plan is not None and is_broken_by_set(visitor.plan, record.payload, record.envelope.time):
                    await self._offer(result, record, visitor, cause, record.payload.id)
        return result

    async def offer_after_path(self, records: list[Record[PathState]]) -> BatchResult:
        """Produce offers for those whose plan uses a path that was closed."""
        result = BatchResult()
        for record in records:
            state = record.payload
            for end in (state.start, state.end):
                if end not in self._book.places:
                    result.reject(record, InvalidRecordError("content", f"the map of paths has no place {end!r}"))
                    break
            else:
                self._book.set_path_state(state)
                if state.state == "closed":
                    await self._offer_around(result, record, (state.start, state.end))
        return result

    async def _offer_around(
        self, result: BatchResult, record: Record[PathState], ends: tuple[PlaceId, PlaceId]
    ) -> None:
        for visitor in self._book.visitors():
            if visitor.plan is not None and is_broken_by_paths(visitor.plan, [ends], record.envelope.time):
                await self._offer(result, record, visitor, "path_closed", path_key(*ends))

    async def _offer(
        self,
        result: BatchResult,
        record: Record[ProgrammeSet] | Record[PathState],
        visitor: Visitor,
        cause: PlanCause,
        changed: str,
    ) -> None:
        current, now = visitor.plan, record.envelope.time
        if current is None or visitor.wishes.end <= now:
            return
        found = self._plan(remaining_wishes(visitor.wishes, current, now), now)
        offer = msgspec.structs.replace(found, offer=True, cause=cause, changed=changed, replaces=current.event_id)
        self._book.set_plan(offer)
        metrics.OFFERS.labels(cause).inc()
        result.outputs.append(OutputRecord(PLANS, offer.visitor, offer, record.envelope, part=offer.visitor))
        self._report_progress()
        await asyncio.sleep(0)  # plans take milliseconds each

    def _plan(self, wishes: ItineraryWishes, now: datetime) -> ItineraryPlan:
        with metrics.PLAN_SECONDS.time():
            found = self._book.plan(wishes, now)
        outcome = "complete" if found.is_feasible else "partial" if found.reachable else "no_way"
        metrics.PLANS_MADE.labels(outcome).inc()
        return found
