"""Job that answers attendees' questions on one core: in one loop, or each when it is due; or the bare encoder alone.

Reads an `AnswerJobInput` from standard input.
"""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from processors.assistant.assistant import Assistant
from processors.assistant.festival import Festival
from processors.festival.live_state import read_live_state
from processors.festival.tables import read_festival
from processors.support.encoder import Encoder
from processors.support.requests import RequestClassifier
from schemas.assistant import AttendeeQuestion
from stream.features.assistant.agents import answer_question

SEED = 7


class AnswerJobInput(Struct, kw_only=True):
    """Method, festival tables, and the questions in their order.

    Attributes:
        rate: questions per second, which arrive at random (Poisson); None asks the next when one is answered.
        warm_up: questions at the beginning that are not timed.
    """

    how: Literal["assistant", "encoder"]
    folder: str
    questions: list[AttendeeQuestion]
    rate: float | None = None
    warm_up: int = 10


def assistant(folder: Path) -> Callable[[AttendeeQuestion], object]:
    """Return a function that answers as the agent does, the earlier questions of the conversation included."""
    requests = RequestClassifier.load(Encoder.load())
    live = read_live_state(folder / "live.json") if (folder / "live.json").is_file() else None
    answering = Assistant(Festival(read_festival(folder), is_word=requests.encoder.is_word), requests)
    return lambda question: answer_question(answering, question, live)


def encoder() -> Callable[[AttendeeQuestion], object]:
    """Return a function that encodes the text of a question once."""
    model = Encoder.load()
    return lambda question: model.encode([question.text])


def due_times(number: int, rate: float | None) -> list[float] | None:
    """Return seconds from the begin at which questions are due; None if they follow one another."""
    if rate is None:
        return None
    gaps = np.random.default_rng(SEED).exponential(1 / rate, number)
    return [float(at) for at in np.cumsum(gaps)]


def queued(due: list[float], services: list[float]) -> list[float]:
    """Return the seconds from when each question is due to its answer on a core of its own (Lindley's recursion).

    >>> [round(one, 1) for one in queued([0.0, 0.1, 5.0], [0.3, 0.3, 0.3])]
    [0.3, 0.5, 0.3]
    """
    found, free = [], 0.0
    for at, service in zip(due, services, strict=True):
        free = max(free, at) + service
        found.append(free - at)
    return found


def main() -> None:
    """Answer every question once; a latency counts from the time at which its question was due."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=AnswerJobInput)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    answer = encoder() if job.how == "encoder" else assistant(Path(job.folder))
    for question in job.questions[: job.warm_up]:
        answer(question)
    timed = job.questions[job.warm_up :]
    due = due_times(len(timed), job.rate)
    latencies: list[float] = []
    services: list[float] = []
    began = read_clocks()
    for number, question in enumerate(timed):
        start = time.monotonic() if due is None else began[0] + due[number]
        time.sleep(max(0.0, start - time.monotonic()))
        used = time.process_time()
        answer(question)
        services.append(time.process_time() - used)
        latencies.append(time.monotonic() - start)
    ended = read_clocks()
    result = RunResult(
        events=len(timed),
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        latencies=latencies,
        own_latencies=[] if due is None else queued(due, services),
    )
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
