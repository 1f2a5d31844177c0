"""Translation of captions beside Debian's apertium, both ways, on the same sentences: chrF and time.

The sentences are our own about festivals, which the network did not learn from, and those of Tatoeba that
`python -m training.translation pairs` has set aside, where it was run. Apertium is a program of its own (GPL), no
dependency: `apt-get install apertium apertium-eng-spa`; without it the benchmark is left out, and says so.
"""

from __future__ import annotations

import importlib.util
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from bench.comparison_table import ComparisonRow, compare
from bench.reference_job import run_job
from bench.run_result import RunResult
from bench.translation_job import TranslationJobInput
from processors.captions.translation_evaluation import chrf, read_pairs
from stream.runtime.settings import ROOT

FOLDER = ROOT / "training" / "translation"
FILES = {
    "our festival sentences": FOLDER / "festival_test.csv",
    "sentences of Tatoeba": FOLDER / "work" / "tatoeba_test.csv",
}
NUM_PAIRS = 500
SEED = 5


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Translate the same sentences by both; a row for each set of sentences.

    Raises:
        BenchError: a job failed.
    """
    if importlib.util.find_spec("ctranslate2") is None:
        announce("translation: left out, the extra `captions` is not installed")
        return []
    if shutil.which("apertium") is None:
        announce("translation: left out, apertium is not installed (apt-get install apertium apertium-eng-spa)")
        return []
    return [_row(name, file, divisor, announce) for name, file in FILES.items() if file.is_file()]


def _row(name: str, file: Path, divisor: int, announce: Callable[[str], None]) -> ComparisonRow:
    pairs = read_pairs(file)
    random.Random(SEED).shuffle(pairs)
    pairs = pairs[: NUM_PAIRS // divisor]
    announce(f"translation: {name}, {len(pairs)} pairs both ways")
    english, spanish = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ours, theirs = (
        run_job("translation_job.py", TranslationJobInput(how=how, english=english, spanish=spanish))
        for how in ("network", "apertium")
    )
    return compare(
        f"captions translated: {name}",
        "sentences/s",
        ours,
        "apertium, all sentences in one call",
        theirs,
        notes=f"chrF {_both_ways(ours, english, spanish)}; apertium {_both_ways(theirs, english, spanish)}",
    )


def _both_ways(result: RunResult, english: list[str], spanish: list[str]) -> str:
    half = len(english)
    return f"{chrf(result.texts[:half], spanish):.1f} en → es, {chrf(result.texts[half:], english):.1f} es → en"
