"""Speech feeds: pieces of a file, as the voice activity detector finds speech in it."""

from __future__ import annotations

import io
import shutil
import threading
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from processors.captions.voice_activity import SAMPLE_RATE, WINDOW, Samples
from schemas.captions import SPEECH
from schemas.topic import Topic
from stream.sources import speech
from stream.sources.source import SourceError
from stream.sources.speech import SpeechSource

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


class LoudIsSpeech:
    """Voice activity detector that takes all that is loud for speech."""

    def add(self, samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """Return 1 for each loud window."""
        return (np.abs(samples.reshape(-1, WINDOW)).max(axis=1) > 0.1).astype(np.float32)


class ListSink:
    """Sink that keeps pieces and counts."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bytes]] = []
        self.refused = 0
        self.up = 0

    def send(self, topic: Topic[bytes], *, key: str, value: bytes, id: str, time: datetime, content_type: str) -> None:
        """Keep a piece."""
        assert topic is SPEECH and key == "main" and time.tzinfo is not None and content_type == "audio/flac"
        self.pieces.append((id, value))

    def flush(self) -> None:
        """Do nothing."""

    def count(self, result: str) -> None:
        """Count what is refused."""
        self.refused += result == "refused"

    def report_up(self) -> None:
        """Count signs of life."""
        self.up += 1


@pytest.fixture(autouse=True)
def _loud_is_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "VoiceActivityDetector", LoudIsSpeech)


def run(path: Path, *, loop: bool = False) -> ListSink:
    """Return the sink of a feed that read a file or folder."""
    sink = ListSink()
    SpeechSource("main", str(path), loop=loop, pace=False).run(sink, threading.Event())  # type: ignore[arg-type]
    return sink


def write(path: Path, *parts: tuple[float, bool]) -> None:
    """Write a file of 48 kHz: seconds of a tone, where True, or silence."""
    tones = [0.5 * loud * np.sin(2 * np.pi * 440 * np.arange(int(48_000 * length)) / 48_000) for length, loud in parts]
    soundfile.write(path, np.concatenate(tones), 48_000)


def test_pieces_are_cut_at_pauses_and_the_end(tmp_path: Path) -> None:
    write(tmp_path / "host.wav", (1, False), (2, True), (1, False), (3, True))
    sink = run(tmp_path / "host.wav")
    sounds = [soundfile.read(io.BytesIO(value)) for _, value in sink.pieces]
    assert [rate for _, rate in sounds] == [SAMPLE_RATE, SAMPLE_RATE]
    assert [len(sound) / SAMPLE_RATE for sound, _ in sounds] == pytest.approx([2.4, 3.2], abs=0.15)
    assert len({id for id, _ in sink.pieces}) == 2
    assert sink.up == 1


def test_a_file_without_speech_is_valid_and_sends_nothing(tmp_path: Path) -> None:
    write(tmp_path / "pause.wav", (6, False))
    assert run(tmp_path / "pause.wav").pieces == []


def test_a_folder_skips_broken_files(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF no sound at all")
    write(tmp_path / "b.wav", (1, True))
    sink = run(tmp_path)
    assert (len(sink.pieces), sink.refused) == (1, 1)


def test_a_folder_of_broken_files_ends_the_source_instead_of_turning_round(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF no sound at all")
    with pytest.raises(SourceError, match="less than 1 second"):
        run(tmp_path, loop=True)
