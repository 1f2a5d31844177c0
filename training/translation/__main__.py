"""Train the translation network: `python -m training.translation train --data FOLDER`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tokenizers import Tokenizer

from training.translation.network import Shape
from training.translation.pairs import fill, read_festival, read_tatoeba, split
from training.translation.train import WORK, train
from training.translation.vocabulary import make_tokenizer

import numpy as np


def catalogue_texts() -> list[str]:
    """Return the texts of the project's own catalogues, whose words the vocabulary should hold whole."""
    files = sorted(file for name in ("processors", "console") for file in Path(name).rglob("*.e[ns].yaml"))
    lines = [line.split(":", 1)[-1] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [re.sub(r"\{[^}]*\}|[\"'|>]", " ", line).strip() for line in lines]


def main() -> None:
    """Read the arguments and run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--encoder", type=int, default=4)
    parser.add_argument("--decoder", type=int, default=2)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    tatoeba = split(read_tatoeba(arguments.data / "tatoeba_en_es.tsv"))
    print({"train": len(tatoeba.train), "dev": len(tatoeba.dev), "test": len(tatoeba.test)}, flush=True)
    path = arguments.work / "tokenizer.json"
    if not path.exists():
        rng = np.random.default_rng(0)
        texts = [text for pair in tatoeba.train for text in pair]
        texts += ([text for pair in read_festival() for text in fill(pair, rng)] + catalogue_texts()) * 3
        make_tokenizer(texts).save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    shape = Shape(
        tokenizer.get_vocab_size(),
        width=arguments.width,
        heads=arguments.width // 64,
        hidden=4 * arguments.width,
        encoder_layers=arguments.encoder,
        decoder_layers=arguments.decoder,
    )
    train(tatoeba, tokenizer, shape, arguments.minutes, arguments.work)


if __name__ == "__main__":
    main()
