"""Links of a chained Ogg file: streams one after the other, each with its own rate, as radio recorders write them."""

from __future__ import annotations

from typing import BinaryIO

from msgspec import Struct

_HEAD = 27
_FIRST_PAGE = 0x02
"""Flag of the first page of a stream (RFC 3533, section 6)."""
_OPUS_RATE = 48_000
"""Positions of an Opus stream count samples at this rate, Hz (RFC 7845, section 4)."""
_MAX_FIRST_PAGE = 240_000
"""Largest position of the first page of a sound that begins at 0, samples; one cut out of a broadcast begins later."""


class OggLink(Struct):
    """One link.

    Attributes:
        start: its first byte.
        length: its bytes.
        samples: number of samples, by the positions of its pages.
        rate: rate of these samples, Hz; 0 for that of the sound.
    """

    start: int
    length: int
    samples: int = 0
    rate: int = 0


def ogg_links(file: BinaryIO, total: int) -> list[OggLink]:
    """Return each link; none for another format, one link for an ordinary file.

    Bytes between two pages, as after damage, belong to the link before.

    Args:
        file: at any place; it is moved.
        total: bytes of the file.
    """
    links: list[OggLink] = []
    at, in_head = 0, False
    first: int | None = None
    file.seek(0)
    if file.read(4) != b"OggS":
        return []
    while at + _HEAD <= total:
        file.seek(at)
        head = file.read(_HEAD)
        if head[:4] != b"OggS":
            at = _next_page(file, at + 1, total)
            continue
        size = sum(file.read(head[26]))
        begins = bool(head[5] & _FIRST_PAGE)
        if begins and not in_head:
            links.append(OggLink(at, 0, rate=_OPUS_RATE if file.read(8) == b"OpusHead" else 0))
            first = None
        in_head = begins
        position = int.from_bytes(head[6:14], "little", signed=True)
        if links and position > 0:
            if first is None:
                first = position if position > _MAX_FIRST_PAGE else 0
            links[-1].samples = max(links[-1].samples, position - first)
        at += _HEAD + head[26] + size
    if not links:
        return []
    for link, end in zip(links, [*(link.start for link in links[1:]), total], strict=True):
        link.length = end - link.start
    return links


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
