"""Links of a chained Ogg file: streams one after the other, each with its own rate, as radio recorders write them."""

from __future__ import annotations

from typing import BinaryIO

_HEAD = 27
_FIRST_PAGE = 0x02
"""Flag of the first page of a stream (RFC 3533, section 6)."""


def ogg_links(file: BinaryIO, total: int) -> list[tuple[int, int]]:
    """Return the first byte and the length of each link; none for another format, one link for an ordinary file.

    Bytes between two pages, as after damage, belong to the link before.

    Args:
        file: at any place; it is moved.
        total: bytes of the file.
    """
    starts: list[int] = []
    at, in_head = 0, False
    file.seek(0)
    if file.read(4) != b"OggS":
        return []
    while at + _HEAD <= total:
        file.seek(at)
        head = file.read(_HEAD)
        if head[:4] != b"OggS":
            at = _next_page(file, at + 1, total)
            continue
        first = bool(head[5] & _FIRST_PAGE)
        if first and not in_head:
            starts.append(at)
        in_head = first
        at += _HEAD + head[26] + sum(file.read(head[26]))
    return [(start, end - start) for start, end in zip(starts, [*starts[1:], total], strict=True)]


def _next_page(file: BinaryIO, at: int, total: int) -> int:
    """Return the place of the next page, or the end."""
    size = 1 << 16
    while at < total:
        file.seek(at)
        found = file.read(size + 3).find(b"OggS")
        if found >= 0:
            return at + found
        at += size
    return total
