"""Agents for moments: readings of posts → links with sets → posts of each set by minute."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from processors.event_time import at_receipt
from processors.festival.sections import sets_of
from processors.moments.linking import PostLinker, text_with_accounts
from processors.moments.meaning import PerformanceMeaning
from processors.moments.minutes import SetMoments, masked_accounts
from processors.support.encoder import Encoder
from schemas.fields import identifier
from schemas.ids import EventId, PlaceId, SetId
from schemas.moments import MOMENT_LINKS, MOMENT_MINUTES, PostLink
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.routes import PATHS
from schemas.social import POST_READINGS, PostReading
from schemas.venue import Venue
from stream.features.moments import metrics
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record, try_decode_payload
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext


def register(worker: WorkerContext) -> None:
    """Add the agents; a venue without a programme in its file has none."""
    sets = sets_of(worker.venue.section(PROGRAMME))
    if not sets:
        return
    encoder = Encoder.load()
    meaning = PerformanceMeaning(lambda texts: encoder.encode(texts).vectors)
    programme = KnownSets(sets)
    worker.broadcast(PROGRAMME_SETS, programme.add_record)
    links = LinkAgent(PostLinker(stage_names(worker.venue, sets)), meaning, programme)
    worker.agent(POST_READINGS, links.link)
    states = worker.states("moments", MOMENT_LINKS, struct_codec(SetMoments, SetMoments))
    worker.agent(MOMENT_LINKS, MinutesAgent(states).count, states=states)


def stage_names(venue: Venue, sets: Iterable[ProgrammeSet]) -> dict[PlaceId, tuple[str, ...]]:
    """Return the names of each stage of the programme, by the map of paths."""
    places = {place.id: place for place in venue.section(PATHS).places}
    names: dict[PlaceId, tuple[str, ...]] = {}
    for one in sets:
        place = places.get(one.stage)
        names[one.stage] = () if place is None else tuple(dict.fromkeys((place.name_es, place.name_en)))
    return names


class KnownSets:
    """Sets of the programme as they are now, whichever worker reads them."""

    def __init__(self, sets: Iterable[ProgrammeSet]) -> None:
        self._sets: dict[SetId, ProgrammeSet] = {one.id: one for one in sets}
        self._decoder = msgspec.json.Decoder(ProgrammeSet)

    def add_record(self, value: bytes | None) -> None:
        """Add the state of a set; ignores what can't be decoded."""
        one = try_decode_payload(self._decoder, value, PROGRAMME_SETS.event_type)
        if one is not None:
            self._sets[one.id] = one

    def now(self) -> tuple[ProgrammeSet, ...]:
        """Return all sets."""
        return tuple(self._sets.values())


class LinkAgent:
    """Links each reading to the set that it is about, if it is about one."""

    def __init__(self, linker: PostLinker, meaning: PerformanceMeaning, programme: KnownSets) -> None:
        self._linker = linker
        self._meaning = meaning
        self._programme = programme

    async def link(self, records: list[Record[PostReading]]) -> BatchResult:
        """Produce a link for each post about a set."""
        texts = [text_with_accounts(one.payload.excerpt, one.payload.accounts) for one in records]
        scores = await asyncio.to_thread(self._meaning.scores, texts)
        result, sets = BatchResult(), self._programme.now()
        for record, text, score in zip(records, texts, scores, strict=True):
            reading = record.payload
            time = at_receipt(reading.time, record.envelope.received)
            found = self._linker.link(text, time, reading.place, score, sets)
            metrics.READ.labels("unlinked" if found is None else "linked").inc()
            if found is None:
                continue
            link = PostLink(
                event_id=EventId(identifier(f"{record.id}/moment")),
                post=reading.post,
                set=found.set.id,
                stage=found.set.stage,
                time=time,
                chance=round(found.chance, 4),
                sentiment=reading.sentiment,
                shares=reading.shares,
                photos=reading.photos,
                likes=reading.likes,
                excerpt=masked_accounts(reading.excerpt),
            )
            result.outputs.append(OutputRecord(MOMENT_LINKS, link.set, link, record.envelope))
        return result


class MinutesAgent:
    """Counts the posts of each set by minute, and finds bursts."""

    def __init__(self, states: StateTable[SetMoments]) -> None:
        self._states = states

    async def count(self, records: list[Record[PostLink]]) -> BatchResult:
        """Produce the minutes that posts change."""
        return await apply_to_states(records, self._states, _count)


def _count(record: Record[PostLink], state: SetMoments) -> Effects[SetMoments]:
    link = record.payload
    if record.key != link.set:
        raise InvalidRecordError("content", f"the record's key {record.key!r} is not its set {link.set!r}")
    before = state.bursts
    minutes = state.add(link, record.offset)
    if not minutes:
        metrics.LATE.inc()
        return Effects(state=state)
    metrics.BURSTS.labels(link.stage).inc(state.bursts - before)
    outputs = tuple(
        OutputRecord(MOMENT_MINUTES, record.key, minute, record.envelope, part=f"{minute.time:%H%M}")
        for minute in minutes
    )
    return Effects(outputs, state)
