"""Ring buffer of the ids handled last, so that a repeated event counts once."""

from __future__ import annotations

from hashlib import blake2b

DIGEST_BYTES = 8
"""Bytes of BLAKE2b kept of an id: a collision among 1,024 ids has a probability of about 3·10⁻¹⁴."""


class RecentIds:
    """Ring buffer of id digests that is stored as bytes.

    Args:
        capacity: number of ids that are remembered.
        ring: as the property `ring` returned it.
        position: as the attribute `position` was.

    Attributes:
        position: place in the ring of the next digest.

    >>> ids = RecentIds(2)
    >>> [ids.add(name) for name in ("a", "b", "a", "c", "a")]
    [True, True, False, True, True]
    """

    def __init__(self, capacity: int, ring: bytes = b"", position: int = 0) -> None:
        self._capacity = capacity
        self._ring = bytearray(ring)
        self._digests = {bytes(self._ring[i : i + DIGEST_BYTES]) for i in range(0, len(self._ring), DIGEST_BYTES)}
        self.position = position

    @property
    def ring(self) -> bytes:
        """All digests, one after the other."""
        return bytes(self._ring)

    def add(self, name: str) -> bool:
        """Remember an id; return False where it is among the last ones."""
        digest = blake2b(name.encode(), digest_size=DIGEST_BYTES).digest()
        if digest in self._digests:
            return False
        start = self.position * DIGEST_BYTES
        self._digests.discard(bytes(self._ring[start : start + DIGEST_BYTES]))
        self._ring[start : start + DIGEST_BYTES] = digest
        self._digests.add(digest)
        self.position = (self.position + 1) % self._capacity
        return True
