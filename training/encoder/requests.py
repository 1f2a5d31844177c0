"""Train the encoder on requests: `python -m training.encoder.requests`, after `training.encoder.train`.

Supervised contrastive learning (Khosla et al., 2020, arXiv:2004.11362) within one set of labelled requests at a time:
sentences of one intent attract each other in either language, others repel. Pairs of translations keep the two
languages aligned, and distillation to the teacher's vectors keeps the rest of the space unchanged. A quarter of the
intents of each public set is held out (`held_out_intents`). A run that is interrupted resumes from its last checkpoint.
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

from training.encoder.network import EncoderNetwork
from training.encoder.sentences import read_sentences
from training.encoder.train import WORK, Rows, batches, pad, validation_metrics
from training.encoder.training_run import TrainingRun

OWN_SENTENCES_FILE = Path(__file__).parents[1] / "requests" / "sentences.yaml"
PUBLIC_SETS: Final = ("banking77_train.csv", "event_ticketing.csv", "intents_es_train.csv")
SET_PROBABILITIES: Final = (0.5, 0.25, 0.15, 0.10)
"""Probability of our own sentences and of each public set, from which a batch is sampled."""

HELD_OUT_EVERY: Final = 4
"""Interval at which the shuffled intents of a public set are held out: one in four."""

INTENTS_PER_BATCH, SENTENCES_PER_INTENT = 14, 4
"""Number of intents in a batch, and of sentences of each."""

SPANISH_BATCH_SIZE, ENGLISH_BATCH_SIZE = 14, 10
"""Sentences of each language in a batch that are distilled to the teacher's vectors."""

EMBEDDING_LEARNING_RATE, LAYER_LEARNING_RATE = 1.5e-4, 3e-5
TEMPERATURE, DISTILLATION_WEIGHT = 0.1, 1.5
WARM_UP_SHARE, CHECKPOINT_SECONDS = 0.05, 120
SEED = 2


def held_out_intents(intents: list[str]) -> frozenset[str]:
    """Return the held-out intents of a set, chosen by a seed."""
    names = sorted(set(intents))
    order = np.random.default_rng(SEED).permutation(len(names))
    return frozenset(names[i] for i in order[: len(names) // HELD_OUT_EVERY])


def read_labelled(data: Path) -> list[dict[str, list[str]]]:
    """Return sentences by intent: our own first, then the public sets without the held-out intents."""
    sets: list[dict[str, list[str]]] = [yaml.safe_load(OWN_SENTENCES_FILE.read_text(encoding="utf-8"))]
    for name in PUBLIC_SETS:
        with (data / name).open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["text"].strip(), row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
        test_intents = held_out_intents([intent for _, intent in rows])
        texts_by_intent: dict[str, list[str]] = {}
        for text, intent in rows:
            if intent not in test_intents:
                texts_by_intent.setdefault(intent, []).append(text)
        sets.append(texts_by_intent)
    return sets


def sample_batch(rows: dict[str, Rows], rng: np.random.Generator) -> tuple[Rows, NDArray[np.int64]]:
    """Return the token ids of some sentences of some intents, and the index of the intent of each."""
    names = list(rows)
    labels_in_batch = rng.permutation(len(names))[:INTENTS_PER_BATCH]
    ids: Rows = []
    labels: list[int] = []
    for label in labels_in_batch:
        sentences = rows[names[label]]
        for index in rng.permutation(len(sentences))[:SENTENCES_PER_INTENT]:
            ids.append(sentences[index])
            labels.append(int(label))
    return ids, np.array(labels)


def supervised_contrastive_loss(vectors: Tensor, labels: Tensor) -> Tensor:
    """Return the supervised contrastive loss L_out: the mean over positives outside the logarithm."""
    diagonal = torch.eye(len(labels), dtype=torch.bool)
    similarities = (vectors @ vectors.T / TEMPERATURE).masked_fill(diagonal, -1e4)
    log_probabilities = similarities - torch.logsumexp(similarities, dim=1, keepdim=True)
    positives = ((labels[:, None] == labels[None, :]) & ~diagonal).float()
    return -((log_probabilities * positives).sum(dim=1) / positives.sum(dim=1).clamp(min=1)).mean()


def train(data: Path, minutes: float) -> None:
    """Train until `minutes` are over, summed over all runs."""
    from tokenizers import Tokenizer

    sentences = read_sentences(data)
    teacher = torch.from_numpy(np.load(WORK / "teacher.npy").astype(np.float32))
    tokenizer = Tokenizer.from_file(str(WORK / "tokenizer.json"))
    sets = [
        {name: [encoding.ids for encoding in tokenizer.encode_batch(texts)] for name, texts in labelled.items()}
        for labelled in read_labelled(data)
    ]
    english: Rows = [encoding.ids for encoding in tokenizer.encode_batch(sentences.english)]
    spanish: Rows = [encoding.ids for encoding in tokenizer.encode_batch(sentences.spanish)]
    network = EncoderNetwork(tokenizer.get_vocab_size())
    network.load_state_dict(torch.load(WORK / "learnt.pt", weights_only=True))
    run = TrainingRun(
        network,
        WORK / "requests.pt",
        embedding_learning_rate=EMBEDDING_LEARNING_RATE,
        layer_learning_rate=LAYER_LEARNING_RATE,
        warm_up_share=WARM_UP_SHARE,
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )
    rng = np.random.default_rng([SEED, run.steps])
    spanish_batches = batches(spanish, sentences.num_held_out, SPANISH_BATCH_SIZE, rng)
    english_batches = batches(english, sentences.num_held_out, ENGLISH_BATCH_SIZE, rng)
    while run.has_time_left(minutes):
        network.train()
        ids, labels = sample_batch(sets[int(rng.choice(len(sets), p=SET_PROBABILITIES))], rng)
        contrastive_loss = supervised_contrastive_loss(network(pad(ids)), torch.from_numpy(labels))
        spanish_batch, english_batch = next(spanish_batches), next(english_batches)
        kept_vectors = network(pad([spanish[i] for i in spanish_batch] + [english[i] for i in english_batch]))
        targets = teacher[torch.from_numpy(np.concatenate([spanish_batch, english_batch]))]
        distillation_loss = 1 - (kept_vectors * targets).sum(dim=1).mean()
        loss = contrastive_loss + DISTILLATION_WEIGHT * distillation_loss
        run.step(loss)
        if run.steps % 20 == 0:
            row = {"step": run.steps, "seconds": round(run.seconds), "contrast": contrastive_loss.item()}
            print(json.dumps(row | {"stay": distillation_loss.item()}), flush=True)
    torch.save(network.state_dict(), WORK / "requests_learnt.pt")
    held_out = slice(0, min(sentences.num_held_out, 1000))
    print(
        json.dumps(
            {"step": run.steps} | validation_metrics(network, english[held_out], spanish[held_out], teacher[held_out])
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    train(arguments.data, arguments.minutes)


if __name__ == "__main__":
    main()
