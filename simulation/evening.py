"""Script of the evening: acts, incidents, crowd sizes and weather. All simulated events are derived from it.

Times in the simulation are seconds since the doors opened; `Evening.at` converts them into datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from schemas.ids import CameraId, StageId, ZoneId

MINUTE = 60.0
HOUR = 3600.0
EVENING_SECONDS = 8 * HOUR
DOORS_OPEN_AT = datetime(2025, 7, 5, 18, 0, tzinfo=ZoneInfo("Europe/Madrid"))

FRONT_ZONE, GATE_ZONE, BARS_ZONE = ZoneId("front"), ZoneId("gate"), ZoneId("bars")
"""Zones of the demo venue."""
FRONT_LEFT, GATE_EAST, BAR_SQUARE = CameraId("front-left"), CameraId("gate-east"), CameraId("bar-square")
"""Cameras of the demo venue, one for each of these zones."""
MAIN_STAGE, FOREST_STAGE = StageId("main"), StageId("forest")
"""Stages of the demo venue."""

Style = Literal["happy", "sad", "angry", "calm"]
IncidentKind = Literal["blind", "fight", "surge", "silence", "urgent", "blocked", "offline"]


def clock(text: str) -> float:
    """Return the seconds since the doors opened at 18:00 for a time of day.

    >>> clock("18:30"), clock("00:15")
    (1800.0, 22500.0)
    """
    hours, minutes = (int(part) for part in text.split(":"))
    return ((hours - 18) % 24) * HOUR + minutes * MINUTE


@dataclass(frozen=True, slots=True)
class Act:
    """Act on a stage.

    Attributes:
        draw: additional people in front of the main stage while the act plays.
    """

    stage: StageId
    name: str
    start: float
    end: float
    style: Style
    beats_per_minute: float
    draw: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Incident at a place from `start` to `end`, in seconds since the doors opened."""

    kind: IncidentKind
    place: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Weather:
    """Temperature in degrees Celsius and rain in millimetres per hour."""

    temperature: float
    rain: float


def _act(stage: StageId, name: str, times: str, style: Style, beats_per_minute: float, draw: int) -> Act:
    start, end = times.split("-")
    return Act(stage, name, clock(start), clock(end), style, beats_per_minute, draw)


def _incident(kind: IncidentKind, place: str, times: str) -> Incident:
    start, end = times.split("-")
    return Incident(kind, place, clock(start), clock(end))


ACTS = (
    _act(MAIN_STAGE, "Los Faroles de Cartón", "18:45-19:45", "calm", 84, 130),
    _act(MAIN_STAGE, "Marea Doble", "20:15-21:15", "happy", 124, 230),
    _act(MAIN_STAGE, "Hierro Manso", "21:45-22:45", "angry", 168, 270),
    _act(MAIN_STAGE, "La Hora Clara", "23:15-00:45", "happy", 132, 480),
    _act(MAIN_STAGE, "Última Orilla", "01:10-01:50", "sad", 70, 120),
    _act(FOREST_STAGE, "Nana Bermeja", "19:00-20:00", "sad", 66, 0),
    _act(FOREST_STAGE, "Bosque Voltaico", "20:30-21:30", "happy", 128, 0),
    _act(FOREST_STAGE, "Cuerda y Salitre", "22:00-23:00", "calm", 76, 0),
    _act(FOREST_STAGE, "DJ Rebalaje", "00:50-01:50", "happy", 130, 0),
)

INCIDENTS = (
    _incident("urgent", "food", "19:50-19:51"),
    _incident("blind", BAR_SQUARE, "20:30-20:55"),
    _incident("silence", FOREST_STAGE, "20:50-20:52"),
    _incident("offline", "south-2", "21:17-21:38"),
    _incident("surge", "top-up", "21:20-21:27"),
    _incident("blocked", GATE_ZONE, "22:46-22:54"),
    _incident("urgent", "gate", "22:51-22:52"),
    _incident("fight", BAR_SQUARE, "23:02-23:03"),
    _incident("urgent", "front", "23:50-23:51"),
)

# People in view of a zone's camera without the audience of an act: (time, people), linearly interpolated.
_PEOPLE_BY_ZONE: dict[ZoneId, tuple[tuple[str, int], ...]] = {
    FRONT_ZONE: (("18:00", 10), ("18:40", 45), ("22:50", 60), ("00:50", 60), ("01:59", 12)),
    GATE_ZONE: (
        ("18:00", 60), ("18:40", 150), ("19:30", 110), ("20:30", 45), ("22:00", 50), ("22:40", 25), ("23:00", 25),
        ("23:10", 70), ("00:40", 25), ("00:55", 190), ("01:20", 70), ("01:45", 60), ("01:59", 150),
    ),
    BARS_ZONE: (
        ("18:00", 12), ("18:40", 90), ("18:55", 70), ("19:40", 80), ("20:00", 190), ("20:20", 90), ("21:10", 90),
        ("21:30", 230), ("21:50", 95), ("22:40", 90), ("23:00", 240), ("23:20", 80), ("00:40", 60), ("01:00", 170),
        ("01:20", 80), ("01:59", 20),
    ),
}  # fmt: skip
_TEMPERATURE = (("18:00", 31.0), ("20:00", 28.5), ("22:20", 24.5), ("22:50", 20.5), ("01:59", 19.0))
_RAIN = (("22:15", 0.0), ("22:22", 3.5), ("22:38", 2.5), ("22:45", 0.0))

QUEUE_GROWTH_PER_SECOND = 30 / MINUTE
"""Growth of the queue at a blocked exit in persons per second."""
QUEUE_DISPERSAL_SECONDS = 4 * MINUTE
"""Seconds until the queue has dispersed after an exit is free again."""
SHELTER_SHARE = 0.4
"""Share of the people in front of the stage who move under the awnings of the bars in heavy rain."""
FULL_SHELTER_RAIN_MM = 3.0
"""Rain in millimetres per hour from which that share moves."""


