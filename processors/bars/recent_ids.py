"""The last ids that were seen, so that what comes twice counts once."""

from __future__ import annotations

from hashlib import blake2b

DIGEST = 8


class RecentIds:
    """A ring of digests, written down as bytes.

    Args:
        most: ids that are remembered.
        ring, place: as `ring` and `place` gave them.

    >>> seen = RecentIds(2)
    >>> [seen.first_time(name) for name in ("a", "b", "a", "c", "a")]
    [True, True, False, True, True]
    """

    def __init__(self, most: int, ring: bytes = b"", place: int = 0) -> None:
        self._most = most
        self._ring = bytearray(ring)
        self._known = {bytes(self._ring[i : i + DIGEST]) for i in range(0, len(self._ring), DIGEST)}
        self.place = place
        """of the next digest"""

    @property
    def ring(self) -> bytes:
        """All digests."""
        return bytes(self._ring)

    def first_time(self, name: str) -> bool:
        """Whether this id is new among the last ones; it is remembered."""
        digest = blake2b(name.encode(), digest_size=DIGEST).digest()
        if digest in self._known:
            return False
        start = self.place * DIGEST
        self._known.discard(bytes(self._ring[start : start + DIGEST]))
        self._ring[start : start + DIGEST] = digest
        self._known.add(digest)
        self.place = (self.place + 1) % self._most
        return True
