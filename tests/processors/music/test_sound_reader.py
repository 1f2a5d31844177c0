"""Sound files that recorders, phones and damaged disks leave behind: what can be heard is heard, the rest is noted."""

from __future__ import annotations

import io
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from processors.music.audio import AudioError, decode, fragments
from processors.music.ogg_links import ogg_links
from processors.music.wav_header import read_wav_header

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

RATE = 22_050


def tone(seconds: float, rate: int = RATE, pitch: float = 440) -> NDArray[np.float32]:
    time = np.arange(int(seconds * rate)) / rate
    return np.asarray(0.2 * np.sin(2 * np.pi * pitch * time), np.float32)


def encoded(samples: NDArray[np.float32], rate: int = RATE, kind: str = "WAV", **options: Any) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, **options)
    return file.getvalue()


def heard(path: Path, value: bytes | None = None) -> tuple[float, str]:
    """Return the seconds that are heard of a file, and the notes."""
    if value is not None:
        path.write_bytes(value)
    parts = fragments(path, 5)
    return sum(audio.seconds for audio in parts), "; ".join(parts.notes)


def converted(tmp_path: Path, suffix: str, *options: str, samples: NDArray[np.float32] | None = None) -> Path:
    source, path = tmp_path / "source.wav", tmp_path / f"sound{suffix}"
    source.write_bytes(encoded(tone(6.5) if samples is None else samples))
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, "-strict", "-2", str(path)]
    subprocess.run(command, check=True)
    return path


def with_sizes(value: bytes, size: int, head: bytes = b"RIFF") -> bytes:
    at = value.index(b"data") + 4
    return head + size.to_bytes(4, "little") + value[8:at] + size.to_bytes(4, "little") + value[at + 4 :]


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 44_100], ids=["zero", "unknown", "of two seconds ago"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_wav_of_recorder_that_did_not_end_it(tmp_path: Path, size: int, channels: int) -> None:
    value = with_sizes(encoded(np.stack([tone(6)] * channels, axis=1)), size)
    assert heard(tmp_path / "a.wav", value) == (pytest.approx(6, abs=0.1), "")
    assert decode(value).seconds == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFFFFFFFFFF])
def test_rf64_without_sizes(tmp_path: Path, size: int) -> None:
    plain = encoded(tone(6))
    ds64 = b"ds64" + (28).to_bytes(4, "little") + size.to_bytes(8, "little") * 2 + bytes(12)
    value = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + with_sizes(plain, 0xFFFFFFFF)[12:]
    assert heard(tmp_path / "a.wav", value) == (pytest.approx(6, abs=0.1), "")


def test_wav_that_is_whole_is_left_alone() -> None:
    value = encoded(tone(2))
    for more in (b"", b"LIST\x04\x00\x00\x00INFO", bytes(1_000)):
        header = read_wav_header(io.BytesIO(value + more), len(value + more))
        assert header is not None
        assert not header.patches
        assert not header.missing


