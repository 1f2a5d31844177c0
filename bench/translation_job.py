"""Job that translates sentences both ways, by the network one at a time, or by apertium all at once.

Reads a `TranslationJobInput` from standard input.
"""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import resource
import subprocess
import sys
from typing import Literal

import msgspec
from msgspec import Struct

from bench.run_result import BenchError, RunResult, read_clocks
from processors.captions.approved import ApprovedTexts
from processors.captions.translation import Translator
from processors.models.inference import models_folder

APERTIUM_PAIRS = (("eng-spa", "spa-eng"), ("en-es", "es-en"))
"""Names of the language pair in newer and older packages."""


class TranslationJobInput(Struct, kw_only=True):
    """Method and sentences, each a pair with the one of the other list."""

    how: Literal["network", "apertium"]
    english: list[str]
    spanish: list[str]


def by_network(job: TranslationJobInput) -> list[str]:
    """Return the translations by the network alone: approved texts are no merit of it."""
    translator = Translator.load(models_folder() / "translation", ApprovedTexts([]))
    ways: list[tuple[list[str], Literal["es", "en"], Literal["es", "en"]]] = [
        (job.english, "en", "es"),
        (job.spanish, "es", "en"),
    ]
    return [translator.translations([text], source, target)[0].text for texts, source, target in ways for text in texts]


def apertium_pair() -> tuple[str, str]:
    """Return the names of both directions.

    Raises:
        BenchError: the language pair is not installed.
    """
    modes = subprocess.run(["apertium", "-l"], capture_output=True, text=True, check=False).stdout.split()
    for pair in APERTIUM_PAIRS:
        if pair[0] in modes:
            return pair
    raise BenchError("apertium has no English–Spanish pair: apt-get install apertium-eng-spa")


def by_apertium(job: TranslationJobInput) -> list[str]:
    """Return apertium's translations, unknown words unmarked; a blank line ends each sentence.

    Raises:
        BenchError: it failed, or lost a sentence.
    """
    found: list[str] = []
    for texts, mode in zip((job.english, job.spanish), apertium_pair(), strict=True):
        done = subprocess.run(
            ["apertium", "-u", mode], input="\n\n".join(texts) + "\n", capture_output=True, text=True, check=False
        )
        lines = [text.strip() for text in done.stdout.strip().split("\n\n")]
        if done.returncode or len(lines) != len(texts):
            raise BenchError(f"apertium {mode}: {len(lines)} of {len(texts)} sentences. {done.stderr[-500:]}")
        found += lines
    return found


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the job."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=TranslationJobInput)
    (begin, used), children = read_clocks(), _children_seconds()
    texts = by_network(job) if job.how == "network" else by_apertium(job)
    (end, used_at_end), children_at_end = read_clocks(), _children_seconds()
    result = RunResult(
        events=len(texts),
        seconds=end - begin,
        cpu_seconds=used_at_end - used + children_at_end - children,
        texts=texts,
    )
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")


if __name__ == "__main__":
    main()
