"""Decoding of camera pictures, size checks, and privacy masks."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.errors import PulsoError

Picture = NDArray[np.uint8]
Polygon = Sequence[tuple[float, float]]

MAX_PIXELS = 50_000_000
"""Largest accepted picture that is decoded completely: a header of a few bytes may declare more than any camera has."""

MAX_REDUCED_PIXELS = 210_000_000
"""Largest accepted JPEG, of phones: the decoder reduces it row by row, so that it never takes its full size."""

MAX_PROGRESSIVE_PIXELS = 70_000_000
"""Largest accepted progressive JPEG: its decoder keeps all coefficients, at least three bytes a pixel."""

FULL_PIXELS = 25_000_000
"""Size up to which a JPEG is decoded in full; larger ones are halved once or more."""

_REDUCED = ((1, cv2.IMREAD_COLOR_RGB), (2, cv2.IMREAD_REDUCED_COLOR_2), (4, cv2.IMREAD_REDUCED_COLOR_4),
            (8, cv2.IMREAD_REDUCED_COLOR_8))  # fmt: skip

_MISSING = 128
"""Value of the pixels whose data are missing in a JPEG."""

TRIMMED_BYTES = 8
"""Bytes before the end of a JPEG that are left out in a trial: fewer than eight grey lines of 320 pixels take."""

_EOI_BYTES, _MIN_SCANS = 2, 2
_SOI = b"\xff\xd8"
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_STANDALONE = (0x01, *range(0xD0, 0xD8))
_WITHIN_SCANS = (0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0))


class PictureError(PulsoError, ValueError):
    """The bytes are not a usable picture; the message says why."""


def decode(jpeg: bytes, *, longest_side: int | None = None) -> Picture:
    """Decode a JPEG (or PNG) to RGB.

    Args:
        jpeg: the file's bytes; what follows the end of a JPEG, such as padding or a phone's video, is left out.
        longest_side: reduce to at most this many pixels, keeping the aspect ratio; None keeps the size.

    Returns:
        (height, width, 3) uint8, RGB, turned as its EXIF data say; a JPEG of more than 25 million pixels is reduced
        to a half, a quarter or an eighth of its width and height.

    Raises:
        PictureError: the bytes are empty, truncated, not JPEG or PNG, or declare too many pixels.

    >>> decode(b"")
    Traceback (most recent call last):
        ...
    processors.cameras.picture.PictureError: the picture is empty
    """
    if not jpeg:
        raise PictureError("the picture is empty")
    jpeg = _without_beginning(jpeg)
    width, height = check_declared_size(jpeg)
    scale = 1
    if jpeg[:2] == _SOI:
        end = jpeg_end(jpeg)
        if end is None:
            raise PictureError(f"the picture is cut off after {len(jpeg)} bytes: no end-of-image marker")
        jpeg = jpeg[:end]
        scale = next((factor for factor, _ in _REDUCED if width * height <= FULL_PIXELS * factor**2), 8)
    picture = _decoded(jpeg, dict(_REDUCED)[scale])
    if picture is not None and jpeg[:2] == _SOI and _has_grey_side(picture) and _ends_early(jpeg, picture, scale):
        raise PictureError("the picture is cut off: its lower part has no data")
    if picture is not None and scale > 1:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    if picture is None:
        raise PictureError(f"the picture of {len(jpeg)} bytes is cut off or damaged")
    if min(picture.shape[:2]) < 16:
        raise PictureError(f"the picture has only {picture.shape[1]}×{picture.shape[0]} pixels")
    return fit(picture, longest_side) if longest_side else picture


def _decoded(data: bytes, flag: int) -> Picture | None:
    """Return the pixels as OpenCV decodes them; None where it can't tell why not."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error as error:
        raise PictureError(f"the picture can't be decoded: {error.err}") from error
    return None if picture is None else np.asarray(picture, np.uint8)


def check_declared_size(data: bytes) -> tuple[int, int]:
    """Return width and height that a picture declares, or reject it before a decoder allocates memory for them.

    Raises:
        PictureError: the bytes are neither JPEG nor PNG, or declare more pixels than any camera has.

    >>> check_declared_size(b"GIF89a")
    Traceback (most recent call last):
        ...
    processors.cameras.picture.PictureError: 6 bytes that start with 47494638 are neither JPEG nor PNG
    """
    limit = MAX_PIXELS
    data = _without_beginning(data)
    if data[:2] == _SOI:
        width, height, frame = _jpeg_size(data)
        limit = MAX_PROGRESSIVE_PIXELS if frame in _PROGRESSIVE else MAX_REDUCED_PIXELS
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    else:
        raise PictureError(f"{len(data)} bytes that start with {data[:4].hex()} are neither JPEG nor PNG")
    if width * height > limit:
        raise PictureError(f"the picture declares {width}×{height} pixels, more than {limit // 10**6} million")
    return width, height


