"""Distil the teacher into both languages: `python -m training.encoder.train`, after `python -m training.encoder.teach`.

Multilingual knowledge distillation (Reimers and Gurevych, 2020). The network starts as the teacher, with vectors for
Spanish word pieces made from their translations. It is then trained to give a Spanish sentence the vector that the
teacher gives to its English translation, and English sentences the teacher's vectors. It may be interrupted at any
time, and continues from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training.encoder.network import Network, teacher_weights
from training.encoder.sentences import Sentences, read_sentences
from training.encoder.training_run import TrainingRun
from training.encoder.vocabulary import first_vectors, make_tokenizer

WORK = Path(__file__).parent / "work"
SPANISH, ENGLISH = 64, 24
"""Sentences of each language in a step."""

RATE_PIECES, RATE_LAYERS = 4e-4, 6e-5
WARM_UP, TEMPERATURE, CONTRAST = 0.03, 0.05, 0.1
CHECKPOINT_SECONDS = 90
SEED = 1

Rows = list[list[int]]


def pad(rows: Rows) -> Tensor:
    """Return token ids as (n, length) int64, padded with zeros."""
    ids = torch.zeros((len(rows), max(len(row) for row in rows)), dtype=torch.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
    return ids


def batches(rows: Rows, begin: int, size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield batches of indices from `begin` on without end, grouped by length so that there is little padding."""
    while True:
        order = random.permutation(np.arange(begin, len(rows)))
        for start in range(0, len(order) - size * 16 + 1, size * 16):
            pool = order[start : start + size * 16]
            pool = pool[np.argsort([len(rows[i]) for i in pool], kind="stable")]
            groups = pool.reshape(16, size)
            yield from (groups[i] for i in random.permutation(16))


def prepare(sentences: Sentences) -> tuple[Tokenizer, Network]:
    """Return the tokenizer and the network before any step, from the work folder if they were made before."""
    path, begun = WORK / "tokenizer.json", WORK / "begun.pt"
    weights = teacher_weights()
    if not path.exists() or not begun.exists():
        tokenizer = make_tokenizer(sentences.english, sentences.spanish + sentences.other_spanish)
        pairs = slice(sentences.held, len(sentences.spanish))
        table = weights["pieces.weight"].numpy()
        vectors = first_vectors(tokenizer, table, sentences.english[pairs], sentences.spanish[pairs])
        torch.save(torch.from_numpy(vectors), begun)
        tokenizer.save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    network = Network(tokenizer.get_vocab_size())
    network.load_state_dict(weights | {"pieces.weight": torch.load(begun, weights_only=True)})
    return tokenizer, network


@torch.no_grad()
def figures(network: nn.Module, english: Rows, spanish: Rows, teacher: Tensor) -> dict[str, float]:
    """Return, on held-out pairs, how often the translation is nearest, and the mean cosine with the teacher."""
    network.eval()
    mine = [torch.cat([network(pad(rows[i : i + 64])) for i in range(0, len(rows), 64)]) for rows in (english, spanish)]
    found = (mine[1] @ mine[0].T).argmax(dim=1) == torch.arange(len(teacher))
    return {
        "translation_found": round(float(found.float().mean()), 4),
        "cosine_english": round(float((mine[0] * teacher).sum(dim=1).mean()), 4),
        "cosine_spanish": round(float((mine[1] * teacher).sum(dim=1).mean()), 4),
    }


def learn(sentences: Sentences, teacher: Tensor, minutes: float) -> None:
    """Train until `minutes` are over, in all runs together."""
    tokenizer, network = prepare(sentences)
    english: Rows = [e.ids for e in tokenizer.encode_batch(sentences.english)]
    spanish: Rows = [e.ids for e in tokenizer.encode_batch(sentences.spanish)]
    run = TrainingRun(
        network, WORK / "last.pt", pieces=RATE_PIECES, layers=RATE_LAYERS, warm_up=WARM_UP, every=CHECKPOINT_SECONDS
    )
    random = np.random.default_rng([SEED, run.steps])
    foreign = batches(spanish, sentences.held, SPANISH, random)
    own = batches(english, sentences.held, ENGLISH, random)
    held = slice(0, min(sentences.held, 1000))
    print(json.dumps({"step": run.steps} | figures(network, english[held], spanish[held], teacher[held])), flush=True)
    while run.has_time_left(minutes):
        network.train()
        theirs, mine = next(foreign), next(own)
        translated, same = network(pad([spanish[i] for i in theirs])), network(pad([english[i] for i in mine]))
        wanted = teacher[torch.from_numpy(theirs)]
        near = 1 - (translated * wanted).sum(dim=1).mean()
        kept_same = 1 - (same * teacher[torch.from_numpy(mine)]).sum(dim=1).mean()
        # The same English sentence may have several translations in a batch; none of them counts as a negative.
        alike = (wanted @ wanted.T > 0.95).float()
        chances = F.log_softmax(translated @ wanted.T / TEMPERATURE, dim=1)
        contrast = -(chances * alike / alike.sum(dim=1, keepdim=True)).sum(dim=1).mean()
        loss = near + kept_same + CONTRAST * contrast
        run.step(loss)
        if run.steps % 25 == 0:
            seconds = round(run.seconds)
            row = {"step": run.steps, "seconds": seconds, "near": near.item(), "same": kept_same.item()}
            print(json.dumps(row | {"contrast": contrast.item()}), flush=True)
    torch.save(network.state_dict(), WORK / "learnt.pt")
    print(json.dumps({"step": run.steps} | figures(network, english[held], spanish[held], teacher[held])), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--minutes", type=float, default=28)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    sentences = read_sentences(arguments.data)
    teacher = torch.from_numpy(np.load(WORK / "teacher.npy").astype(np.float32))
    if len(teacher) != len(sentences.english):
        raise SystemExit(f"{WORK / 'teacher.npy'} is of other sentences: run python -m training.encoder.teach again")
    learn(sentences, teacher, arguments.minutes)


if __name__ == "__main__":
    main()
