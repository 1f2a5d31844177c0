"""The script of the evening: what happens where and when. Everything else of the demo is drawn from it.

Times inside the demo are seconds since the doors opened; `Evening.at` turns them into instants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

MINUTE = 60.0
HOUR = 3600.0
LENGTH = 8 * HOUR
DOORS = datetime(2025, 7, 5, 18, 0, tzinfo=ZoneInfo("Europe/Madrid"))

Style = Literal["happy", "sad", "angry", "calm"]
IncidentKind = Literal["blind", "scuffle", "surge", "silence", "urgent", "blocked", "offline"]


def clock(text: str) -> float:
    """Seconds since the doors opened at 18:00 of a time on the evening's clock.

    >>> clock("18:30"), clock("00:15")
    (1800.0, 22500.0)
    """
    hours, minutes = (int(part) for part in text.split(":"))
    return ((hours - 18) % 24) * HOUR + minutes * MINUTE


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody plays on a stage.

    Attributes:
        draw: people in front of the main stage at the height of it.
    """

    stage: str
    name: str
    start: float
    end: float
    style: Style
    beats_per_minute: float
    draw: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something goes wrong at a place, from `start` to `end`."""

    kind: IncidentKind
    place: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Weather:
    """Degrees Celsius and millimetres of rain an hour."""

    temperature: float
    rain: float


def _act(stage: str, name: str, times: str, style: Style, beats_per_minute: float, draw: int) -> Act:
    start, end = times.split("-")
    return Act(stage, name, clock(start), clock(end), style, beats_per_minute, draw)


def _incident(kind: IncidentKind, place: str, times: str) -> Incident:
    start, end = times.split("-")
    return Incident(kind, place, clock(start), clock(end))


ACTS = (
    _act("main", "Los Faroles de Cartón", "18:45-19:45", "calm", 84, 130),
    _act("main", "Marea Doble", "20:15-21:15", "happy", 124, 230),
    _act("main", "Hierro Manso", "21:45-22:45", "angry", 168, 270),
    _act("main", "La Hora Clara", "23:15-00:45", "happy", 132, 480),
    _act("main", "Última Orilla", "01:10-01:50", "sad", 70, 120),
    _act("forest", "Nana Bermeja", "19:00-20:00", "sad", 66, 0),
    _act("forest", "Bosque Voltaico", "20:30-21:30", "happy", 128, 0),
    _act("forest", "Cuerda y Salitre", "22:00-23:00", "calm", 76, 0),
    _act("forest", "DJ Rebalaje", "00:50-01:50", "happy", 130, 0),
)

INCIDENTS = (
    _incident("urgent", "food", "19:50-19:51"),
    _incident("blind", "bar-square", "20:30-20:55"),
    _incident("silence", "forest", "20:50-20:52"),
    _incident("offline", "south-2", "21:17-21:38"),
    _incident("surge", "top-up", "21:20-21:27"),
    _incident("blocked", "gate", "22:46-22:54"),
    _incident("urgent", "gate", "22:51-22:52"),
    _incident("scuffle", "bar-square", "23:02-23:03"),
    _incident("urgent", "front", "23:50-23:51"),
)

# People that the camera of a zone sees, without those whom an act draws: (time, people), straight lines between.
_CROWD: dict[str, tuple[tuple[str, int], ...]] = {
    "front": (("18:00", 10), ("18:40", 45), ("22:50", 60), ("00:50", 60), ("01:59", 12)),
    "gate": (
        ("18:00", 60), ("18:40", 150), ("19:30", 110), ("20:30", 45), ("22:00", 50), ("22:40", 25), ("23:00", 25),
        ("23:10", 70), ("00:40", 25), ("00:55", 190), ("01:20", 70), ("01:45", 60), ("01:59", 150),
    ),
    "bars": (
        ("18:00", 12), ("18:40", 90), ("18:55", 70), ("19:40", 80), ("20:00", 190), ("20:20", 90), ("21:10", 90),
        ("21:30", 230), ("21:50", 95), ("22:40", 90), ("23:00", 240), ("23:20", 80), ("00:40", 60), ("01:00", 170),
        ("01:20", 80), ("01:59", 20),
    ),
}  # fmt: skip
_TEMPERATURE = (("18:00", 31.0), ("20:00", 28.5), ("22:20", 24.5), ("22:50", 20.5), ("01:59", 19.0))
_RAIN = (("22:15", 0.0), ("22:22", 3.5), ("22:38", 2.5), ("22:45", 0.0))

QUEUE_GROWS = 30 / MINUTE
"""people a second by whom the queue grows while an exit lets only a few through"""
QUEUE_GOES = 4 * MINUTE
"""after an exit is free again"""
SHELTER = 0.4
"""share of those before the stage who wait under the awnings of the bars while it rains"""
SHELTER_RAIN = 3.0
"""millimetres an hour from which that many do"""


def _on_line(points: tuple[tuple[str, float], ...], time: float) -> float:
    """The value at a time of the straight lines through the points, level before the first and after the last."""
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
        doors: when the doors open.
        number: which evening of a run this is, from 0; a run without an end plays one after the other.
    """

    seed: int = 0
    doors: datetime = DOORS
    number: int = 0

    def next(self) -> Evening:
        """The evening of the following day."""
        return replace(self, seed=self.seed + 1, doors=self.doors + timedelta(days=1), number=self.number + 1)

    def at(self, time: float) -> datetime:
        """The instant `time` seconds after the doors opened.

        >>> Evening().at(clock("23:15")).isoformat()
        '2025-07-05T23:15:00+02:00'
        """
        return self.doors + timedelta(seconds=time)

    def act(self, stage: str, time: float) -> Act | None:
        """Who plays on the stage, or None in a break.

        >>> Evening().act("main", clock("23:30")).name
        'La Hora Clara'
        """
        return next((act for act in ACTS if act.stage == stage and act.start <= time < act.end), None)

    def is_break(self, time: float) -> bool:
        """Whether nobody plays on the main stage, so that everyone goes for a drink."""
        return self.act("main", time) is None

    def persons(self, zone: str, time: float) -> int:
        """How many people the camera of the zone sees; a zone that the script doesn't know gets those of the bars."""
        return round(self._dry(zone, time) * (1 + self.sheltering(zone, time))) + self.queue(zone, time)

    def _dry(self, zone: str, time: float) -> float:
        """People whom the script wants there, whatever the weather."""
        people = _on_line(_CROWD.get(zone, _CROWD["bars"]), time)
        return people + sum(_drawn(act, time) for act in ACTS) if zone == "front" else people

    def sheltering(self, zone: str, time: float) -> float:
        """By what share of its people the rain fills a zone, negative where it empties it.

        >>> evening = Evening()
        >>> evening.sheltering("front", clock("22:22")), evening.sheltering("gate", clock("22:22"))
        (-0.4, 0.0)
        >>> evening.sheltering("bars", clock("22:22")) > 1
        True
        """
        going = SHELTER * min(1.0, self.weather(time).rain / SHELTER_RAIN)
        if zone == "front":
            return -going
        return going * self._dry("front", time) / self._dry("bars", time) if zone == "bars" else 0.0

    def queue(self, zone: str, time: float) -> int:
        """People who stand before a blocked exit of the zone.

        >>> [Evening().queue("gate", clock(text)) for text in ("22:46", "22:50", "22:56", "22:58")]
        [0, 120, 120, 0]
        """
        people = 0.0
        for found in INCIDENTS:
            if found.kind == "blocked" and found.place == zone and found.start <= time:
                most = QUEUE_GROWS * (min(time, found.end) - found.start)
                people += most * max(0.0, min(1.0, 1 - (time - found.end) / QUEUE_GOES))
        return round(people)

    def weather(self, time: float) -> Weather:
        """A warm evening with a shower at 22:20.

        >>> Evening().weather(clock("22:22"))
        Weather(temperature=24.233333333333334, rain=3.5)
        """
        return Weather(_on_line(_TEMPERATURE, time), _on_line(_RAIN, time))

    def daylight(self, time: float) -> float:
        """1 in the sun, 0 at night; the sun sets at 21:48 in Madrid at the beginning of July."""
        return _on_line((("18:00", 1.0), ("20:30", 0.9), ("22:10", 0.0)), time)

    def incident(self, kind: IncidentKind, place: str, time: float) -> Incident | None:
        """The incident of that kind going on at a place, or None."""
        return next(
            (found for found in INCIDENTS if found.kind == kind and found.place == place and _goes_on(found, time)),
            None,
        )


def _goes_on(incident: Incident, time: float) -> bool:
    return incident.start <= time < incident.end


def _drawn(act: Act, time: float) -> float:
    """People come over the 20 minutes before an act's second song and are gone 12 minutes after its end."""
    coming = (time - (act.start - 15 * MINUTE)) / (20 * MINUTE)
    going = (act.end + 12 * MINUTE - time) / (12 * MINUTE)
    return act.draw * max(0.0, min(1.0, coming, going))
