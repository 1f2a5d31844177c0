"""Answers of the assistant on one core: how many a second, and how long each takes at five questions a second.

The questions are our own (training/assistant) about the festival of the shared folder; those of its `questions.jsonl`
where it has one. Questions arrive at random (Poisson), whether the one before is answered or not, and each waits from
the time at which it was due: no wait is left out because the assistant was busy. Because other work on the machine
delays answers, too, the queue is also computed from the processor time of each answer.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from bench.answer_job import AnswerJobInput
from bench.comparison_table import ComparisonRow, compare
from bench.reference_job import run_job
from processors.assistant.evaluation import QUESTIONS_FILE, LabelledQuestion, read_questions
from schemas.assistant import MAX_EARLIER, AttendeeQuestion
from schemas.fields import identifier
from schemas.ids import PlaceId
from stream.runtime.settings import ROOT

FOLDER = Path(os.environ.get("PULSO_SHARED", ROOT.parent / "shared")) / "festival"
OWN_QUESTIONS = ROOT / "training" / "assistant"
RATE = 5.0
"""Questions per second."""

NUM_TIMED, WARM_UP = 300, 10
SEED = 3


def questions(folder: Path = FOLDER) -> list[AttendeeQuestion]:
    """Return different questions in random order, each with those before it in its conversation."""
    file = folder / QUESTIONS_FILE
    files = [file] if file.is_file() else sorted(OWN_QUESTIONS.glob("*.jsonl"))
    labelled = [one for file in files for one in read_questions(file)]
    distinct = {(one.question, str(one.thread)): one for one in labelled}
    found = list(_asked(distinct.values()))
    random.Random(SEED).shuffle(found)
    return found


def _asked(labelled: Iterable[LabelledQuestion]) -> Iterator[AttendeeQuestion]:
    conversations: dict[str, list[str]] = {}
    for one in labelled:
        if isinstance(one.thread, str):
            texts = conversations.setdefault(one.thread, [])
            earlier = tuple(texts)
            texts.append(one.question)
        else:
            earlier = tuple(str(text) for text in one.thread or ())
        yield AttendeeQuestion(
            id=identifier(one.id),
            conversation=identifier(one.id),
            time=one.now,
            text=one.question,
            earlier=earlier[-MAX_EARLIER:],
            place=PlaceId(one.place) if one.place else None,
        )


def measure(*, divisor: int, announce: Callable[[str], None], folder: Path = FOLDER) -> list[ComparisonRow]:
    """Answer different questions, one after the other and at five a second, beside the bare encoder.

    Raises:
        BenchError: a job failed.
    """
    if not folder.is_dir():
        announce(f"assistant: left out, there is no festival in {folder}")
        return []
    asked = questions(folder)[: WARM_UP + NUM_TIMED // divisor]
    announce(f"assistant: {len(asked) - WARM_UP} questions, one after the other and {RATE:g} a second")
    results = {
        (how, rate): run_job(
            "answer_job.py",
            AnswerJobInput(how=how, folder=str(folder), questions=asked, rate=rate, warm_up=WARM_UP),
        )
        for how in ("assistant", "encoder")
        for rate in (None, RATE)
    }
    ours, bare = results["assistant", RATE], results["encoder", RATE]
    return [
        compare(
            "questions of attendees, one core",
            "answers/s",
            results["assistant", None],
            "bare encoder, each text once",
            results["encoder", None],
            notes=f"at {RATE:g} questions/s, from when each was due, by processor time, as on a core of its own: "
            f"{quantiles(ours.own_latencies)} (encoder: {quantiles(bare.own_latencies)}); "
            f"by the clock of this machine {quantiles(ours.latencies)} ({quantiles(bare.latencies)})",
        )
    ]


def quantiles(seconds: list[float]) -> str:
    """Return median, 95th percentile and maximum as text.

    >>> quantiles([0.01, 0.02, 0.03])
    'p50 20 ms, p95 29 ms, max 30 ms'
    """
    p50, p95, most = (1000 * float(value) for value in np.quantile(seconds, [0.5, 0.95, 1.0]))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {most:.0f} ms"