def _without_beginning(data: bytes) -> bytes:
    """Return a picture without the line breaks or zeros that some cameras send before it."""
    if data[:1] not in (b"\0", b"\r", b"\n", b" "):
        return data
    return data.lstrip(b"\0\r\n ")


def _has_grey_side(picture: Picture) -> bool:
    """Return whether one side of a picture, which may be turned, is of exactly the middle of all values.

    Decoders fill with it what is missing where a JPEG ended early in spite of an end-of-image marker.
    """
    edges = (picture[-8:], picture[:8], picture[:, -8:], picture[:, :8])
    grey = [bool((edge == _MISSING).all()) for edge in edges]
    return grey[0] != grey[1] or grey[2] != grey[3]


def _ends_early(jpeg: bytes, picture: Picture, scale: int) -> bool:
    """Return whether the grey side of a picture has no data; false where a recorder encoded it (`smear` reports that).

    Without its last bytes, the scene of a picture that ended early changes, and that above an encoded grey part does
    not. A progressive JPEG has its grey part in the first of several scans.
    """
    frame = _jpeg_size(jpeg)[2]
    if frame in _PROGRESSIVE:
        return jpeg.count(b"\xff\xda", jpeg.rfind(bytes((0xFF, frame)))) < _MIN_SCANS
    shorter = _decoded(jpeg[: -_EOI_BYTES - TRIMMED_BYTES] + jpeg[-_EOI_BYTES:], dict(_REDUCED)[scale])
    scene = (picture != _MISSING).any(-1)
    return shorter is None or not np.array_equal(shorter[scene], picture[scene])


def _jpeg_size(data: bytes) -> tuple[int, int, int]:
    """Return width, height and kind of frame from a JPEG's header; zeros where there is none.

    Parsed as decoders do (ITU T.81, B.1.1): bytes between two segments are skipped, however many.
    """
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 < len(data):
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
            return width, height, marker
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD9:
            at += 1  # not a segment: fill byte, restart marker, or entropy-coded data
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0, 0


def jpeg_end(data: bytes | bytearray) -> int | None:
    r"""Return the position after a JPEG's end-of-image marker; None where the picture is cut off before it.

    Segments are stepped over by their length (ITU T.81, B.1.1), so that a thumbnail in one of them is not taken for the
    picture, and bytes after the end are not searched.

    >>> jpeg_end(b"\xff\xd8\xff\xda\0\2data\xff\xd9 and a video"), jpeg_end(b"\xff\xd8\xff\xda\0\2data")
    (12, None)
    """
    at, in_scans = 2, False
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in (0x00, *_STANDALONE):
            at += 2
        elif marker == 0xFF:
            at += 1  # a fill byte
        elif marker == 0xD8 or (in_scans and marker not in _WITHIN_SCANS):
            return None  # other bytes, or another picture, follow where it was cut off
        else:
            in_scans = in_scans or marker == 0xDA
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None


def fit(picture: Picture, longest_side: int) -> Picture:
    """Reduce a picture so that no side is longer than `longest_side`; a smaller one is returned as it is.

    >>> fit(np.zeros((600, 1200, 3), np.uint8), 768).shape
    (384, 768, 3)
    """
    height, width = picture.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def pad_to_multiple(picture: Picture, multiple: int) -> Picture:
    """Pad right and bottom with mid-grey, so that both sides are multiples of `multiple`."""
    height, width = picture.shape[:2]
    below, right = -height % multiple, -width % multiple
    if not below and not right:
        return picture
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=127)


def apply_masks(picture: Picture, masks: Sequence[Polygon]) -> Picture:
    """Blacken the privacy masks; a pixel that a mask touches is black, so that no edge remains visible.

    Args:
        picture: (height, width, 3) uint8 RGB; not changed.
        masks: polygons with corners in shares of width and height.

    >>> masked = apply_masks(np.full((100, 100, 3), 200, np.uint8), [[(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)]])
    >>> int(masked[10, 10].max()), int(masked[90, 90].max())
    (0, 200)
    """
    if not masks:
        return picture
    masked = picture.copy()
    height, width = picture.shape[:2]
    for mask in masks:
        corners = np.asarray(mask, np.float64) * (width, height) - 0.5
        # In sixteenths of a pixel; the outline adds the pixels that the edge only touches.
        sixteenths = [np.round(corners * 16).astype(np.int32)]
        cv2.fillPoly(masked, sixteenths, (0, 0, 0), shift=4)
        cv2.polylines(masked, sixteenths, isClosed=True, color=(0, 0, 0), thickness=3, shift=4)
    return masked
