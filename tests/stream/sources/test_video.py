"""Video decoding: true times of variable frame rates, damage of streams that lost packets, capture times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from stream.sources.source import SourceError
from stream.sources.video import CaptureClock, DamageTracker, decode_video

FPS = 25


def moving_pictures(number: int) -> list[NDArray[np.uint8]]:
    """Return pictures of textured patches that move over a textured ground, (240, 320, 3) RGB."""
    random = np.random.default_rng(1)
    ground = cv2.resize(random.integers(0, 255, (30, 40, 3), dtype=np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
    patch = cv2.resize(random.integers(0, 255, (12, 12, 3), dtype=np.uint8), (48, 48), interpolation=cv2.INTER_NEAREST)
    pictures = []
    for index in range(number):
        picture = ground.copy()
        for row in range(3):
            x = (index * (3 + row) + 90 * row) % 270
            picture[20 + 70 * row : 68 + 70 * row, x : x + 48] = patch
        pictures.append(np.asarray(picture, np.uint8))
    return pictures


def write_video(
    path: Path, number: int, *, times: Iterable[float] | None = None, codec: str = "libx264", **options: str
) -> list[NDArray[np.uint8]]:
    pictures = moving_pictures(number)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.gop_size, stream.bit_rate = 25, 800_000
        stream.options = {"preset": "veryfast", "tune": "zerolatency"} | options if codec == "libx264" else options
        stream.codec_context.time_base = Fraction(1, 1000)
        for picture, time in zip(pictures, times or (index / FPS for index in range(number)), strict=False):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return pictures


def drop_transport_packets(path: Path, share: float, seed: int = 0) -> Path:
    """Write the file without a share of its packets of 188 bytes, as a network loses them."""
    data = path.read_bytes()
    kept = np.random.default_rng(seed).random(len(data) // 188) >= share
    kept[:6] = True  # programme tables and the first header
    damaged = path.with_name("damaged.ts")
    damaged.write_bytes(b"".join(data[188 * index : 188 * index + 188] for index in np.flatnonzero(kept)))
    return damaged


def flip_bytes(path: Path, share: float) -> Path:
    """Write the packets of a file with a share of their bytes changed."""
    random = np.random.default_rng(2)
    damaged = path.with_name(f"damaged{path.suffix}")
    with av.open(str(path)) as source, av.open(str(damaged), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            data = np.frombuffer(bytes(packet), np.uint8).copy()
            at = np.flatnonzero(random.random(len(data)) < share)
            data[at[at > 40]] = random.integers(0, 256, int((at > 40).sum()))
            changed = av.Packet(data.tobytes())
            changed.pts, changed.dts, changed.time_base = packet.pts, packet.dts, packet.time_base
            changed.is_keyframe, changed.stream = packet.is_keyframe, stream
            target.mux(changed)
    return damaged


def wrong_pictures(clean: Path, damaged: Path) -> tuple[set[int], set[int], set[int]]:
    """Return the frames that differ from the clean ones, those flagged, and all, by number.

    Numbers count from the first picture, which is a later one where the first can't be decoded; so a picture is
    compared with the clean ones of a few numbers around its own.
    """
    whole = {round(one.seconds * FPS): one.picture for one in decode_video(str(clean))}
    found = {round(one.seconds * FPS): one for one in decode_video(str(damaged))}
    differs = set()
    for number, one in found.items():
        near = [whole[other] for other in range(number - 3, number + 4) if other in whole]
        if near and min(float(cv2.absdiff(picture, one.picture).mean()) for picture in near) > 1.0:
            differs.add(number)
    return differs, {number for number, one in found.items() if one.damaged}, set(found)


@pytest.mark.parametrize("gaps", [(0.2, 0.02), (0.04, 0.04), (0.5, 0.1)], ids=["mixed", "constant", "slow"])
def test_variable_frame_rate_keeps_its_times(gaps: tuple[float, float], tmp_path: Path) -> None:
    times = list(np.cumsum([0.0] + [gaps[0]] * 15 + [gaps[1]] * 30))
    write_video(tmp_path / "vfr.mkv", len(times), times=times)
    seconds = [one.seconds for one in decode_video(str(tmp_path / "vfr.mkv"))]
    assert seconds == pytest.approx(times, abs=0.003)


def test_pictures_are_thinned_to_rate_by_time(tmp_path: Path) -> None:
    times = list(np.cumsum([0.0] + [0.02] * 100 + [0.5] * 4 + [0.02] * 50))
    write_video(tmp_path / "vfr.mkv", len(times), times=times)
    seconds = [one.seconds for one in decode_video(str(tmp_path / "vfr.mkv"), rate=5)]
    assert all(later - earlier > 0.09 for earlier, later in pairwise(seconds)), "none is sent to catch up"
    assert len(seconds) == pytest.approx(11 + 4 + 5, abs=2)


def test_raw_stream_without_times_plays_at_its_rate(tmp_path: Path) -> None:
    write_video(tmp_path / "raw.h264", 50)
    seconds = [one.seconds for one in decode_video(str(tmp_path / "raw.h264"))]
    assert len(seconds) == 50 and seconds[-1] == pytest.approx(49 / FPS, rel=0.05)


def test_whole_stream_has_no_damage(tmp_path: Path) -> None:
    for name, options in (("a.ts", {}), ("b.mp4", {}), ("c.mkv", {"bf": "2", "tune": "film"})):
        write_video(tmp_path / name, 60, **options)
        found = list(decode_video(str(tmp_path / name)))
        assert len(found) >= 58 and not any(one.damaged for one in found), name


LOSSY = {
    "H.264": ("libx264", {}),
    "H.264 in slices": ("libx264", {"x264-params": "slices=4"}),
    "HEVC": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:bframes=0:keyint=25:pools=1"}),
    "HEVC with B-frames": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:keyint=25:pools=1"}),
    "MPEG-4": ("mpeg4", {}),
}


@pytest.mark.parametrize(("codec", "options"), LOSSY.values(), ids=LOSSY.keys())
def test_lost_packets_damage_pictures_until_key_frame(codec: str, options: dict[str, str], tmp_path: Path) -> None:
    write_video(tmp_path / "clean.ts", 150, codec=codec, **options)
    wrong = flagged = found = missed = 0
    for seed in range(3):
        differs, marked, every = wrong_pictures(
            tmp_path / "clean.ts", drop_transport_packets(tmp_path / "clean.ts", 0.01, seed)
        )
        wrong, flagged, found = wrong + len(differs), flagged + len(marked), found + len(every)
        missed += len(differs - marked)
    assert wrong > 50, "the test's own stream is damaged"
    assert missed <= 0.05 * wrong
    assert flagged < found, "not everything is refused"


def test_changed_bytes_damage_pictures(tmp_path: Path) -> None:
    write_video(tmp_path / "clean.mkv", 150)
    differs, marked, _ = wrong_pictures(tmp_path / "clean.mkv", flip_bytes(tmp_path / "clean.mkv", 2e-4))
    assert differs and len(differs - marked) <= 0.05 * len(differs)


def test_missing_frames_damage_live_stream_only() -> None:
    times = [number / FPS for number in range(60) if number != 40]
    live, file = DamageTracker(live=True), DamageTracker(live=False)
    damaged = [time for time in times if live.is_damaged(time, key=round(time * FPS) % 50 == 0)]
    assert damaged == [number / FPS for number in range(41, 50)]
    assert not any(file.is_damaged(time, key=False) for time in times)
    jittery = DamageTracker(live=True)
    random = np.random.default_rng(0)
    assert not any(jittery.is_damaged(float(time), key=False) for time in np.cumsum(random.uniform(0.02, 0.2, 100)))


def test_damage_without_key_frames_ends_in_time() -> None:
    tracker = DamageTracker(live=False)
    tracker.add_error(1.0)
    assert tracker.is_damaged(9.0, key=False) and not tracker.is_damaged(11.5, key=False)


def test_capture_time_is_receipt_less_backlog() -> None:
    clock = CaptureClock()
    arrived = {0.0: 100.0, 1.0: 101.02, 2.0: 105.0, 3.0: 105.1, 4.0: 105.2, 5.0: 105.3, 6.0: 106.0}
    captured = [clock.captured(at, seconds) for seconds, at in arrived.items()]
    assert captured == pytest.approx([100, 101, 102, 103, 104, 105, 106], abs=0.02)


def test_camera_clock_that_jumps_does_not_move_events() -> None:
    clock = CaptureClock()
    captured = [clock.captured(100.0 + second, seconds) for second, seconds in enumerate((0, 1, 500, 501, 2, 3))]
    assert captured == pytest.approx([100, 101, 102, 103, 104, 105], abs=0.1)


def test_what_is_no_video_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a video" * 100)
    with pytest.raises(SourceError, match="can't be opened"):
        next(decode_video(str(tmp_path / "a.mp4")))
    with pytest.raises(SourceError) as error:
        next(decode_video("rtsp://guard:hunter2@127.0.0.1:1/x", timeout=2))
    assert "hunter2" not in str(error.value) and "127.0.0.1" not in str(error.value)


def test_video_of_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="unknown format"):
        next(decode_video(str(path)))