def test_wav_that_is_cut_off_is_noted(tmp_path: Path) -> None:
    value = encoded(tone(6))
    seconds, notes = heard(tmp_path / "a.wav", value[: len(value) // 3])
    assert seconds == pytest.approx(2, abs=0.1)
    assert notes == "cut off: the last 67% are missing"


@pytest.mark.parametrize(
    "value", [b"RIFF\x00\x00\x00\x00WAVE", b"RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00" + b"x" * 99]
)
def test_wav_without_format_is_refused(tmp_path: Path, value: bytes) -> None:
    with pytest.raises(AudioError):
        heard(tmp_path / "a.wav", value)


@pytest.mark.parametrize(("kind", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_chained_ogg_is_heard_to_its_end(tmp_path: Path, kind: str, subtype: str) -> None:
    first, second = (
        encoded(tone(4), 48_000, kind, subtype=subtype),
        encoded(tone(6, 24_000), 24_000, kind, subtype=subtype),
    )
    seconds, notes = heard(tmp_path / "a.ogg", first + second)
    assert seconds == pytest.approx(len(tone(4)) / 48_000 + 6, abs=0.1)
    assert notes == "another sound begins at 0:01"
    cut, notes = heard(tmp_path / "a.ogg", first + second[:60])
    assert cut == pytest.approx(len(tone(4)) / 48_000, abs=0.1)
    assert "left out" in notes


def test_ogg_whose_first_page_is_not_marked_gives_an_error_or_its_sound(tmp_path: Path) -> None:
    value = bytearray(encoded(tone(4), 48_000, "OGG", subtype="VORBIS"))
    value[5] &= ~2  # the mark of a first page
    with suppress(AudioError):
        heard(tmp_path / "a.ogg", bytes(value))
    assert ogg_links(io.BytesIO(value), len(value)) == []


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG"])
@pytest.mark.parametrize("hole", [b"\x00", None], ids=["zeros", "noise"])
def test_damaged_file_is_heard_around_the_damage(tmp_path: Path, kind: str, hole: bytes | None) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * RATE).astype(np.float32)
    value = bytearray(encoded(noise, RATE, kind))
    begin, size = len(value) // 3, len(value) // 10
    value[begin : begin + size] = hole * size if hole else np.random.default_rng(1).bytes(size)
    seconds, notes = heard(tmp_path / "a.bin", bytes(value))
    assert seconds == pytest.approx(18, abs=0.9)
    assert "damaged" in notes or "s can be read" in notes


def test_mp3_whose_rate_changes_is_heard_at_both(tmp_path: Path) -> None:
    value = encoded(tone(6, 44_100), 44_100, "MP3") + encoded(tone(6, 48_000), 48_000, "MP3")
    path = tmp_path / "a.mp3"
    path.write_bytes(value)
    parts = fragments(path, 5)
    audios = list(parts)
    assert sum(audio.seconds for audio in audios) == pytest.approx(12, abs=0.3)
    assert "48000 Hz" in "; ".join(parts.notes)
    for audio in audios:
        spectrum = np.abs(np.fft.rfft(audio.samples))
        assert np.argmax(spectrum) / audio.seconds == pytest.approx(440, abs=5)


def test_files_one_after_the_other_are_heard(tmp_path: Path) -> None:
    flac = encoded(tone(4), RATE, "FLAC")
    assert heard(tmp_path / "a.flac", flac + flac)[0] == pytest.approx(8, abs=0.2)


@needs_ffmpeg
@pytest.mark.parametrize(
    "suffix",
    [".mp2", ".m4a", ".m4b", ".ac3", ".eac3", ".aifc", ".aac", ".wma", ".webm", ".mka", ".oga", ".caf", ".tta", ".wv"],
)
def test_formats_are_read(tmp_path: Path, suffix: str) -> None:
    options = ("-c:a", "flac") if suffix == ".oga" else ()
    path = converted(tmp_path, suffix, *options)
    seconds, notes = heard(path)
    assert seconds == pytest.approx(6.5, abs=0.2)
    assert notes == ""
    assert decode(path.read_bytes()).loudness == pytest.approx(-17, abs=0.5)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".m4a", ".mka", ".wv"])
def test_inverted_leg_is_turned_and_noted(tmp_path: Path, suffix: str) -> None:
    path = converted(tmp_path, suffix, samples=np.stack([tone(6), -tone(6)], axis=1))
    audio = decode(path.read_bytes())
    assert audio.loudness == pytest.approx(-17, abs=0.5)
    assert heard(path)[1] == "channel 1 and, inverted, 2 of 2"


def test_feed_on_fourth_of_six_channels_is_heard(tmp_path: Path) -> None:
    quiet = np.zeros_like(tone(6))
    value = encoded(np.stack([quiet, quiet, quiet, 0.01 * tone(6), quiet, quiet], axis=1))
    assert not decode(encoded(np.stack([quiet, quiet, quiet, tone(6), quiet, quiet], axis=1))).silent
    assert heard(tmp_path / "a.wav", value)[1] == "channel 4 of 6"


def test_leg_that_is_inverted_later_is_noted_with_the_time(tmp_path: Path) -> None:
    sound = np.concatenate([np.stack([tone(10), tone(10)], axis=1), np.stack([tone(10), -tone(10)], axis=1)])
    path = tmp_path / "a.wav"
    path.write_bytes(encoded(sound))
    parts = fragments(path, 5)
    assert not any(audio.silent for audio in parts)
    assert parts.notes == ("channel 1 and, inverted, 2 of 2 from 0:10 on",)


@needs_ffmpeg
def test_cut_off_mp4_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = converted(tmp_path, ".m4a", "-movflags", "+faststart")
    seconds, notes = heard(path, path.read_bytes()[: path.stat().st_size // 2])
    assert 1 < seconds < 5
    assert "of 6.5 s can be read" in notes


def test_playlist_opens_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(encoded(tone(6)))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile://{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n"
    for text in (playlist, concat):
        with pytest.raises(AudioError):
            heard(tmp_path / "list.m4a", text.encode())


def test_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    path = tmp_path / b"caf\xe9\n[live].wav".decode(errors="surrogateescape")
    assert heard(path, encoded(tone(2)))[0] == pytest.approx(2, abs=0.1)
    assert heard(path, encoded(tone(2), 48_000, "OGG", subtype="OPUS") * 2)[0] == pytest.approx(1.8, abs=0.2)
