"""Recognition of a ticket that a till sends twice: by its number, bar, till, time and lines, for a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from hashlib import blake2b

from msgspec import Struct, field

from schemas.bars import Ticket

NUMBER_BYTES, CONTENT_BYTES = 4, 4
"""Bytes of BLAKE2b kept of a receipt number, and of all else in a ticket. Another ticket is taken for a repetition with
a probability of 2⁻⁶⁴ by pair, and of 2⁻³² by pair where its number was used before."""

ENTRY_BYTES = NUMBER_BYTES + CONTENT_BYTES

REMEMBERED_HOURS = 24
"""Hours of the bar's event time for which a ticket is remembered: a till that was off the network sends its evening."""

MAX_TICKETS = 32_768
"""Tickets remembered at most, 256 KiB a bar; beyond it the oldest are forgotten first."""


class Recognition(Enum):
    """Relation of a ticket to those of the last day."""

    NEW = "new"
    REPEATED = "repeated"
    """The same number, till, time and lines: it was counted."""
    RENUMBERED = "renumbered"
    """The number was used by another ticket: a till whose numbers begin anew, or two tills that number alike."""


class RecentTicketsState(Struct):
    """State of `RecentTickets`.

    Attributes:
        entries: digests of number and content, oldest first.
        hours: number of entries by the hour since 1970 of the bar's clock, oldest first.
    """

    entries: bytes = b""
    hours: list[tuple[int, int]] = field(default_factory=list)


def content_digest(ticket: Ticket) -> bytes:
    """Return a digest of all of a ticket but its number: bar, till, time and lines.

    The time counts as an instant, so that a ticket that comes with another offset from UTC is the same.
    """
    digest = blake2b(digest_size=16)
    parts: Iterable[object] = (
        ticket.bar, ticket.till, ticket.time.timestamp(),
        *(part for line in ticket.lines for part in (line.product, float(line.quantity), float(line.unit_price))),
    )  # fmt: skip
    for part in parts:
        text = str(part).encode()
        digest.update(len(text).to_bytes(4) + text)  # the length, so that no two tickets are written alike
    return digest.digest()


def ticket_event_id(ticket: Ticket) -> str:
    """Return the CloudEvent id of a ticket: the same for each attempt to send it, another for any other ticket.

    >>> from datetime import UTC
    >>> from msgspec.structs import replace
    >>> from schemas.bars import SaleLine
    >>> one = Ticket(id="7", bar="north", till="1", time=datetime(2026, 7, 4, 20, tzinfo=UTC), lines=(
    ...     SaleLine(product="beer", quantity=1),))
    >>> ticket_event_id(one)
    'ticket/7/bfac3b80c8175d21'
    >>> ticket_event_id(one) == ticket_event_id(replace(one, till="2"))
    False
    """
    return f"ticket/{ticket.id}/{content_digest(ticket)[:8].hex()}"


class RecentTickets:
    """Memory of the tickets of a bar's last day.

    Args:
        state: as the property `state` returned it; None to begin anew.
    """

    def __init__(self, state: RecentTicketsState | None = None) -> None:
        stored = state or RecentTicketsState()
        self._entries = bytearray(stored.entries)
        self._hours = [list(hour) for hour in stored.hours]
        self._known = {
            bytes(self._entries[start : start + ENTRY_BYTES]) for start in range(0, len(self._entries), ENTRY_BYTES)
        }
        self._numbers = Counter(entry[:NUMBER_BYTES] for entry in self._known)

    @property
    def state(self) -> RecentTicketsState:
        """State to store."""
        return RecentTicketsState(bytes(self._entries), [(hour, number) for hour, number in self._hours])

    def __len__(self) -> int:
        return len(self._entries) // ENTRY_BYTES

    def add(self, ticket: Ticket, clock: datetime) -> Recognition:
        """Remember a ticket, and return how it relates to those before.

        Args:
            ticket: as the till sent it.
            clock: time of the ticket by the bar's clock.
        """
        entry = _digest(ticket.id, NUMBER_BYTES) + content_digest(ticket)[:CONTENT_BYTES]
        if entry in self._known:
            return Recognition.REPEATED
        used = self._numbers[entry[:NUMBER_BYTES]]
        hour = int(clock.timestamp() // 3600)
        if not self._hours or hour > self._hours[-1][0]:
            self._hours.append([hour, 0])
        self._hours[-1][1] += 1
        self._entries += entry
        self._known.add(entry)
        self._numbers[entry[:NUMBER_BYTES]] += 1
        self._forget()
        return Recognition.RENUMBERED if used else Recognition.NEW

    def _forget(self) -> None:
        """Forget what is older than a day, and the oldest beyond `MAX_TICKETS`."""
        old, oldest = 0, self._hours[-1][0] - REMEMBERED_HOURS
        while self._hours[0][0] < oldest:
            old += self._hours.pop(0)[1]
        surplus = len(self) - old - MAX_TICKETS
        if surplus > 0:
            # An eighth at once: cutting the front off for each ticket would copy all of them each time.
            old += self._take_oldest(surplus + MAX_TICKETS // 8)
        for start in range(0, old * ENTRY_BYTES, ENTRY_BYTES):
            entry = bytes(self._entries[start : start + ENTRY_BYTES])
            self._known.discard(entry)
            self._numbers[entry[:NUMBER_BYTES]] -= 1
            if not self._numbers[entry[:NUMBER_BYTES]]:
                del self._numbers[entry[:NUMBER_BYTES]]
        del self._entries[: old * ENTRY_BYTES]

    def _take_oldest(self, number: int) -> int:
        left = number
        while left:
            taken = min(left, self._hours[0][1])
            self._hours[0][1] -= taken
            left -= taken
            if not self._hours[0][1]:
                self._hours.pop(0)
        return number


def _digest(text: str, size: int) -> bytes:
    return blake2b(text.encode(), digest_size=size).digest()
