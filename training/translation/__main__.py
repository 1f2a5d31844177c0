"""Make the translation network: `python -m training.translation [train|pairs|export]`; all steps if none is named.

- train: the vocabulary, then the network, in `--minutes` of one core; continues from its last checkpoint.
- pairs: the pairs that were set aside, as tables for `pulso evaluate translation` and the benchmark.
- export: models/translation for CTranslate2 in 8 bits, its figures and its card.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.translation.pairs import (
    FESTIVAL_SHARES,
    Pair,
    Split,
    fill,
    normalised,
    read_festival,
    read_tatoeba,
    split,
)
from training.translation.vocabulary import make_tokenizer

FOLDER = Path(__file__).parent
WORK = FOLDER / "work"


def catalogue_texts() -> list[str]:
    """Return the texts of the project's own catalogues, whose words the vocabulary should hold whole."""
    files = sorted(file for name in ("processors", "console") for file in Path(name).rglob("*.e[ns].yaml"))
    lines = [line.split(":", 1)[-1] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [re.sub(r"\{[^}]*\}|[\"'|>]", " ", line).strip() for line in lines]


def tokenizer_of(tatoeba: Split, work: Path) -> Tokenizer:
    """Return the tokenizer of the work folder, made there on first use."""
    path = work / "tokenizer.json"
    if not path.exists():
        rng = np.random.default_rng(0)
        texts = [text for pair in tatoeba.train for text in pair]
        texts += ([text for pair in read_festival() for text in fill(pair, rng)] + catalogue_texts()) * 3
        make_tokenizer(texts).save(str(path))
    return Tokenizer.from_file(str(path))


def without_shared(pairs: list[Pair], learnt: list[Pair]) -> list[Pair]:
    """Return the pairs neither of whose sentences was learnt from, but for names, numbers and accents."""
    seen = {normalised(sentence) for pair in learnt for sentence in pair}
    return [pair for pair in pairs if not seen & {normalised(pair[0]), normalised(pair[1])}]


def write_pairs(tatoeba: Split, festival: Split, work: Path) -> None:
    """Write the pairs that were set aside; slots of our own are filled once."""
    rng = np.random.default_rng(11)
    learnt = tatoeba.train + festival.train
    tables = {
        work / "tatoeba_dev.csv": without_shared(tatoeba.dev, festival.train),
        work / "tatoeba_test.csv": without_shared(tatoeba.test, festival.train),
        work / "festival_dev.csv": [fill(pair, rng) for pair in without_shared(festival.dev, learnt)],
        FOLDER / "festival_test.csv": [fill(pair, rng) for pair in without_shared(festival.test, learnt)],
    }
    for path, pairs in tables.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([("en", "es"), *pairs])
        print({path.name: len(pairs)}, flush=True)


def main() -> None:
    """Read the arguments and run the steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="train, pairs or export; all if none is named")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"), help="has tatoeba_en_es.tsv")
    parser.add_argument("--minutes", type=float, default=66, help="of training, summed over all runs")
    parser.add_argument("--work", type=Path, default=WORK, help="vocabulary, checkpoints and tables")
    arguments = parser.parse_args()
    steps = arguments.steps or ["train", "pairs", "export"]
    if unknown := set(steps) - {"train", "pairs", "export"}:
        parser.error(f"{', '.join(sorted(unknown))} is not a valid step: train, pairs, export")
    arguments.work.mkdir(parents=True, exist_ok=True)
    tatoeba = split(read_tatoeba(arguments.data / "tatoeba_en_es.tsv"))
    festival = split(read_festival(), *FESTIVAL_SHARES)
    print({"train": len(tatoeba.train), "dev": len(tatoeba.dev), "test": len(tatoeba.test)}, flush=True)
    if "train" in steps:
        from training.translation.network import Shape
        from training.translation.train import train

        tokenizer = tokenizer_of(tatoeba, arguments.work)
        train(tatoeba, tokenizer, Shape(tokenizer.get_vocab_size()), arguments.minutes, arguments.work)
    if "pairs" in steps:
        write_pairs(tatoeba, festival, arguments.work)
    if "export" in steps:
        from training.translation.card import export

        export(arguments.work)


if __name__ == "__main__":
    main()
