"""State of one stage: labels smoothed over overlapping fragments, usual loudness and silence, stored as one row."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from processors.music.audio import SILENT_DBFS
from processors.music.label_decision import genre_label, mood_label
from processors.music.tagger import AnalyzedFragment, FragmentTags
from schemas.ids import EventId, StageId
from schemas.music import MusicSettings, MusicTags

SMOOTHING_SECONDS = 30.0
"""Time constant of the labels: a song's mood lasts minutes, and one odd half minute should not change it."""

LOUDNESS_SECONDS = 600.0
"""Time constant of a stage's loudness baseline: some three songs."""

SILENCE_DROP_DB = 40.0
"""Decibels below its loudness baseline at which a stage is silent. A microphone with much gain hisses above
`SILENT_DBFS`; played music seldom varies by more than 30 dB over seconds.
"""

MIN_LOUDNESS_SECONDS = 60.0
"""Seconds of audio from which the loudness baseline is used."""

FULL_WEIGHT_SECONDS = 10.0
"""Length from which a fragment has full weight; a shorter one has proportionally less."""


class DecayingMeans(Struct):
    """Weighted means with exponential decay in event time.

    Attributes:
        time: seconds since 1970, of the latest fragment.
        weight: sum of the weights as of `time`.
        sums: weighted sums by label as of `time`.
    """

    time: float | None = None
    weight: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, values: dict[str, float], time: float, weight: float, constant: float) -> None:
        """Add one fragment; the sums do not depend on the order in which fragments arrive.

        Args:
            values: by label.
            time: of the fragment, seconds since 1970.
            weight: of the fragment, before decay.
            constant: time constant, seconds.
        """
        if self.time is None:
            self.time = time
        late = self.time - time
        if late < 0:
            fade = math.exp(late / constant)
            self.weight *= fade
            self.sums = {name: value * fade for name, value in self.sums.items()}
            self.time, late = time, 0.0
        weight *= math.exp(-late / constant)
        self.weight += weight
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + weight * value

    def means(self) -> dict[str, float]:
        """Return the means by label; empty before the first fragment."""
        return {name: value / self.weight for name, value in self.sums.items()} if self.weight > 1e-300 else {}


class StageRow(Struct):
    """Row of a stage in the state table.

    Attributes:
        offset: offset of the last record applied; the records of a stage are all in one partition.
        tags: probabilities of moods and genres.
        music: share of fragments with music.
        power: power of the audio.
        loudness_seconds: seconds of audio that the loudness baseline rests on.
    """

    offset: int = -1
    tags: DecayingMeans = field(default_factory=DecayingMeans)
    music: DecayingMeans = field(default_factory=DecayingMeans)
    power: DecayingMeans = field(default_factory=DecayingMeans)
    loudness_seconds: float = field(default=0.0, name="heard")


