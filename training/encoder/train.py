"""Distil the teacher into both languages: `python -m training.encoder.train`, after `python -m training.encoder.teach`.

Multilingual knowledge distillation (Reimers and Gurevych, 2020). The network starts as the teacher, with vectors for
Spanish word pieces made from their translations. It is then trained to give a Spanish sentence the vector that the
teacher gives to its English translation, and English sentences the teacher's vectors. A run that is interrupted
resumes from its last checkpoint.
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

from training.encoder.network import EncoderNetwork, teacher_weights
from training.encoder.sentences import Sentences, read_sentences
from training.encoder.training_run import TrainingRun
from training.encoder.vocabulary import initial_vectors, make_tokenizer

WORK = Path(__file__).parent / "work"
SPANISH_BATCH_SIZE, ENGLISH_BATCH_SIZE = 64, 24
"""Number of sentences of each language in a batch."""

EMBEDDING_LEARNING_RATE, LAYER_LEARNING_RATE = 4e-4, 6e-5
WARM_UP_SHARE, TEMPERATURE, CONTRASTIVE_WEIGHT = 0.03, 0.05, 0.1
CHECKPOINT_SECONDS = 90
SEED = 1

Rows = list[list[int]]


def pad(rows: Rows) -> Tensor:
    """Return token ids as (n, length) int64, padded with zeros."""
    ids = torch.zeros((len(rows), max(len(row) for row in rows)), dtype=torch.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return ids


def batches(rows: Rows, begin: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield batches of indices from `begin` on endlessly, grouped by length so that there is little padding."""
    while True:
        order = rng.permutation(np.arange(begin, len(rows)))
        for start in range(0, len(order) - size * 16 + 1, size * 16):
            pool = order[start : start + size * 16]
            pool = pool[np.argsort([len(rows[i]) for i in pool], kind="stable")]
            groups = pool.reshape(16, size)
            yield from (groups[i] for i in rng.permutation(16))


def prepare(sentences: Sentences) -> tuple[Tokenizer, EncoderNetwork]:
    """Return the tokenizer and the network before any step, from the work folder if they exist there."""
    path, initial_file = WORK / "tokenizer.json", WORK / "begun.pt"
    weights = teacher_weights()
    if not path.exists() or not initial_file.exists():
        tokenizer = make_tokenizer(sentences.english, sentences.spanish + sentences.other_spanish)
        pairs = slice(sentences.num_held_out, len(sentences.spanish))
        table = weights["pieces.weight"].numpy()
        vectors = initial_vectors(tokenizer, table, sentences.english[pairs], sentences.spanish[pairs])
        torch.save(torch.from_numpy(vectors), initial_file)
        tokenizer.save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    network = EncoderNetwork(tokenizer.get_vocab_size())
    network.load_state_dict(weights | {"pieces.weight": torch.load(initial_file, weights_only=True)})
    return tokenizer, network


@torch.no_grad()
def validation_metrics(network: nn.Module, english: Rows, spanish: Rows, teacher: Tensor) -> dict[str, float]:
    """Return, on held-out pairs, how often the translation is nearest, and the mean cosine with the teacher."""
    network.eval()
    vectors = [
        torch.cat([network(pad(rows[i : i + 64])) for i in range(0, len(rows), 64)]) for rows in (english, spanish)
    ]
    found = (vectors[1] @ vectors[0].T).argmax(dim=1) == torch.arange(len(teacher))
    return {
        "translation_found": round(float(found.float().mean()), 4),
        "cosine_english": round(float((vectors[0] * teacher).sum(dim=1).mean()), 4),
        "cosine_spanish": round(float((vectors[1] * teacher).sum(dim=1).mean()), 4),
    }


def train(sentences: Sentences, teacher: Tensor, minutes: float) -> None:
    """Train until `minutes` are over, summed over all runs."""
    tokenizer, network = prepare(sentences)
    english: Rows = [encoding.ids for encoding in tokenizer.encode_batch(sentences.english)]
    spanish: Rows = [encoding.ids for encoding in tokenizer.encode_batch(sentences.spanish)]
    run = TrainingRun(
        network,
        WORK / "last.pt",
        embedding_learning_rate=EMBEDDING_LEARNING_RATE,
        layer_learning_rate=LAYER_LEARNING_RATE,
        warm_up_share=WARM_UP_SHARE,
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )
    rng = np.random.default_rng([SEED, run.steps])
    spanish_batches = batches(spanish, sentences.num_held_out, SPANISH_BATCH_SIZE, rng)
    english_batches = batches(english, sentences.num_held_out, ENGLISH_BATCH_SIZE, rng)
    held_out = slice(0, min(sentences.num_held_out, 1000))
    print(
        json.dumps(
            {"step": run.steps} | validation_metrics(network, english[held_out], spanish[held_out], teacher[held_out])
        ),
        flush=True,
    )
    while run.has_time_left(minutes):
        network.train()
        spanish_batch, english_batch = next(spanish_batches), next(english_batches)
        spanish_vectors, english_vectors = (
            network(pad([spanish[i] for i in spanish_batch])),
            network(pad([english[i] for i in english_batch])),
        )
        targets = teacher[torch.from_numpy(spanish_batch)]
        translation_loss = 1 - (spanish_vectors * targets).sum(dim=1).mean()
        english_loss = 1 - (english_vectors * teacher[torch.from_numpy(english_batch)]).sum(dim=1).mean()
        # The same English sentence may have several translations in a batch; none of them counts as a negative.
        same_target = (targets @ targets.T > 0.95).float()
        log_probabilities = F.log_softmax(spanish_vectors @ targets.T / TEMPERATURE, dim=1)
        contrastive_loss = -(log_probabilities * same_target / same_target.sum(dim=1, keepdim=True)).sum(dim=1).mean()
        loss = translation_loss + english_loss + CONTRASTIVE_WEIGHT * contrastive_loss
        run.step(loss)
        if run.steps % 25 == 0:
            seconds = round(run.seconds)
            row = {"step": run.steps, "seconds": seconds, "near": translation_loss.item(), "same": english_loss.item()}
            print(json.dumps(row | {"contrast": contrastive_loss.item()}), flush=True)
    torch.save(network.state_dict(), WORK / "learnt.pt")
    print(
        json.dumps(
            {"step": run.steps} | validation_metrics(network, english[held_out], spanish[held_out], teacher[held_out])
        ),
        flush=True,
    )


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
    train(sentences, teacher, arguments.minutes)


if __name__ == "__main__":
    main()
