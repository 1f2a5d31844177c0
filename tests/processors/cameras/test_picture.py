"""Pictures of phones and odd encoders: bytes after the end, sizes of 100 megapixels, turned, grey and progressive."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.picture import PictureError, check_declared_size, decode, jpeg_end
from processors.cameras.smear import is_made_up
from stream.sources.camera import MAX_SIDE_PIXELS, jpeg_of_bytes


def textured(height: int, width: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def jpeg(height: int = 240, width: int = 320, *options: int) -> bytes:
    return cv2.imencode(".jpg", textured(height, width), list(options))[1].tobytes()


PLAIN = jpeg()
THUMBNAIL = jpeg(60, 80)


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def with_orientation(data: bytes, orientation: int) -> bytes:
    tiff = b"MM\0\x2a\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0\0\0\0"
    return with_segment(data, 0xE1, b"Exif\0\0" + tiff)


TRAILERS = {
    "padding": bytes(5000),
    "padding of ones": b"\xff" * 5000,
    "motion photo": b"\0\0\0\x18ftypmp42" + np.random.default_rng(1).bytes(300_000),
    "second picture": jpeg(480, 640),
    "marks of ends": b"\xff\xd9" * 300,
    "one byte": b"\n",
}


@pytest.mark.parametrize("name", TRAILERS)
def test_bytes_after_end_are_left_out(name: str) -> None:
    assert jpeg_end(PLAIN + TRAILERS[name]) == len(PLAIN)
    assert np.array_equal(decode(PLAIN + TRAILERS[name]), decode(PLAIN))


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 4)])
@pytest.mark.parametrize("thumbnail", [False, True], ids=["plain", "thumbnail"])
def test_picture_that_is_cut_off_is_refused(options: tuple[int, ...], thumbnail: bool) -> None:
    whole = jpeg(240, 320, *options)
    if thumbnail:
        whole = with_segment(whole, 0xE1, b"Exif\0\0" + THUMBNAIL)
    assert decode(whole).shape == (240, 320, 3)
    for length in (len(whole) - 2, len(whole) * 2 // 3):
        for rest in (b"", bytes(2000), b"--boundary\r\n", PLAIN):
            with pytest.raises(PictureError, match=r"cut off|decoded|neither"):
                decode(whole[:length] + rest)


@pytest.mark.parametrize(
    ("height", "width", "factor", "colour"),
    [(6000, 8000, 2, (20, 90, 200)), (8160, 12240, 2, 90), (12240, 16320, 4, 90)],  # grey takes a third of the time
)
def test_huge_picture_is_shrunk_while_decoding(height: int, width: int, factor: int, colour: Any) -> None:
    shape = (height, width) if isinstance(colour, int) else (height, width, 3)
    uniform = cv2.imencode(".jpg", np.full(shape, colour, np.uint8))[1].tobytes()
    picture = decode(uniform)
    assert picture.shape == (height // factor, width // factor, 3)
    assert np.abs(picture[9, 9].astype(int) - np.flip(colour)).max() <= 3, "red, green, blue"
    assert max(decode(jpeg_of_bytes(uniform)).shape) == MAX_SIDE_PIXELS


def test_sizes_that_need_too_much_memory_are_refused() -> None:
    at = PLAIN.index(b"\xff\xc0")
    huge = PLAIN[: at + 5] + struct.pack(">HH", 15_000, 15_000) + PLAIN[at + 9 :]
    with pytest.raises(PictureError, match="210 million"):
        check_declared_size(huge)
    progressive = jpeg(240, 320, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    at = progressive.index(b"\xff\xc2")
    huge = progressive[: at + 5] + struct.pack(">HH", 10_000, 10_000) + progressive[at + 9 :]
    with pytest.raises(PictureError, match="70 million"):
        check_declared_size(huge)


def test_picture_is_turned_as_its_exif_says() -> None:
    for data in (PLAIN, PLAIN + bytes(100)):
        turned = decode(with_orientation(data, 6))
        assert turned.shape == (320, 240, 3)
        assert np.abs(turned.astype(int) - np.rot90(decode(PLAIN), 3)).mean() < 1
    uniform = cv2.imencode(".jpg", np.full((6000, 8000, 3), 90, np.uint8))[1].tobytes()
    assert decode(with_orientation(uniform, 6)).shape == (4000, 3000, 3)


def test_grey_and_progressive_pictures_are_decoded() -> None:
    grey = cv2.imencode(".jpg", textured(240, 320)[:, :, 0])[1].tobytes()
    assert decode(grey).shape == (240, 320, 3)
    progressive = decode(jpeg(240, 320, cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert np.abs(progressive.astype(int) - decode(PLAIN)).mean() < 2


def test_small_picture_is_sent_as_it_is() -> None:
    assert jpeg_of_bytes(PLAIN + b"\0" * 100) == PLAIN + b"\0" * 100
    assert jpeg_of_bytes(b"nothing") == b"nothing", "the worker's dead letter states the reason"


@pytest.mark.parametrize("before", [b"\r\n", b"\0\0\0", b" \n"])
def test_line_breaks_before_a_picture_are_left_out(before: bytes) -> None:
    assert np.array_equal(decode(before + jpeg()), decode(jpeg()))


RECORDED = ((), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_OPTIMIZE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 4))


@pytest.mark.parametrize("options", RECORDED)
@pytest.mark.parametrize("lines", [8, 48, 120])
@pytest.mark.parametrize("colours", [1, 3])
def test_grey_part_that_a_recorder_encoded_is_damage_and_not_refused(
    options: tuple[int, ...], lines: int, colours: int
) -> None:
    scene = textured(240, 320) if colours == 3 else textured(240, 320)[..., 0]
    scene[-lines:] = 128
    whole = cv2.imencode(".jpg", scene, list(options))[1].tobytes()
    for data in (whole, with_orientation(whole, 6)):
        picture = decode(data)
        assert (
            is_made_up(picture, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8)) == (lines > 8)
            or colours == 1
        )


@pytest.mark.parametrize("options", RECORDED[::2])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("colours", [1, 3])
def test_every_cut_before_an_end_marker_is_refused(options: tuple[int, ...], share: float, colours: int) -> None:
    scene = textured(240, 320) if colours == 3 else textured(240, 320)[..., 0]
    whole = cv2.imencode(".jpg", scene, list(options))[1].tobytes()
    start = whole.index(b"\xff\xda") + 14
    for cut in range(20):
        end = start + int((len(whole) - start) * share) + cut
        with pytest.raises(PictureError, match="cut off"):
            decode(whole[:end] + b"\xff\xd9")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_picture_without_its_lower_part_is_refused_in_spite_of_an_end_marker(orientation: int) -> None:
    whole = with_orientation(jpeg(), orientation)
    with pytest.raises(PictureError, match="lower part has no data"):
        decode(whole[: len(whole) * 6 // 10] + b"\xff\xd9")
    grey = cv2.imencode(".jpg", np.full((64, 64, 3), 128, np.uint8))[1].tobytes()
    assert decode(grey).shape == (64, 64, 3)
