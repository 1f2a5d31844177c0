"""Lines by stage, and their subtitles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from processors.captions.caption_log import CaptionLog
from processors.captions.rules import CAPTIONS_BEHIND
from processors.captions.webvtt import web_vtt
from schemas.captions import CaptionLine
from schemas.ids import CaptionId, EventId, StageId
from schemas.venue import Venue

START = datetime(2026, 7, 4, 20, tzinfo=UTC)
MAIN = StageId("main")


def line(number: int, text: str = "Buenas noches", **more: Any) -> CaptionLine:
    begin = START + timedelta(seconds=10 * number)
    fields: dict[str, Any] = {
        "id": CaptionId(f"line-{number}"), "event_id": EventId(f"line-{number}"), "stage": MAIN, "begin": begin,
        "until": begin + timedelta(seconds=2.5), "time": begin + timedelta(seconds=4), "language": "es", "text": text,
        "model": "test",
    }  # fmt: skip
    return CaptionLine(**fields | more)


def corrected(one: CaptionLine, text: str, seconds: float = 60) -> CaptionLine:
    later = one.time + timedelta(seconds=seconds)
    return replace(one, text=text, automatic=False, corrected_by="pau", time=later)


def test_lines_are_in_order_of_time_and_bounded() -> None:
    log = CaptionLog(max_lines=2)
    assert [log.add(line(number)) for number in (3, 1, 2)] == [True, True, True]
    assert [one.id for one in log.lines(MAIN)] == ["line-2", "line-3"]
    assert log.get(CaptionId("line-1")) is None


def test_repeated_line_changes_nothing() -> None:
    log = CaptionLog()
    assert log.add(line(1)) and not log.add(line(1, "Otra cosa"))
    assert log.lines(MAIN)[0].text == "Buenas noches"


def test_correction_replaces_a_line_and_stands() -> None:
    log = CaptionLog()
    log.add(line(1))
    assert log.add(corrected(line(1), "Buenas tardes"))
    assert not log.add(line(1))
    assert not log.add(corrected(line(1), "Antes", seconds=30))
    assert [one.text for one in log.lines(MAIN)] == ["Buenas tardes"]


def test_subtitles_count_from_their_begin_and_escape_text() -> None:
    lines = [line(0, "a < b"), line(360, "Adiós", translation="Bye")]
    assert web_vtt(lines, START) == (
        "WEBVTT\n\nNOTE Times count from 2026-07-04T20:00:00+00:00. Captions are automatic, except where corrected."
        "\n\n00:00:00.000 --> 00:00:02.500\na &lt; b\n\n01:00:00.000 --> 01:00:02.500\nAdiós\n"
    )


def test_subtitles_of_another_language_leave_out_what_is_not_translated() -> None:
    text = web_vtt([line(0), line(1, "Adiós", translation="Bye")], START, "en")
    assert "Bye" in text and "Buenas" not in text


def test_skipped_speech_is_measured_and_a_correction_is_not() -> None:
    venue = Venue.model_validate({"name": "Test"})
    (behind,) = CAPTIONS_BEHIND.measure(line(1, skipped_seconds=7.0), venue)
    assert (behind.subject, behind.value) == ("main", 7.0)
    assert list(CAPTIONS_BEHIND.measure(corrected(line(1), "x"), venue)) == []
