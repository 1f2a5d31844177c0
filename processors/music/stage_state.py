"""One stage as one row of state: what is heard now, smoothed over overlapping fragments, and whether anything is."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from processors.music.audio import SILENT_DBFS
from processors.music.label_decision import genre_label, mood_label
from processors.music.tagger import AnalyzedFragment, FragmentTags
from schemas.music import MusicSettings, MusicTags

SMOOTHED = 30.0
"""Time constant in seconds: a song's mood lasts minutes, and one strange half minute should not turn it."""

USUAL = 600.0
"""Time constant in seconds of a stage's usual loudness: some three songs."""

DROP = 40.0
"""dB below its usual loudness at which a stage counts as silent. A microphone with much gain hisses above
`SILENT_DBFS`; played music seldom varies by more than 30 dB over seconds."""

ENOUGH = 60.0
"""seconds of sound after which a stage's usual loudness is known"""

FULL_WEIGHT = 10.0
"""seconds: a shorter fragment counts for less"""


class DecayingMeans(Struct):
    """Sums with exponentially fading weights, as of `time`."""

    time: float | None = None
    """seconds since 1970, of the latest fragment"""
    weight: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, values: dict[str, float], time: float, weight: float, constant: float) -> None:
        """Take one fragment in. The sums do not depend on the order in which fragments come.

        Args:
            values: by label.
            time: of the fragment, seconds.
            weight: of the fragment, before it fades.
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
        """By label; empty before the first fragment."""
        return {name: value / self.weight for name, value in self.sums.items()} if self.weight > 1e-300 else {}


class StageRow(Struct):
    """The row."""

    offset: int = -1
    """of the last record applied; the records of a stage are all in one partition"""
    tags: DecayingMeans = field(default_factory=DecayingMeans)
    music: DecayingMeans = field(default_factory=DecayingMeans)
    power: DecayingMeans = field(default_factory=DecayingMeans)
    heard: float = 0.0
    """seconds of sound that the usual loudness rests on"""


class StageState:
    """Applies fragments in the order of their offsets, each once, and says what is heard.

    Probabilities are running means with weights that fade with the fragments' own time, so a fragment that comes
    late counts as if it had come in time, and after a break the old music is forgotten.

    Args:
        name: the stage.
        row: as `to_row` gave it.
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

    def __init__(self, name: str, row: bytes | None = None, limits: MusicSettings | None = None) -> None:
        self.name = name
        self._limits = limits or MusicSettings()
        self._stored = msgspec.json.decode(row, type=StageRow) if row else StageRow()

    def to_row(self) -> bytes:
        """The whole state as JSON, under 1 kB."""
        return msgspec.json.encode(self._stored)

    def applied(self, offset: int) -> bool:
        """Whether this record was applied before: then its sound need not be decoded again."""
        return offset <= self._stored.offset

    @property
    def silent_below(self) -> float:
        """dBFS below which this stage counts as silent: absolute, or far below what is usual for it."""
        power = self._stored.power.means().get("power")
        if power is None or self._stored.heard < ENOUGH:
            return SILENT_DBFS
        return max(SILENT_DBFS, 10 * math.log10(max(power, 1e-12)) - DROP)

    def apply(
        self, fragment: AnalyzedFragment, time: datetime, offset: int, event_id: str, model: str
    ) -> MusicTags | None:
        """Take one fragment in; None for one that was applied before, which changes nothing.

        Silence is judged by this fragment alone, without smoothing: the rule's delays decide about the alert.
        Where nothing is heard, or mostly no music of late, mood and genre are "unknown" and all probabilities 0;
        where the models are less sure than the limits, the mood is "unsure" and the genre "unknown".

        Args:
            time: of the fragment's end, with a time zone.
            offset: of the record, in the one partition where all fragments of this stage are.
            event_id: goes into the result.
            model: `Tagger.identity`.

        Raises:
            ValueError: the time has no zone.
        """
        if time.tzinfo is None:
            raise ValueError(f"the time {time.isoformat()} has no zone; write for example {time.isoformat()}+00:00")
        if self.applied(offset):
            return None
        stored = self._stored
        stored.offset = offset
        seconds = time.timestamp()
        silent = fragment.recent_loudness < self.silent_below
        tags = None if silent else fragment.tags
        weight = min(1.0, fragment.seconds / FULL_WEIGHT)
        if not silent:
            stored.power.add({"power": 10 ** (fragment.loudness / 10)}, seconds, weight, USUAL)
            stored.heard = min(ENOUGH, stored.heard + fragment.seconds)
        if tags is not None:
            stored.music.add({"share": float(tags.is_music)}, seconds, weight, SMOOTHED)
            if tags.is_music:
                named = {f"mood {name}": value for name, value in tags.moods.items()}
                named |= {f"genre {name}": value for name, value in tags.genres.items()}
                stored.tags.add(named, seconds, weight, SMOOTHED)
        # One fragment in which the crowd drowns the band does not make its mood unknown.
        heard = tags is not None and stored.music.means().get("share", 0.0) >= 0.5
        means = stored.tags.means()
        moods = _part(means, "mood ", heard)
        genres = _part(means, "genre ", heard)
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


def _part(means: dict[str, float], prefix: str, heard: bool) -> dict[str, float]:
    """The probabilities of one kind, or zeros, which take a gauge down where a missing label would leave it up."""
    return {
        name.removeprefix(prefix): min(1.0, value) if heard else 0.0
        for name, value in means.items()
        if name.startswith(prefix)
    }


def _show(fragment: AnalyzedFragment, tags: FragmentTags | None) -> dict[str, Any]:
    """Beats, bands, onsets, brightness and key of music; nothing where none is heard."""
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
