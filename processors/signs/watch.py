"""Watch of the signs: which displays have not been heard of.

Sign of life and time are both of the watching worker's clock: the receipt of a state, and the time of the evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.ids import EventId, SignId
from schemas.signs import SignSettings, SignSilence

SILENCE = timedelta(seconds=15)
"""Time without a sign of life after which a sign is silent. A display reports every 5 s."""

START_GRACE = timedelta(seconds=45)
"""Time for displays to report after the watch began: they may be coming up with it."""

CHANGED = timedelta(seconds=60)
"""Time after a change for which it is repeated, since the delays of rules need values."""

REFRESH = timedelta(seconds=30)
"""Interval at which a state that does not change is written."""


@dataclass(slots=True)
class _Watched:
    watched: bool
    heard: datetime | None = None
    silent: bool = False
    changed: datetime | None = None
    written: datetime | None = None


class SignWatch:
    """Judges the displays of one venue."""

    def __init__(self, signs: Iterable[SignSettings]) -> None:
        self._signs = {sign.id: _Watched(sign.watched) for sign in signs}
        self._began: datetime | None = None

    def hear(self, sign: SignId, at: datetime) -> None:
        """Note a sign of life."""
        one = self._signs.get(sign)
        if one is not None and (one.heard is None or at > one.heard):
            one.heard = at

    def heard(self, sign: SignId) -> datetime | None:
        """Return the time of the last sign of life."""
        one = self._signs.get(sign)
        return None if one is None else one.heard

    def evaluate(self, now: datetime) -> Iterator[SignSilence]:
        """Yield the states to write: changes, repeated for a while, silent signs, and now and then all."""
        began = self._began = self._began or now
        for sign, one in self._signs.items():
            known = one.heard is not None and one.heard >= began - SILENCE
            silent = one.watched and now - (one.heard or began) > SILENCE and (known or now - began > START_GRACE)
            if silent != one.silent:
                one.silent, one.changed = silent, now
            recent = one.changed is not None and now - one.changed < CHANGED
            if silent or recent or one.written is None or now - one.written >= REFRESH:
                one.written = now
                yield SignSilence(
                    event_id=EventId(f"sign/{sign}/{now.timestamp():.3f}"),
                    sign=sign, time=now, silent=silent, since=one.heard or began, heard=one.heard is not None,
                )  # fmt: skip
