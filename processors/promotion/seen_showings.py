"""Recognition of a showing that comes again, and of a response to it, among all showings of a campaign."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b

from msgspec import Struct

from schemas.promotion import PromotionEvent

DIGEST_BYTES = 8
"""Bytes of BLAKE2b kept of a showing. Two of a million are taken for one with a probability of 3·10⁻⁸."""

OFFSET_BYTES = 6
ENTRY_BYTES = DIGEST_BYTES + 2 * OFFSET_BYTES
NO_RESPONSE = b"\xff" * OFFSET_BYTES

BUCKETS = 256
"""Rows of a campaign in which its showings are remembered: a batch rewrites few of them."""

MAX_ENTRIES = 2_000
"""Showings remembered in a row, 40 kB; half a million a campaign. Beyond it the oldest are forgotten first."""


class Recognition(Enum):
    """Relation of an event to those before."""

    NEW = "new"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    """A response to a showing that was not counted, or is forgotten."""


class SeenShowings(Struct):
    """Showings of one bucket.

    Attributes:
        entries: digest of each showing with all that was chosen, its offset and that of its response, oldest first.
    """

    entries: bytes = b""

    def add(self, event: PromotionEvent, offset: int) -> Recognition:
        """Remember an event; return how it relates to those that came at an earlier offset.

        At its own offset an event is read again after a crash, in which this row was stored and others were not: it is
        as new as it was.
        """
        digest, mark = digest_of(event), offset.to_bytes(OFFSET_BYTES)
        place = self._find(digest)
        if event.kind == "shown":
            if place is not None:
                return self._recognise(place + DIGEST_BYTES, mark)
            self.entries = self.entries[-(MAX_ENTRIES - 1) * ENTRY_BYTES :] + digest + mark + NO_RESPONSE
            return Recognition.NEW
        if place is None:
            return Recognition.UNKNOWN
        at = place + DIGEST_BYTES + OFFSET_BYTES
        if self.entries[at : at + OFFSET_BYTES] != NO_RESPONSE:
            return self._recognise(at, mark)
        self.entries = self.entries[:at] + mark + self.entries[at + OFFSET_BYTES :]
        return Recognition.NEW

    def _recognise(self, at: int, mark: bytes) -> Recognition:
        return Recognition.NEW if self.entries[at : at + OFFSET_BYTES] == mark else Recognition.REPEATED

    def _find(self, digest: bytes) -> int | None:
        for place in range(0, len(self.entries), ENTRY_BYTES):
            if self.entries[place : place + DIGEST_BYTES] == digest:
                return place
        return None


def bucket_of(event: PromotionEvent) -> str:
    """Return the key of the row in which a showing is remembered."""
    return f"{event.campaign}#{_hash(event.showing)[0] % BUCKETS:02x}"


def digest_of(event: PromotionEvent) -> bytes:
    """Return a digest of a showing and its choice, the same for its response."""
    parts = (event.showing, event.campaign, event.variant, event.taste, event.propensity, event.variants)
    return _hash("\x1f".join(map(str, parts)))


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