class StageState:
    """Apply fragments of one stage in the order of their offsets, each once, and return the tags.

    Probabilities are running means whose weights decay with the fragments' event time, so a late fragment counts as if
    it had arrived in time, and after a break the old music is forgotten.

    Args:
        name: id of the stage.
        row: as `to_row` returned it; None to begin anew.
        limits: confidence below which no mood and no genre is named.

    >>> from datetime import UTC
    >>> from processors.music.tagger import FragmentTags
    >>> tags = FragmentTags({"happy": 0.75, "sad": 0.25}, {"rock": 1.0}, 120.0)
    >>> stage = StageState("main")
    >>> fragment = AnalyzedFragment(30.0, -20.0, -20.0, tags)
    >>> result = stage.apply(fragment, datetime(2026, 6, 5, tzinfo=UTC), 0, "e1", "mood@1")
    >>> result.mood, result.mood_confidence, result.silent
    ('happy', 0.75, False)
    """

    def __init__(self, name: StageId, row: bytes | None = None, limits: MusicSettings | None = None) -> None:
        self.name = name
        self._limits = limits or MusicSettings()
        self._row = msgspec.json.decode(row, type=StageRow) if row else StageRow()

    def to_row(self) -> bytes:
        """Return the whole state as JSON, under 1 kB."""
        return msgspec.json.encode(self._row)

    def is_applied(self, offset: int) -> bool:
        """Return True for a record that was applied before, whose audio need not be decoded again."""
        return offset <= self._row.offset

    @property
    def silent_below(self) -> float:
        """Loudness in dBFS below which this stage is silent: absolute, or far below its baseline."""
        power = self._row.power.means().get("power")
        if power is None or self._row.loudness_seconds < MIN_LOUDNESS_SECONDS:
            return SILENT_DBFS
        return max(SILENT_DBFS, 10 * math.log10(max(power, 1e-12)) - SILENCE_DROP_DB)

    def apply(
        self, fragment: AnalyzedFragment, time: datetime, offset: int, event_id: EventId, model: str
    ) -> MusicTags | None:
        """Apply one fragment; None for one that was applied before, which changes nothing.

        Silence is decided by this fragment alone, without smoothing: the delays of the rule decide about the alert.
        Without audio, or with mostly no music of late, mood and genre are "unknown" and all probabilities 0; where the
        confidence is below the limits, the mood is "unsure" and the genre "unknown".

        Args:
            fragment: analysed fragment.
            time: of the fragment's end, with a time zone.
            offset: of the record, in the one partition where all fragments of this stage are.
            event_id: of the record; goes into the result.
            model: `Tagger.identity`.

        Raises:
            ValueError: the time has no zone.
        """
        if time.tzinfo is None:
            raise ValueError(f"the time {time.isoformat()} has no zone; write for example {time.isoformat()}+00:00")
        if self.is_applied(offset):
            return None
        row = self._row
        row.offset = offset
        seconds = time.timestamp()
        silent = fragment.recent_loudness < self.silent_below
        tags = None if silent else fragment.tags
        weight = min(1.0, fragment.seconds / FULL_WEIGHT_SECONDS)
        if not silent:
            row.power.add({"power": 10 ** (fragment.loudness / 10)}, seconds, weight, LOUDNESS_SECONDS)
            row.loudness_seconds = min(MIN_LOUDNESS_SECONDS, row.loudness_seconds + fragment.seconds)
        if tags is not None:
            row.music.add({"share": float(tags.is_music)}, seconds, weight, SMOOTHING_SECONDS)
            if tags.is_music:
                named = {f"mood {name}": value for name, value in tags.moods.items()}
                named |= {f"genre {name}": value for name, value in tags.genres.items()}
                row.tags.add(named, seconds, weight, SMOOTHING_SECONDS)
        # One fragment in which the crowd is louder than the band does not make its mood unknown.
        has_music = tags is not None and row.music.means().get("share", 0.0) >= 0.5
        means = row.tags.means()
        moods = _part(means, "mood ", has_music)
        genres = _part(means, "genre ", has_music)
        mood, genre = mood_label(moods, self._limits.mood_limit), genre_label(genres, self._limits.genre_limit)
        return MusicTags(
            event_id=event_id,
            stage=self.name,
            time=time,
            seconds=fragment.seconds,
            mood=mood,
            mood_confidence=max(moods.values(), default=0.0),
            moods=moods,
            genre=genre,
            genre_confidence=max(genres.values(), default=0.0),
            genres=genres,
            tempo=tags.tempo if tags is not None and tags.is_music else 0.0,
            **_show(fragment, tags),
            loudness=fragment.loudness,
            silent=silent,
            model=model,
        )


def _part(means: dict[str, float], prefix: str, has_music: bool) -> dict[str, float]:
    """Return the probabilities of one kind, or zeros, which reset a gauge that a missing label would leave up."""
    return {
        name.removeprefix(prefix): min(1.0, value) if has_music else 0.0
        for name, value in means.items()
        if name.startswith(prefix)
    }


def _show(fragment: AnalyzedFragment, tags: FragmentTags | None) -> dict[str, Any]:
    """Return beats, bands, onsets, brightness and key of music; nothing without music."""
    if tags is None or tags.show is None or not tags.is_music:
        return {}
    show = tags.show
    return {
        "beats": tuple(round(beat - fragment.seconds, 3) for beat in show.beats),
        "bands": {name: min(0.0, round(value + fragment.loudness, 2)) for name, value in show.bands.items()},
        "onset_strength": show.onset,
        "brightness": show.brightness,
        "key": show.key,
        "key_confidence": show.key_confidence,
    }
