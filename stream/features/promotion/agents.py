"""Agents for promotion: what production decides, and what was shown → campaigns with their counts and estimates."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import msgspec

from processors.promotion.campaign import CampaignRow, PromotionError
from processors.promotion.retention import CAMPAIGN_IDLE, SHOWINGS_IDLE
from processors.promotion.seen_showings import Recognition, SeenShowings, bucket_of
from processors.promotion.tastes import tastes_of
from schemas.promotion import (
    PROMOTION_ACTIONS,
    PROMOTION_CAMPAIGNS,
    PROMOTION_EVENTS,
    CampaignId,
    PromotionAction,
    PromotionEvent,
)
from stream.features.promotion import metrics
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.state import StateCodec, StateTable
from stream.runtime.worker_context import WorkerContext

PRODUCE_INTERVAL = timedelta(seconds=10)
"""Least time of the events between two records of a campaign in a backlog."""

MAX_CACHED = 4_000
"""Rows that are kept decoded, of 257 a campaign."""

AnyRow = CampaignRow | SeenShowings


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    states = worker.states("promotion", PROMOTION_EVENTS, row_codec(), max_cached=MAX_CACHED, keep=keep_row)
    agent = PromotionAgent(worker, states, frozenset(tastes_of(worker.venue)))
    worker.agent(PROMOTION_EVENTS, agent.count, states=states)
    worker.agent(PROMOTION_ACTIONS, agent.act, states=states)


def row_codec() -> StateCodec[AnyRow]:
    """Return the codec of both kinds of rows: only the keys of showings have a #."""
    campaigns, showings = msgspec.json.Decoder(CampaignRow), msgspec.json.Decoder(SeenShowings)

    def load(key: str, row: bytes | None) -> AnyRow:
        if "#" in key:
            return SeenShowings() if row is None else showings.decode(row)
        return CampaignRow() if row is None else campaigns.decode(row)

    return StateCodec(load, msgspec.json.encode)


def keep_row(row: AnyRow) -> timedelta:
    """Return how long a row is kept after its last change."""
    return CAMPAIGN_IDLE if isinstance(row, CampaignRow) else SHOWINGS_IDLE


class PromotionAgent:
    """Keeps campaigns, and counts what was shown and responded to, each once."""

    def __init__(self, worker: WorkerContext, states: StateTable[AnyRow], tastes: frozenset[str]) -> None:
        self._worker = worker
        self._states = states
        self._tastes = tastes

    async def act(self, records: list[Record[PromotionAction]]) -> BatchResult:
        """Apply what production decides; produce the campaign after each action."""
        result = BatchResult()
        changed: dict[str, AnyRow] = {}
        for record in records:
            action = record.payload
            try:
                _check_key(record.key, action.campaign)
                row = self._campaign(action.campaign)
                if row.includes(PROMOTION_ACTIONS.name, record.offset):
                    continue
                row.act(action)
            except (PromotionError, InvalidRecordError) as error:
                result.reject(record, InvalidRecordError("content", str(error)))
                continue
            changed[action.campaign] = row
            result.outputs.append(self._output(row, record))
        result.rows |= {key: self._states.row_to_store(key, row) for key, row in changed.items()}
        return result

    async def count(self, records: list[Record[PromotionEvent]]) -> BatchResult:
        """Count showings and responses; produce the campaigns that are due."""
        result = BatchResult()
        changed: dict[str, AnyRow] = {}
        last: dict[str, Record[PromotionEvent]] = {}
        for record in records:
            event = record.payload
            try:
                _check_key(record.key, event.campaign)
                self._count(record, changed)
            except InvalidRecordError as error:
                result.reject(record, error)
                continue
            last[event.campaign] = record
        for record in last.values():
            row = self._campaign(record.payload.campaign)
            if self._is_due(row, record):
                row.shown_at = max(row.shown_at or record.payload.time, record.payload.time)
                result.outputs.append(self._output(row, record))
        result.rows |= {key: self._states.row_to_store(key, row) for key, row in changed.items()}
        return result

    def _count(self, record: Record[PromotionEvent], changed: dict[str, AnyRow]) -> None:
        """Count one event, and note the rows that it changes.

        Raises:
            InvalidRecordError: it fits no campaign, or responds to nothing that was shown.
        """
        event, row = record.payload, self._campaign(record.payload.campaign)
        if (problem := row.problem_of(event, self._tastes)) is not None:
            raise InvalidRecordError("content", problem)
        bucket = bucket_of(event)
        seen = self._showings(bucket)
        found = seen.add(event, record.offset)
        if found is Recognition.UNKNOWN:
            raise InvalidRecordError("content", f"no such showing {event.showing!r} was counted to respond to")
        changed[bucket], changed[event.campaign] = seen, row
        if row.includes(PROMOTION_EVENTS.name, record.offset):
            return  # repeated after a crash: the state includes it already
        metrics.EVENTS_READ.labels(event.kind if found is Recognition.NEW else found.value).inc()
        if found is Recognition.NEW:
            row.count(event)

    def _is_due(self, row: CampaignRow, record: Record[PromotionEvent]) -> bool:
        if row.shown_at is None or self._worker.is_last(record):
            return True
        return record.payload.time - row.shown_at >= PRODUCE_INTERVAL

    def _output(self, row: CampaignRow, record: Record[PromotionAction] | Record[PromotionEvent]) -> OutputRecord:
        payload = record.payload
        state = row.state(payload.campaign, record.id, payload.time)
        for choice, one in (("chosen", state.rate), ("uniform", state.uniform)):
            if one is not None:
                metrics.RATE.labels(payload.campaign, choice).set(one.rate)
        return OutputRecord(PROMOTION_CAMPAIGNS, payload.campaign, state, record.envelope)

    def _campaign(self, campaign: CampaignId) -> CampaignRow:
        return cast(CampaignRow, self._states.get(campaign))

    def _showings(self, bucket: str) -> SeenShowings:
        return cast(SeenShowings, self._states.get(bucket))


def _check_key(key: str, campaign: CampaignId) -> None:
    """Check the key of a record.

    Raises:
        InvalidRecordError: it is not the campaign, or a campaign can't have this name.
    """
    if key != campaign:
        raise InvalidRecordError("content", f"the record's key {key!r} is not its campaign")
    if "#" in campaign:
        raise InvalidRecordError("content", f"the campaign's name {campaign!r} has a #")
