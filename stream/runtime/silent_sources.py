"""Subscription to the sources that are silent, for features whose results rest on several of them."""

from __future__ import annotations

import msgspec

from processors.sources.silent_sources import SilentSources
from schemas.sources import SOURCE_STATES, SourceState
from stream.runtime.record import try_decode_payload
from stream.runtime.worker_context import WorkerContext

REPLAYED_STATES = 1_000
"""States of sources read at the start; each that is silent is written every few seconds."""


def subscribe_to_silent_sources(worker: WorkerContext, silent: SilentSources) -> None:
    """Keep `silent` up to date; ignores records that can't be decoded."""
    decoder = msgspec.json.Decoder(SourceState)

    def add_record(value: bytes | None) -> None:
        state = try_decode_payload(decoder, value, SOURCE_STATES.event_type)
        if state is not None:
            silent.add(state)

    # Events are handled at once; the mark of what is not seen may follow.
    worker.broadcast(SOURCE_STATES, add_record, replay_records=REPLAYED_STATES, wait_until_caught_up=False)
