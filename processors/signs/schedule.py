"""Schedule of a sign: what it shows at a time, from the history of its commands.

Records of one command form a join semilattice: of two the one that is further in its life is kept (withdrawn, active,
proposed), then the one with the later end. So records may come twice, late, and in any order, and every reader that has
all of them shows the same. Of the commands in force the highest priority wins, then the latest begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from schemas.ids import SignCommandId, SignId
from schemas.signs import PRIORITIES, STATUSES, SignCommand, is_in_force

KEEP = timedelta(hours=24)
"""Time after its end for which a command is remembered, so that a late record of it can't revive it."""


def merged(one: SignCommand, other: SignCommand) -> SignCommand:
    """Return what is known of a command from two records of it; the order of the two does not matter."""
    return max(one, other, key=_progress)


def _progress(command: SignCommand) -> tuple[int, datetime, datetime, bytes]:
    return STATUSES.index(command.status), command.until, command.time, msgspec.json.encode(command)


def _precedence(command: SignCommand) -> tuple[int, datetime, datetime, SignCommandId]:
    return PRIORITIES.index(command.priority), command.begin, command.time, command.id


class SignSchedules:
    """Commands of all signs.

    >>> from datetime import UTC
    >>> from schemas.signs import SignText
    >>> at, hour = datetime(2026, 7, 4, 20, tzinfo=UTC), timedelta(hours=1)
    >>> command = SignCommand(
    ...     id="c1", sign="north", status="active", text=SignText(es="Por la salida B", en="Use exit B"),
    ...     priority="crowd", begin=at, until=at + hour, time=at, by="ana",
    ... )
    >>> schedules = SignSchedules()
    >>> schedules.add(command), schedules.add(command)
    (True, False)
    >>> schedules.shown("north", at).text.en, schedules.shown("north", at + hour)
    ('Use exit B', None)
    """

    def __init__(self) -> None:
        self._commands: dict[SignCommandId, SignCommand] = {}
        self._last: dict[SignCommandId, SignCommand] = {}

    def add(self, record: SignCommand) -> bool:
        """Add a record of a command; return False if it says nothing new."""
        self._last[record.id] = record
        known = self._commands.get(record.id)
        new = record if known is None else merged(known, record)
        self._commands[record.id] = new
        return new != known

    def get(self, command: SignCommandId) -> SignCommand | None:
        """Return what is known of a command."""
        return self._commands.get(command)

    def overwritten(self) -> list[SignCommand]:
        """Return commands whose last record, which compaction keeps, is not the one that counts: write that again."""
        return [command for id, command in self._commands.items() if self._last[id] != command]

    def shown(self, sign: SignId, now: datetime) -> SignCommand | None:
        """Return the command that a sign shows; None for its default text."""
        return max((one for one in self.of(sign) if is_in_force(one, now)), key=_precedence, default=None)

    def coming(self, sign: SignId, now: datetime) -> list[SignCommand]:
        """Return active commands that have not ended, the one that wins first: with them a display needs no network."""
        return _best_first(one for one in self.of(sign) if one.status == "active" and now < one.until)

    def proposed(self, sign: SignId, now: datetime) -> list[SignCommand]:
        """Return the proposals that wait for a person, the most urgent first."""
        return _best_first(one for one in self.of(sign) if one.status == "proposed" and now < one.until)

    def of(self, sign: SignId) -> list[SignCommand]:
        """Return the commands of a sign that are remembered."""
        return [one for one in self._commands.values() if one.sign == sign]

    def forget(self, now: datetime) -> None:
        """Forget commands that ended long ago."""
        for id in [id for id, one in self._commands.items() if one.until + KEEP < now]:
            del self._commands[id], self._last[id]


def _best_first(commands: Iterable[SignCommand]) -> list[SignCommand]:
    return sorted(commands, key=_precedence, reverse=True)