def _interpolate(points: tuple[tuple[str, float], ...], time: float) -> float:
    """Interpolate linearly between the points; constant before the first and after the last."""
    corners = [(clock(text), float(value)) for text, value in points]
    if time <= corners[0][0]:
        return corners[0][1]
    for (start, low), (end, high) in pairwise(corners):
        if time <= end:
            return low + (high - low) * (time - start) / (end - start)
    return corners[-1][1]


@dataclass(frozen=True, slots=True)
class Evening:
    """One evening; the same seed gives the same events, byte for byte.

    Attributes:
        doors: time at which the doors open.
        number: index of the evening within a run, from 0; an endless run plays evening after evening.
        moved_by: seconds by which every act begins later than in the script. People follow the acts; weather, doors and
            closing times stay.
    """

    seed: int = 0
    doors: datetime = DOORS_OPEN_AT
    number: int = 0
    moved_by: float = 0.0

    @property
    def acts(self) -> tuple[Act, ...]:
        """Acts with the times of this evening."""
        if not self.moved_by:
            return ACTS
        return tuple(replace(act, start=act.start + self.moved_by, end=act.end + self.moved_by) for act in ACTS)

    def next(self) -> Evening:
        """Return the evening of the following day."""
        return replace(self, seed=self.seed + 1, doors=self.doors + timedelta(days=1), number=self.number + 1)

    def at(self, time: float) -> datetime:
        """Return the datetime `time` seconds after the doors opened.

        >>> Evening().at(clock("23:15")).isoformat()
        '2025-07-05T23:15:00+02:00'
        """
        return self.doors + timedelta(seconds=time)

    def act(self, stage: StageId, time: float) -> Act | None:
        """Return the act that plays on the stage, or None in a break.

        >>> Evening().act("main", clock("23:30")).name
        'La Hora Clara'
        """
        return next((act for act in self.acts if act.stage == stage and act.start <= time < act.end), None)

    def is_break(self, time: float) -> bool:
        """Return True if nobody plays on the main stage, which is when the bars are busiest."""
        return self.act(MAIN_STAGE, time) is None

    def persons(self, zone: ZoneId, time: float) -> int:
        """Return the number of people in view of the zone's camera; zones without a script get that of the bars."""
        dry = self._persons_without_rain(zone, time)
        return round(dry * (1 + self.rain_effect(zone, time))) + self.queue_length(zone, time)

    def _persons_without_rain(self, zone: ZoneId, time: float) -> float:
        """Return the number of people in a zone in dry weather, without a queue."""
        people = _interpolate(_PEOPLE_BY_ZONE.get(zone, _PEOPLE_BY_ZONE[BARS_ZONE]), max(0.0, time - self.moved_by))
        return people + sum(_audience_of(act, time) for act in self.acts) if zone == FRONT_ZONE else people

    def rain_effect(self, zone: ZoneId, time: float) -> float:
        """Return the relative change of the people in a zone by rain, negative where people leave.

        >>> evening = Evening()
        >>> evening.rain_effect("front", clock("22:22")), evening.rain_effect("gate", clock("22:22"))
        (-0.4, 0.0)
        >>> evening.rain_effect("bars", clock("22:22")) > 1
        True
        """
        going = SHELTER_SHARE * min(1.0, self.weather(time).rain / FULL_SHELTER_RAIN_MM)
        if zone == FRONT_ZONE:
            return -going
        return (
            going * self._persons_without_rain(FRONT_ZONE, time) / self._persons_without_rain(BARS_ZONE, time)
            if zone == BARS_ZONE
            else 0.0
        )

    def queue_length(self, zone: ZoneId, time: float) -> int:
        """Return the number of people who queue at a blocked exit of the zone.

        >>> [Evening().queue_length("gate", clock(text)) for text in ("22:46", "22:50", "22:56", "22:58")]
        [0, 120, 120, 0]
        """
        people = 0.0
        for incident in INCIDENTS:
            if incident.kind == "blocked" and incident.place == zone and incident.start <= time:
                longest = QUEUE_GROWTH_PER_SECOND * (min(time, incident.end) - incident.start)
                people += longest * max(0.0, min(1.0, 1 - (time - incident.end) / QUEUE_DISPERSAL_SECONDS))
        return round(people)

    def weather(self, time: float) -> Weather:
        """Return the weather: a warm evening with a shower at 22:20.

        >>> Evening().weather(clock("22:22"))
        Weather(temperature=24.233333333333334, rain=3.5)
        """
        return Weather(_interpolate(_TEMPERATURE, time), _interpolate(_RAIN, time))

    def daylight(self, time: float) -> float:
        """Return the daylight from 1 (sun) to 0 (night); sunset is at 21:48 in Madrid at the beginning of July."""
        return _interpolate((("18:00", 1.0), ("20:30", 0.9), ("22:10", 0.0)), time)

    def incident(self, kind: IncidentKind, place: str, time: float) -> Incident | None:
        """Return the incident of that kind that is active at a place, or None."""
        return next(
            (found for found in INCIDENTS if found.kind == kind and found.place == place and _is_active(found, time)),
            None,
        )


def _is_active(incident: Incident, time: float) -> bool:
    return incident.start <= time < incident.end


def _audience_of(act: Act, time: float) -> float:
    """Return the audience of an act: it arrives from 15 min before the start on and is gone 12 min after the end."""
    coming = (time - (act.start - 15 * MINUTE)) / (20 * MINUTE)
    going = (act.end + 12 * MINUTE - time) / (12 * MINUTE)
    return act.draw * max(0.0, min(1.0, coming, going))
