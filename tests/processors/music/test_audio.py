"""Audio decoding: formats, rates and channels of microphones and phones, and broken files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from processors.music.audio import RATE, AudioError, AudioFormatError, decode, fragments, from_samples


def chord(seconds: float, rate: int) -> NDArray[np.float32]:
    time = np.arange(int(seconds * rate)) / rate
    return np.asarray(sum(np.sin(2 * np.pi * f * time) for f in (220, 277.2, 329.6)) * 0.1, np.float32)


def encoded(samples: NDArray[np.float32], rate: int, kind: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype", "rate"),
    [
        ("WAV", "PCM_16", 8_000), ("WAV", "FLOAT", 96_000), ("FLAC", "PCM_24", 44_100), ("OGG", "VORBIS", 32_000),
        ("OGG", "OPUS", 48_000), ("MP3", "MPEG_LAYER_III", 44_100), ("AIFF", "PCM_16", 22_050),
    ],
)  # fmt: skip
def test_decode_gives_same_audio_for_formats_and_rates(kind: str, subtype: str, rate: int) -> None:
    audio = decode(encoded(chord(3, rate), rate, kind, subtype))
    assert audio.seconds == pytest.approx(3, abs=0.1)
    assert audio.loudness == pytest.approx(10 * np.log10(3 * 0.1**2 / 2), abs=0.3)
    assert audio.samples.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(audio.samples))
    assert np.argmax(spectrum) / audio.seconds == pytest.approx(220, abs=120)


def test_decode_mixes_stereo_with_inverted_channel() -> None:
    left = chord(2, 22_050)
    both = decode(encoded(np.stack([left, left], axis=1), 22_050))
    inverted = decode(encoded(np.stack([left, -left], axis=1), 22_050))
    assert inverted.loudness == pytest.approx(both.loudness, abs=0.1)
    assert not inverted.silent


def test_dc_offset_does_not_count_as_loudness() -> None:
    assert from_samples(np.full(2 * RATE, 0.2, np.float32), RATE).silent


def test_decode_reads_only_first_minute() -> None:
    assert decode(encoded(np.zeros((70 * 8_000, 2), np.float32), 8_000, "FLAC")).seconds == pytest.approx(60)


def test_fragment_that_ends_silent_is_silent() -> None:
    samples = chord(20, RATE)
    samples[10 * RATE :] = 1e-5
    audio = from_samples(samples, RATE)
    assert audio.loudness > -30
    assert audio.silent


def test_clipped_share_shows_overload() -> None:
    audio = from_samples(np.clip(chord(2, RATE) * 20, -1, 1), RATE)
    assert audio.clipped > 0.3
    assert audio.peak == pytest.approx(0, abs=0.01)
    assert from_samples(chord(2, RATE), RATE).clipped == 0


def test_decode_of_cut_off_file_gives_its_samples() -> None:
    whole = encoded(chord(6, 24_000), 24_000)
    assert decode(whole[: len(whole) // 2]).seconds == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "0 bytes"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", "MP4 or M4A"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40, "JPEG"),
        (b"\x1aE\xdf\xa3" + b"\x00" * 40, "WebM"),
        (b"RIFF", "cut-off WAV"),
        (b"\xff", "not a recognised audio format"),
        (b"hello, is this on?", "not a recognised audio format"),
    ],
)
def test_decode_names_format_of_other_bytes(value: bytes, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        decode(value)


def test_decode_reports_cut_off_flac() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 72_000).astype(np.float32)
    whole = encoded(noise, 24_000, "FLAC")
    with pytest.raises(AudioError, match="cut off or damaged"):
        decode(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("samples", "rate", "says"),
    [
        (np.zeros(0, np.float32), 22_050, "0.00 s"),
        (np.zeros(1, np.float32), 22_050, "at least 1 s"),
        (np.full(30_000, np.nan, np.float32), 22_050, "not finite"),
        (np.full((30_000, 2), np.inf, np.float32), 22_050, "not finite"),
        (np.full(30_000, 20_000, np.float32), 22_050, "full scale"),
        (np.zeros(30_000, np.float32), 100, "100 Hz"),
    ],
)
def test_invalid_samples_are_rejected(samples: NDArray[np.float32], rate: int, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        from_samples(samples, rate)


@pytest.mark.parametrize(("channels", "rate", "says"), [(65, 8_000, "65 channels"), (1, 500_000, "500000 Hz")])
def test_implausible_files_are_rejected(channels: int, rate: int, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        decode(encoded(np.zeros((16_000, channels), np.float32), rate))


def test_unsupported_format_has_its_own_error() -> None:
    with pytest.raises(AudioFormatError):
        decode(b"\x00\x00\x00\x20ftypM4A ")


def test_long_file_is_read_in_fragments(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(encoded(chord(9.5, 8_000), 8_000))
    assert [round(one.seconds, 1) for one in fragments(path, 4.0)] == [4.0, 4.0, 1.5]
    path.write_bytes(encoded(chord(8.5, 8_000), 8_000))
    assert [round(one.seconds, 1) for one in fragments(path, 4.0)] == [4.0, 4.0]  # the end is too short
    whole = encoded(chord(9.5, 8_000), 8_000)
    path.write_bytes(whole[: len(whole) // 2])
    assert [round(one.seconds, 1) for one in fragments(path, 4.0)] == [4.0]  # cut off


@pytest.mark.parametrize(
    ("value", "says"), [(b"", "0 bytes"), (b"hello, is this on?", "not a recognised audio format")]
)
def test_fragments_of_other_file_report_its_format(tmp_path: Path, value: bytes, says: str) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(value)
    with pytest.raises(AudioError, match=says):
        list(fragments(path))
