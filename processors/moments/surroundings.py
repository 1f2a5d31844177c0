"""Crowd, sales and sound of each stage by minute, to stand beside the posts of the same minutes."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from processors.festival.bar_stages import nearest_stages
from schemas.crowd import CrowdCount
from schemas.ids import BarId, CameraId, ZoneId
from schemas.music import MusicTags
from schemas.venue import Venue

MAX_MINUTES = 360
"""Minutes of a stage that are kept, the latest ones."""


class StageMinute(Struct):
    """Crowd, sales and sound of one stage within one minute.

    Attributes:
        persons: last count of each camera and zone before the stage.
        units: sold at the bars near the stage.
        loudness: mean square of the fragments, sum and number.
        mood: the last one; empty where no fragment came.
    """

    persons: dict[str, float] = field(default_factory=dict)
    units: float = 0.0
    power: float = 0.0
    fragments: int = 0
    mood: str = ""

    @property
    def crowd(self) -> float | None:
        """Return the people before the stage; None where no camera counted."""
        return sum(self.persons.values()) if self.persons else None

    @property
    def mean_power(self) -> float | None:
        """Return the mean square of the sound, 1 at full scale; None where no fragment came."""
        return self.power / self.fragments if self.fragments else None


class StageSurroundings:
    """Minutes of each stage of the venue file, with bounded memory."""

    def __init__(self, venue: Venue) -> None:
        self._of_zone: dict[ZoneId, list[str]] = {}
        for stage in venue.stages:
            if stage.zone is not None:
                self._of_zone.setdefault(stage.zone, []).append(stage.id)
        self._of_bar: dict[BarId, tuple[str, ...]] = {bar.id: nearest_stages(bar, venue) for bar in venue.bars}
        self._minutes: dict[str, dict[int, StageMinute]] = {stage.id: {} for stage in venue.stages}

    def add_crowd(self, count: CrowdCount) -> set[str]:
        """Add the heads of a picture; return the stages that it concerns."""
        found = set()
        for zone in count.zones:
            for stage in self._of_zone.get(zone.zone, ()):
                if (minute := self._minute(stage, count.time)) is not None:
                    minute.persons[_view(count.camera, zone.zone)] = zone.persons
                    found.add(stage)
        return found

    def add_sale(self, bar: BarId, time: datetime, units: float) -> set[str]:
        """Add a ticket of a bar; return the stages that it concerns."""
        found = set()
        for stage in self._of_bar.get(bar, ()):
            if (minute := self._minute(stage, time)) is not None:
                minute.units += units
                found.add(stage)
        return found

    def add_music(self, tags: MusicTags) -> set[str]:
        """Add a fragment of a stage; return the stages that it concerns."""
        minute = self._minute(tags.stage, tags.time)
        if minute is None:
            return set()
        minute.power += 10 ** (tags.loudness / 10)
        minute.fragments += 1
        minute.mood = "" if tags.silent else tags.mood
        return {str(tags.stage)}

    def at(self, stage: str, number: int) -> StageMinute | None:
        """Return a minute, by its Unix time in minutes; None where nothing is known of it."""
        return self._minutes.get(stage, {}).get(number)

    def _minute(self, stage: str, time: datetime) -> StageMinute | None:
        minutes, number = self._minutes.get(stage), int(time.timestamp()) // 60
        if minutes is None:
            return None
        latest = max(minutes, default=number)
        if number <= latest - MAX_MINUTES:
            return None
        if number not in minutes:
            minutes[number] = StageMinute()
            for old in [one for one in minutes if one <= max(latest, number) - MAX_MINUTES]:
                del minutes[old]
        return minutes[number]


def _view(camera: CameraId, zone: ZoneId) -> str:
    return f"{camera}/{zone}"
