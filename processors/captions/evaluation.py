"""Evaluation of captions: word error rate, cost, and delay when they are cut as live.

A recording is cut as a speech feed is. Stream time is simulated: a piece is known when the cutter has heard its end, it
waits for the one before, and its computation takes as long as it takes here. The delay of a word is the time from its
end to its line; words are taken to be spread evenly over the speech of their piece, so the first ones wait longest.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jiwer
import librosa
import numpy as np
import soundfile
from msgspec import Struct

from processors.captions.speech_cutter import SpeechCutter, SpeechPiece
from processors.captions.spoken_words import spoken_words
from processors.captions.transcriber import Transcriber
from processors.captions.voice_activity import SAMPLE_RATE, Samples, VoiceActivityDetector
from schemas.captions import LANGUAGES, Language

BLOCK = 2_048
"""Samples that a feed hands to the cutter at once: 128 ms."""


class EvaluationError(ValueError):
    """The table or one of its clips can't be used."""


class LabelledClip(Struct, frozen=True):
    """One line of the table; `language` is None where it must be recognised, `text` empty where nobody speaks."""

    path: Path
    language: Language | None
    text: str


class CaptionedClip(Struct, frozen=True):
    """Captions of one clip.

    Attributes:
        lines: text of each piece.
        delays: seconds from the end of each word to its line.
        line_delays: seconds from the end of each piece to its line.
        compute_seconds: processor time of cutting and recognition.
    """

    lines: list[str]
    delays: list[float]
    line_delays: list[float]
    seconds: float
    compute_seconds: float

    @property
    def text(self) -> str:
        """Return the whole text."""
        return " ".join(self.lines)


def read_table(file: Path) -> list[LabelledClip]:
    """Read `clip,language,text`; clips are relative to the table.

    Raises:
        EvaluationError: a column or a clip is missing, or a language is neither es nor en.
    """
    with file.open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table))
    if not rows:
        raise EvaluationError(f"{file} has no lines")
    if missing := {"clip", "language", "text"} - set(rows[0]):
        raise EvaluationError(f"{file} lacks the columns {', '.join(sorted(missing))}")
    return [_labelled(file, number, row) for number, row in enumerate(rows, 2)]


def _labelled(file: Path, number: int, row: dict[str, str]) -> LabelledClip:
    path = file.parent / row["clip"]
    if not path.is_file():
        raise EvaluationError(f"{file}, line {number}: there is no {path}")
    named = (row["language"] or "").strip().lower()
    language = next((one for one in LANGUAGES if one == named), None)
    if named and language is None:
        raise EvaluationError(f"{file}, line {number}: language {named!r} is not {' or '.join(LANGUAGES)}")
    return LabelledClip(path, language, row["text"] or "")


def evaluate(
    file: Path, transcriber: Transcriber, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Return the figures of a table of clips.

    `wer` is of all clips with text; lower case, no punctuation, NFC, nothing else. `invented` are clips without text in
    which the model heard some.

    Raises:
        EvaluationError: the table or a clip can't be used.
    """
    clips = read_table(file)
    results = list[tuple[LabelledClip, CaptionedClip]]()
    for number, clip in enumerate(clips):
        progress(number, len(clips))
        results.append((clip, caption_live(read_sound(clip.path), transcriber, clip.language)))
    progress(len(clips), len(clips))
    seconds = sum(one.seconds for _, one in results)
    delays = [delay for _, one in results for delay in one.delays] or [0.0]
    line_delays = [delay for _, one in results for delay in one.line_delays] or [0.0]
    silent = [one for clip, one in results if not spoken_words(clip.text)]
    report: dict[str, Any] = {
        "clips": len(clips),
        "seconds": seconds,
        "wer": _error_rate(results),
        "seconds_per_second": sum(one.compute_seconds for _, one in results) / max(seconds, 1e-9),
        "latency_p50": float(np.percentile(delays, 50)),
        "latency_p90": float(np.percentile(delays, 90)),
        "line_latency_p50": float(np.percentile(line_delays, 50)),
        "line_latency_p90": float(np.percentile(line_delays, 90)),
        "model": transcriber.identity,
        "without_speech": {"clips": len(silent), "invented": sum(bool(one.lines) for one in silent)},
    }
    languages = dict.fromkeys(clip.language for clip, _ in results)
    report["by_language"] = {
        language or "recognised": {
            "clips": sum(clip.language == language for clip, _ in results),
            "wer": _error_rate([(clip, one) for clip, one in results if clip.language == language]),
        }
        for language in languages
    }
    return report


def _error_rate(results: list[tuple[LabelledClip, CaptionedClip]]) -> float | None:
    """Return the word error rate over all words; None where there are none."""
    pairs = [(spoken_words(clip.text), spoken_words(one.text)) for clip, one in results if spoken_words(clip.text)]
    return float(jiwer.wer([text for text, _ in pairs], [heard for _, heard in pairs])) if pairs else None


def caption_live(samples: Samples, transcriber: Transcriber, language: Language | None) -> CaptionedClip:
    """Caption a recording as if it were heard live.

    Args:
        samples: 16 kHz, −1 to 1.
        transcriber: the model.
        language: that is spoken; recognised piece by piece if None.
    """
    lines, delays, line_delays = list[str](), list[float](), list[float]()
    free = 0.0
    began = time.process_time()
    for piece, known in _pieces(samples):
        started = time.perf_counter()
        found = transcriber.transcribe(piece.samples, language)
        free = max(free, known) + time.perf_counter() - started
        if found.refused:
            continue
        begin, end = piece.begin / SAMPLE_RATE, piece.spoken_until / SAMPLE_RATE
        lines.append(found.text)
        line_delays.append(free - end)
        words = len(found.text.split())
        delays += [free - (begin + (end - begin) * (number + 1) / words) for number in range(words)]
    return CaptionedClip(lines, delays, line_delays, len(samples) / SAMPLE_RATE, time.process_time() - began)


def _pieces(samples: Samples) -> Iterator[tuple[SpeechPiece, float]]:
    """Yield each piece, and when in the stream it is known (s)."""
    cutter = SpeechCutter(VoiceActivityDetector().add)
    for at in range(0, len(samples), BLOCK):
        for piece in cutter.add(samples[at : at + BLOCK]):
            yield piece, min(at + BLOCK, len(samples)) / SAMPLE_RATE
    for piece in cutter.finish():
        yield piece, len(samples) / SAMPLE_RATE


def read_sound(path: Path) -> Samples:
    """Return a recording as 16 kHz mono.

    Raises:
        EvaluationError: it is no sound.
    """
    try:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise EvaluationError(f"{path} can't be read as sound: {error}") from error
    return resample(sound.mean(axis=1), rate)


def resample(mono: Samples, rate: int) -> Samples:
    """Return mono sound at 16 kHz."""
    resampled: Samples = librosa.resample(mono, orig_sr=rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    return resampled
