"""Live state of a festival: occupancy, queues, weather, gates, delays, closed places and announcements.

The state is true for some minutes from the time that it states; at any other time nothing is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct, field

from schemas.errors import PulsoError
from schemas.fields import Count, Instant, NonNegative
from schemas.ids import ActId, PlaceId


class LiveStateError(PulsoError, ValueError):
    """The file of live state can't be used; the message says why."""


class ZoneOccupancy(Struct, frozen=True):
    """People in a zone."""

    id: PlaceId
    occupancy: Count
    capacity: Count


class QueueTime(Struct, frozen=True):
    """Waiting time at a place, in minutes; None while the place is out of service."""

    id: PlaceId
    minutes: NonNegative | None


class ClosedPlace(Struct, frozen=True):
    """A place that is closed in spite of its hours."""

    id: PlaceId
    reopens: Instant | None = None
    reason_es: str = ""
    reason_en: str = ""


class GateState(Struct, frozen=True):
    """State and waiting time of an entrance or exit."""

    id: PlaceId
    state: str
    wait_minutes: NonNegative | None = None
    reopens: Instant | None = None
    reason_es: str = ""
    reason_en: str = ""

    @property
    def is_open(self) -> bool:
        """Return True if people can pass."""
        return self.state == "open"


class Delay(Struct, frozen=True):
    """A set that begins later than in the programme."""

    act_id: ActId
    minutes: NonNegative
    new_start: Instant
    new_end: Instant
    reason_es: str = ""
    reason_en: str = ""


class WeatherForecast(Struct, frozen=True):
    """Forecast of one hour."""

    time: Instant
    temperature_c: float
    rain_probability_percent: float


class Weather(Struct, frozen=True):
    """Weather now, and its forecast."""

    temperature_c: float
    wind_kmh: NonNegative
    gusts_kmh: NonNegative | None = None
    rain_probability_percent: NonNegative = 0
    warning: str | None = None
    forecast: tuple[WeatherForecast, ...] = ()


class Announcement(Struct, frozen=True):
    """A message to everybody on site."""

    id: str
    time: Instant
    text_es: str
    text_en: str


class LiveState(Struct, frozen=True, kw_only=True):
    """Live state at one time, true for `valid_minutes` from then on."""

    as_of: Instant
    valid_minutes: NonNegative = 15
    zones: tuple[ZoneOccupancy, ...] = ()
    bar_queues: tuple[QueueTime, ...] = ()
    toilet_queues: tuple[QueueTime, ...] = ()
    closed_places: tuple[ClosedPlace, ...] = ()
    weather: Weather | None = None
    gates: tuple[GateState, ...] = ()
    delays: tuple[Delay, ...] = ()
    announcements: tuple[Announcement, ...] = field(default=())

    def is_valid_at(self, moment: datetime) -> bool:
        """Return True while the state is true.

        >>> from datetime import UTC
        >>> state = LiveState(as_of=datetime(2027, 7, 10, 18, 35, tzinfo=UTC), valid_minutes=15)
        >>> [state.is_valid_at(datetime(2027, 7, 10, 18, minute, tzinfo=UTC)) for minute in (34, 35, 50, 51)]
        [False, True, True, False]
        """
        return self.as_of <= moment <= self.as_of + timedelta(minutes=self.valid_minutes)

    def unusable_places(self) -> frozenset[PlaceId]:
        """Return the places that are closed, closed gates and what is out of service included."""
        closed = {place.id for place in self.closed_places}
        closed |= {gate.id for gate in self.gates if not gate.is_open}
        closed |= {queue.id for queue in (*self.bar_queues, *self.toilet_queues) if queue.minutes is None}
        return frozenset(closed)


def read_live_state(path: Path) -> LiveState:
    """Read a JSON file.

    Raises:
        LiveStateError: the file is not valid.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=LiveState)
    except (OSError, msgspec.DecodeError) as error:
        raise LiveStateError(f"{path}: {error}") from error


def live_state_at(state: LiveState | None, moment: datetime) -> LiveState | None:
    """Return a state while it is true, otherwise None."""
    return state if state is not None and state.is_valid_at(moment) else None
