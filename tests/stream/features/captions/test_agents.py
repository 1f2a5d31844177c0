"""Agents of captions without Kafka, with a recognizer that needs no model."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest
import soundfile

from processors.captions.transcriber import SpeechModelError, Transcriber, Transcript
from schemas.captions import CAPTIONS, CORRECTIONS, SPEECH, CaptionCorrection, CaptionLine
from schemas.ids import StageId
from stream.features import registry
from stream.features.captions import FEATURE, agents
from stream.features.captions.speech_recognizer import SpeechRecognizer
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver

VENUE = registry.full_venue_type().model_validate(
    {
        "name": "Test",
        "stages": [{"id": "main"}, {"id": "small"}],
        "captions": {"feeds": [{"stage": "main", "language": "es"}], "names": ["Nadia Ferrer"]},
    }
)
NOW = datetime.now(UTC)


class FakeModel:
    """Says what it is told to, and counts."""

    identity = "fake"

    def __init__(self) -> None:
        self.calls: list[tuple[str | None, tuple[str, ...]]] = []
        self.answer = Transcript("con ustedes nadia ferré", "es", -0.2, 1.0, 0.1, translation="with you, Nadia Ferrer")

    def transcribe(self, _samples: Any, language: Any, *, names: Any, translate: bool) -> Transcript:
        assert translate
        self.calls.append((language, tuple(names)))
        return self.answer


class FakeTranslator:
    """Marks what it translated."""

    def translate(self, texts: Any, source: str, target: str, *, names: Any) -> list[str]:
        assert tuple(names) == ("Nadia Ferrer",), "a translation keeps them"
        return [f"{source}>{target} {text}" for text in texts]


def driver_with(
    monkeypatch: pytest.MonkeyPatch, model: FakeModel, translator: FakeTranslator | None = None
) -> TestDriver:
    def recognizer(_settings: Settings) -> SpeechRecognizer:
        return SpeechRecognizer(lambda: cast(Transcriber, model), lambda: translator)

    monkeypatch.setattr(agents, "recognizer_of", recognizer)
    return TestDriver(FEATURE, VENUE)


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, model: FakeModel) -> TestDriver:
    return driver_with(monkeypatch, model)


def sound(seconds: float = 2.0, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(int(rate * seconds)), rate, format="FLAC")
    return file.getvalue()


async def caption(driver: TestDriver, **more: Any) -> list[CaptionLine]:
    arguments: dict[str, Any] = {"id": "main/1", "time": NOW, "received": datetime.now(UTC)} | more
    return (await driver.send(SPEECH, "main", sound(), **arguments)).of(CAPTIONS)


async def test_piece_becomes_a_line_with_names_and_translation(driver: TestDriver, model: FakeModel) -> None:
    (line,) = await caption(driver)
    assert (line.text, line.translation) == ("con ustedes Nadia Ferrer", "with you, Nadia Ferrer")
    assert (line.stage, line.language, line.model, line.automatic) == ("main", "es", "fake", True)
    assert (line.spoken, line.until, line.until - line.begin) == (model.answer.text, NOW, timedelta(seconds=2))
    assert model.calls == [("es", ("Nadia Ferrer",))]


async def test_repeated_piece_after_a_restart_makes_no_second_line(
    monkeypatch: pytest.MonkeyPatch, driver: TestDriver, model: FakeModel
) -> None:
    (line,) = await caption(driver)
    restarted = driver_with(monkeypatch, model)
    await restarted.send(CAPTIONS, "main", line)
    assert await caption(restarted) == []
    assert len(model.calls) == 1
    assert len(await caption(restarted, id="main/2")) == 1


async def test_line_of_a_repeated_piece_has_the_same_id(driver: TestDriver) -> None:
    first, again = await caption(driver), await caption(driver)
    assert [one.id for one in first] == [one.id for one in again]


async def test_stale_piece_is_dropped_and_the_next_line_says_so(driver: TestDriver, model: FakeModel) -> None:
    assert await caption(driver, received=datetime.now(UTC) - timedelta(seconds=11)) == []
    assert model.calls == []
    (line,) = await caption(driver, id="main/2")
    assert line.skipped_seconds == 2.0
    (line,) = await caption(driver, id="main/3")
    assert line.skipped_seconds == 0.0


async def test_invention_makes_no_line(driver: TestDriver, model: FakeModel) -> None:
    model.answer = msgspec.structs.replace(model.answer, refused="unlikely")
    assert await caption(driver) == []


@pytest.mark.parametrize(
    ("stage", "value", "reason"),
    [
        ("moon", sound(), "no stage 'moon' in the venue file; it has main, small"),
        ("main", b"no sound", "these 8 bytes are no sound that libsndfile reads"),
        ("main", sound(rate=44_100), "the sound has 44100 samples a second, but speech needs 16000"),
        ("main", sound(31), "the piece has 31.0 s, but at most 30 are valid"),
    ],
)
async def test_unusable_piece_is_rejected(driver: TestDriver, stage: str, value: bytes, reason: str) -> None:
    now = datetime.now(UTC)
    assert (await driver.send(SPEECH, stage, value, time=now, received=now)).rejections == [reason]


async def test_piece_is_rejected_with_what_to_do_where_there_is_no_model(tmp_path: Path) -> None:
    driver = TestDriver(FEATURE, VENUE, settings=Settings(speech_model=tmp_path))
    now = datetime.now(UTC)
    (reason,) = (await driver.send(SPEECH, "main", sound(), time=now, received=now)).rejections
    assert "is no faster-whisper model" in reason


def correction(line: CaptionLine, **more: Any) -> CaptionCorrection:
    fields = {"id": "pau/1", "line": line.id, "stage": StageId("main"), "text": "con ustedes, Nadia", "by": "pau"}
    return CaptionCorrection(**fields | {"time": NOW + timedelta(minutes=1)} | more)


async def test_correction_is_the_line_again_and_translated_anew(
    monkeypatch: pytest.MonkeyPatch, model: FakeModel
) -> None:
    driver = driver_with(monkeypatch, model, FakeTranslator())
    model.transcribe = lambda *_, **__: model.answer  # type: ignore[method-assign]
    (line,) = await caption(driver)
    assert line.translation == "es>en con ustedes Nadia Ferrer"
    await driver.send(CAPTIONS, "main", line)
    (corrected,) = (await driver.send(CORRECTIONS, "main", correction(line))).of(CAPTIONS)
    assert (corrected.id, corrected.text) == (line.id, "con ustedes, Nadia")
    assert corrected.translation == "es>en con ustedes, Nadia"
    assert (corrected.automatic, corrected.corrected_by) == (False, "pau")


async def test_corrected_translation_is_taken_as_it_is(driver: TestDriver) -> None:
    (line,) = await caption(driver)
    await driver.send(CAPTIONS, "main", line)
    sent = correction(line, translation="here is Nadia")
    (corrected,) = (await driver.send(CORRECTIONS, "main", sent)).of(CAPTIONS)
    assert corrected.translation == "here is Nadia"


async def test_correction_of_an_unknown_line_is_rejected(driver: TestDriver) -> None:
    (line,) = await caption(driver)
    assert (await driver.send(CORRECTIONS, "main", correction(line))).rejections == ["no line 'main/1/line' of main"]


async def test_damaged_line_of_the_broadcast_is_ignored(driver: TestDriver) -> None:
    agent_error: list[str] = []
    event = driver.raw_event(CAPTIONS, b"main", b"{", [("pulso", b"")])
    await driver.send_events(CAPTIONS, [event])
    assert agent_error == []
    assert len(await caption(driver)) == 1


class BrokenModel(FakeModel):
    def transcribe(self, *_: Any, **__: Any) -> Transcript:
        raise SpeechModelError("no model")


async def test_missing_model_rejects_and_the_worker_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = driver_with(monkeypatch, BrokenModel())
    now = datetime.now(UTC)
    assert (await driver.send(SPEECH, "main", sound(), time=now, received=now)).rejections == ["no model"]
