"""Headers of WAV files that recorders did not finish: the sizes in them are wrong, the sound is there."""

from __future__ import annotations

from typing import BinaryIO

from msgspec import Struct

UNKNOWN_SIZE = b"\xff\xff\xff\xff"
"""Size of a chunk that reaches to the end of the file."""

_MAX_CHUNKS = 1_000


class WavHeader(Struct, frozen=True):
    """Sizes of a WAV file.

    Attributes:
        patches: bytes to replace by their place, so that all the sound is read; none where the sizes are right.
        missing: share of the sound that the header promises and the file does not hold, 0 to 1.
    """

    patches: dict[int, bytes] = {}
    missing: float = 0.0


def read_wav_header(file: BinaryIO, total: int) -> WavHeader | None:
    """Return the sizes of a WAV, RF64 or BW64 file; None for another format, or without sound.

    Recorders write the sizes last: after a flat battery they are 0, 0xFFFFFFFF (as of every encoder that writes into a
    pipe), or those of some minutes ago, after which no chunk follows but more sound.

    Args:
        file: at any place; it is moved.
        total: bytes of the file.

    >>> import io
    >>> head = b"RIFF" + bytes(4) + b"WAVEfmt " + (16).to_bytes(4, "little") + bytes(16) + b"data"
    >>> read_wav_header(io.BytesIO(head + bytes(4) + b"sound"), len(head) + 9).patches[len(head)] == UNKNOWN_SIZE
    True
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64") or head[8:12] != b"WAVE":
        return None
    order = "big" if head[:4] == b"RIFX" else "little"
    at, long_size = 12, 0
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        chunk = file.read(24)
        if len(chunk) < 8:
            return None
        size = int.from_bytes(chunk[4:8], order)  # type: ignore[arg-type]
        if chunk[:4] == b"data":
            break
        if chunk[:4] == b"ds64":
            long_size = int.from_bytes(chunk[16:24], "little")
        at += 8 + size + size % 2
    else:
        return None
    start = at + 8
    available = total - start
    if head[:4] in (b"RF64", b"BW64") and size == 0xFFFFFFFF:
        size = long_size
    unfinished = size in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    if unfinished or (size < available and not _is_chunk(file, start + size + size % 2, total)):
        return WavHeader(patches={0: b"RIFX" if order == "big" else b"RIFF", 4: UNKNOWN_SIZE, at + 4: UNKNOWN_SIZE})
    return WavHeader(missing=max(0.0, 1 - available / size))


def _is_chunk(file: BinaryIO, at: int, total: int) -> bool:
    """Return True where a chunk, padding or nothing follows the sound."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 8 or not any(head):
        return True
    return all(32 <= byte < 127 for byte in head[:4]) and int.from_bytes(head[4:8], "little") <= total - at
