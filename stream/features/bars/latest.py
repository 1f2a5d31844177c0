"""Latest forecast and latest state of every bar: written by the bars worker, read by the command line.

Both topics are compacted, so a bar that has been silent for long is still found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from schemas.bars import BAR_STATES, DEMAND, LATEST_DEMAND, BarSnapshot, DemandForecast
from schemas.ids import BarId
from schemas.venue import Venue
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.state import StateCodec
from stream.runtime.topic_reader import read_all

if TYPE_CHECKING:
    from processors.bars.bar import BarState


def bar_codec(venue: Venue) -> StateCodec[BarState]:
    """Return the codec of a bar's state row."""
    # It brings River and SciPy's statistics: only who decodes a state pays for them.
    from processors.bars.bar import BarState  # noqa: PLC0415

    plans = {bar.id: bar for bar in venue.bars}

    def load(key: str, row: bytes | None) -> BarState:
        name = BarId(key)
        return BarState(name, plans.get(name), venue.timezone, row)

    return StateCodec(load, lambda bar: bar.to_row())


def add_latest(result: BatchResult) -> BatchResult:
    """Add the last forecast of each bar and its state to a batch, for the compacted topics.

    Args:
        result: result of a batch; changed in place and returned.
    """
    last = {output.key: output for output in result.outputs if output.topic is DEMAND}
    latest: list[OutputRecord] = []
    for key, output in last.items():
        latest.append(replace(output, topic=LATEST_DEMAND))
        row = result.rows.get(key)
        if row is not None and isinstance(output.payload, DemandForecast):
            snapshot = BarSnapshot(bar=BarId(key), time=output.payload.time, state=msgspec.Raw(row))
            latest.append(replace(output, topic=BAR_STATES, payload=snapshot))
    # Before the forecasts themselves: a consumer of a new forecast must find it among the latest, too.
    result.outputs = [*latest, *result.outputs]
    return result


def latest_forecasts(settings: Settings) -> dict[BarId, DemandForecast]:
    """Return the latest forecast of each bar, in the order of their names.

    Raises:
        MissingTopicError: The topic does not exist yet.
        TimeoutError: The broker does not answer.
    """
    return last_by_bar(message.value() for message in read_all(settings, LATEST_DEMAND.name))


def last_by_bar(values: Iterable[bytes | None]) -> dict[BarId, DemandForecast]:
    """Return the last forecast of each bar among encoded records; records that can't be decoded are skipped."""
    decoder = msgspec.json.Decoder(DemandForecast)
    last: dict[BarId, DemandForecast] = {}
    for value in values:
        if (forecast := try_decode_payload(decoder, value, LATEST_DEMAND.event_type)) is not None:
            last[forecast.bar] = forecast
    return dict(sorted(last.items()))


def latest_bars(settings: Settings, venue: Venue) -> dict[BarId, BarState]:
    """Return the latest state of each bar, in the order of their names.

    Raises:
        MissingTopicError: The topic does not exist yet.
        TimeoutError: The broker does not answer.
        StateVersionError: A state was written by a newer version of Pulso.
    """
    return decode_bars((message.value() for message in read_all(settings, BAR_STATES.name)), venue)


def decode_bars(values: Iterable[bytes | None], venue: Venue) -> dict[BarId, BarState]:
    """Return the last state of each bar among encoded snapshots; records that can't be decoded are skipped."""
    decoder = msgspec.json.Decoder(BarSnapshot)
    last: dict[BarId, bytes] = {}
    for value in values:
        if (snapshot := try_decode_payload(decoder, value, BAR_STATES.event_type)) is not None:
            last[snapshot.bar] = bytes(snapshot.state)
    codec = bar_codec(venue)
    return {bar: codec.decode(bar, row) for bar, row in sorted(last.items())}
