"""The newest forecast of every bar, read from the end of `demand.forecasts`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.bars import DEMAND, DemandForecast
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_tail

BACK = 1000
"""Forecasts of a partition that are looked at: a busy hour of a dozen bars. A bar silent for longer is not shown."""


def last_forecasts(settings: Settings) -> dict[str, DemandForecast]:
    """By bar, in the order of their names.

    Raises:
        LookupError: there is no such topic.
        TimeoutError: the broker does not answer.
    """
    return newest(message.value() for message in read_tail(settings, DEMAND.name, BACK))


def newest(values: Iterable[bytes | None]) -> dict[str, DemandForecast]:
    """The last of each bar; what can't be decoded is for the worker that buries it."""
    decoder, found = msgspec.json.Decoder(DemandForecast), dict[str, DemandForecast]()
    for value in values:
        if (forecast := try_decode_payload(decoder, value, DEMAND.event_type)) is not None:
            found[forecast.bar] = forecast
    return dict(sorted(found.items()))
