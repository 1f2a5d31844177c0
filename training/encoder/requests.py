"""Train the encoder on requests: `python -m training.encoder.requests`, after `training.encoder.train`.

Supervised contrastive learning (Khosla et al., 2020, arXiv:2004.11362) within one set of labelled requests at a time:
sentences of one intent are drawn together in either language, others apart. Pairs of translations keep the two
languages together, and the teacher's vectors keep the rest of the space in place. A quarter of the intents of each
public set is held out (`held_out`). It may be interrupted at any time, and continues from its last checkpoint.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Final

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor

from training.encoder.network import Network
from training.encoder.sentences import read_sentences
from training.encoder.train import WORK, Rows, batches, figures, pad
from training.encoder.training_run import TrainingRun

OWN = Path(__file__).parents[1] / "requests" / "sentences.yaml"
PUBLIC: Final = ("banking77_train.csv", "event_ticketing.csv", "intents_es_train.csv")
WEIGHTS: Final = (0.5, 0.25, 0.15, 0.10)
"""Probabilities with which a step uses our own sentences and each of the public sets."""

HELD_OUT_EVERY: Final = 4
"""One intent in so many of a public set is held out."""

INTENTS, EACH = 14, 4
"""Intents in a step, and sentences of each."""

SPANISH, ENGLISH = 14, 10
"""Sentences of each language in a step that are kept at the teacher's vectors."""

RATE_PIECES, RATE_LAYERS = 1.5e-4, 3e-5
TEMPERATURE, STAY = 0.1, 1.5
WARM_UP, CHECKPOINT_SECONDS = 0.05, 120
SEED = 2


def held_out(intents: list[str]) -> frozenset[str]:
    """Return the held-out intents of a set, chosen by a seed."""
    names = sorted(set(intents))
    order = np.random.default_rng(SEED).permutation(len(names))
    return frozenset(names[i] for i in order[: len(names) // HELD_OUT_EVERY])


def read_labelled(data: Path) -> list[dict[str, list[str]]]:
    """Return sentences by intent: our own first, then the public sets without the held-out intents."""
    sets: list[dict[str, list[str]]] = [yaml.safe_load(OWN.read_text(encoding="utf-8"))]
    for name in PUBLIC:
        with (data / name).open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["text"].strip(), row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
        hidden = held_out([intent for _, intent in rows])
        found: dict[str, list[str]] = {}
        for text, intent in rows:
            if intent not in hidden:
                found.setdefault(intent, []).append(text)
        sets.append(found)
    return sets


def sample(rows: dict[str, Rows], random: np.random.Generator) -> tuple[Rows, NDArray[np.int64]]:
    """Return the token ids of some sentences of some intents, and the index of the intent of each."""
    names = list(rows)
    chosen = random.permutation(len(names))[:INTENTS]
    ids: Rows = []
    labels: list[int] = []
    for label in chosen:
        sentences = rows[names[label]]
        for at in random.permutation(len(sentences))[:EACH]:
            ids.append(sentences[at])
            labels.append(int(label))
    return ids, np.array(labels)


def contrast(vectors: Tensor, labels: Tensor) -> Tensor:
    """Return the supervised contrastive loss L_out: the mean over positives outside the logarithm."""
    itself = torch.eye(len(labels), dtype=torch.bool)
    near = (vectors @ vectors.T / TEMPERATURE).masked_fill(itself, -1e4)
    chances = near - torch.logsumexp(near, dim=1, keepdim=True)
    same = ((labels[:, None] == labels[None, :]) & ~itself).float()
    return -((chances * same).sum(dim=1) / same.sum(dim=1).clamp(min=1)).mean()


def learn(data: Path, minutes: float) -> None:
    """Train until `minutes` are over, in all runs together."""
    from tokenizers import Tokenizer

    sentences = read_sentences(data)
    teacher = torch.from_numpy(np.load(WORK / "teacher.npy").astype(np.float32))
    tokenizer = Tokenizer.from_file(str(WORK / "tokenizer.json"))
    sets = [
        {name: [e.ids for e in tokenizer.encode_batch(texts)] for name, texts in labelled.items()}
        for labelled in read_labelled(data)
    ]
    english: Rows = [e.ids for e in tokenizer.encode_batch(sentences.english)]
    spanish: Rows = [e.ids for e in tokenizer.encode_batch(sentences.spanish)]
    network = Network(tokenizer.get_vocab_size())
    network.load_state_dict(torch.load(WORK / "learnt.pt", weights_only=True))
    run = TrainingRun(
        network, WORK / "requests.pt", pieces=RATE_PIECES, layers=RATE_LAYERS, warm_up=WARM_UP, every=CHECKPOINT_SECONDS
    )
    random = np.random.default_rng([SEED, run.steps])
    foreign = batches(spanish, sentences.held, SPANISH, random)
    own = batches(english, sentences.held, ENGLISH, random)
    while run.has_time_left(minutes):
        network.train()
        ids, labels = sample(sets[int(random.choice(len(sets), p=WEIGHTS))], random)
        apart = contrast(network(pad(ids)), torch.from_numpy(labels))
        theirs, mine = next(foreign), next(own)
        stayed = network(pad([spanish[i] for i in theirs] + [english[i] for i in mine]))
        wanted = teacher[torch.from_numpy(np.concatenate([theirs, mine]))]
        stay = 1 - (stayed * wanted).sum(dim=1).mean()
        loss = apart + STAY * stay
        run.step(loss)
        if run.steps % 20 == 0:
            row = {"step": run.steps, "seconds": round(run.seconds), "contrast": apart.item()}
            print(json.dumps(row | {"stay": stay.item()}), flush=True)
    torch.save(network.state_dict(), WORK / "requests_learnt.pt")
    held = slice(0, min(sentences.held, 1000))
    print(json.dumps({"step": run.steps} | figures(network, english[held], spanish[held], teacher[held])), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    learn(arguments.data, arguments.minutes)


if __name__ == "__main__":
    main()
