"""Decompression bombs: small pictures that declare gigabytes are rejected by their header, in any layout."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from processors.cameras.picture import PictureError, decode
from stream.sources.camera import jpeg_of_file

SMALL = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
AT = SMALL.index(b"\xff\xc0")
HUGE = SMALL[: AT + 5] + b"\xff\xff\xff\xff" + SMALL[AT + 9 :]


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


BOMBS = {
    "jpeg": HUGE,
    "filled": HUGE[:AT] + b"\xff\xff\xff" + HUGE[AT:],
    "after a stray byte": HUGE[:AT] + b"\x00\x17" + HUGE[AT:],
    "after a restart": HUGE[:AT] + b"\xff\xd0" + HUGE[AT:],
    "png": png(60_000, 60_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_oversized_picture_is_rejected_before_decoding(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder(*_: object) -> None:
        raise AssertionError("the decoder was called")

    monkeypatch.setattr(cv2, "imdecode", decoder)
    with pytest.raises(PictureError, match="pixels"):
        decode(BOMBS[name])
    file = tmp_path / "a.jpg"
    file.write_bytes(BOMBS[name])
    assert jpeg_of_file(file) == BOMBS[name], "sent unchanged: the worker's dead letter states the reason"


@pytest.mark.parametrize("suffix", [".webp", ".tiff", ".bmp"])
def test_other_picture_formats_are_not_decoded(suffix: str) -> None:
    encoded, data = cv2.imencode(suffix, np.full((64, 64, 3), 90, np.uint8))
    assert encoded
    with pytest.raises(PictureError, match="neither JPEG nor PNG"):
        decode(data.tobytes())


def test_camera_pictures_are_accepted() -> None:
    assert decode(SMALL).shape == (64, 64, 3)
    assert decode(cv2.imencode(".png", np.full((64, 80, 3), 90, np.uint8))[1].tobytes()).shape == (64, 80, 3)
