"""Train the encoder: `python -m training.encoder.teach`, then `python -m training.encoder.train`.

A vector and a weight for each of 20,000 pieces of words; a sentence is the weighted mean. It learns to agree with a
large English encoder on English sentences, and with the same vectors on their Spanish translations.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from pathlib import Path

import numpy as np
import onnx
import torch
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.nn import functional as F

from processors.inference import Card, sha256_of
from training.encoder.sentences import Sentences, read_sentences

WORK = Path(__file__).parent / "work"
VOCABULARY, DIMENSIONS, LONGEST = 20_000, 256, 128
BATCH = 512
SEED = 1


def make_tokenizer(texts: list[str]) -> Tokenizer:
    """Pieces of words, without case and accents: people who write from a phone leave both out."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=["[PAD]", "[UNK]"],
        limit_alphabet=200,
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    return tokenizer


class MeanOfPieces(nn.Module):
    """Ids (n, length), 0 is padding → unit vectors (n, 256)."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, DIMENSIONS, padding_idx=0)
        self.weights = nn.Embedding(vocabulary, 1)
        nn.init.normal_(self.pieces.weight, std=0.1)
        nn.init.zeros_(self.weights.weight)

    def forward(self, ids: Tensor) -> Tensor:
        weights = torch.exp(self.weights(ids)) * (ids > 0).unsqueeze(-1)
        total = (self.pieces(ids) * weights).sum(dim=1)
        return F.normalize(total, dim=1, eps=1e-6)


def reduce(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The teacher's first principal components, as unit vectors: what 256 dimensions can hold of 384."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred[:40_000], full_matrices=False)
    short = centred @ axes[:DIMENSIONS].T
    return (short / np.linalg.norm(short, axis=1, keepdims=True)).astype(np.float32)


def pad(rows: list[list[int]], chosen: NDArray[np.int64]) -> Tensor:
    longest = max(len(rows[i]) for i in chosen)
    ids = torch.zeros((len(chosen), max(longest, 1)), dtype=torch.int64)
    for at, i in enumerate(chosen):
        ids[at, : len(rows[i])] = torch.tensor(rows[i])
    return ids


def learn(sentences: Sentences, teacher: NDArray[np.float32], tokenizer: Tokenizer, minutes: float) -> MeanOfPieces:
    """Agree with the teacher on each sentence, and on which sentences of a batch are near each other."""
    tokenizer.no_padding()
    english = [e.ids for e in tokenizer.encode_batch(sentences.english)]
    spanish = [e.ids for e in tokenizer.encode_batch(sentences.spanish)]
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    held = len(spanish) // 50
    random = np.random.default_rng(SEED)
    model = MeanOfPieces(tokenizer.get_vocab_size())
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    targets = torch.from_numpy(teacher)
    began, step, reported = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - began) / (minutes * 60)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = 5e-3 * (1 - done) + 1e-5
        pairs = random.integers(held, len(spanish), BATCH)
        alone = random.integers(len(spanish), len(english), BATCH // 2)
        both = np.concatenate([pairs, alone])
        mine = torch.cat([model(pad(english, both)), model(pad(spanish, pairs))])
        theirs = targets[torch.from_numpy(np.concatenate([both, pairs]))]
        near = 1 - (mine * theirs).sum(dim=1).mean()
        # Which of the batch belongs to which: a translation must be nearer to its own than to any other.
        logits = mine @ theirs[: len(both)].T * 20
        found = torch.arange(len(mine)) % len(both)
        loss = near + 0.1 * F.cross_entropy(logits[: len(both)], found[: len(both)])
        loss = loss + 0.1 * F.cross_entropy(logits[len(both) :], torch.arange(len(pairs)))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        if time.monotonic() - began - reported > 30:
            reported = time.monotonic() - began
            figures = retrieval(model, english[:held], spanish[:held], targets[:held])
            print(
                json.dumps({"step": step, "seconds": round(reported), "loss": round(loss.item(), 3), **figures}),
                flush=True,
            )
    return model


@torch.no_grad()
def retrieval(
    model: MeanOfPieces, english: list[list[int]], spanish: list[list[int]], teacher: Tensor
) -> dict[str, float]:
    """On held-out pairs: how often the translation is the nearest of all, and the mean cosine with the teacher."""
    every = np.arange(len(english))
    a, b = model(pad(english, every)), model(pad(spanish, every))
    hits = (b @ a.T).argmax(dim=1) == torch.arange(len(a))
    return {
        "translation_found": round(float(hits.float().mean()), 4),
        "cosine_english": round(float((a * teacher).sum(dim=1).mean()), 4),
        "cosine_spanish": round(float((b * teacher).sum(dim=1).mean()), 4),
    }


def language_odds(sentences: Sentences, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Log odds of each piece to be Spanish and not English: naive Bayes on the translated pairs but the held-out."""
    size = tokenizer.get_vocab_size()
    held = len(sentences.spanish) // 50
    counts = []
    for texts in (sentences.spanish[held:], sentences.english[held : len(sentences.spanish)]):
        ids = np.concatenate([np.array(e.ids, np.int64) for e in tokenizer.encode_batch(texts)])
        counts.append(np.bincount(ids, minlength=size) + 0.5)
    odds = np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())
    odds[:2] = 0
    return np.clip(odds, -5, 5).astype(np.float32)


def language_accuracy(sentences: Sentences, tokenizer: Tokenizer, odds: NDArray[np.float32]) -> float:
    """On the held-out pairs."""
    held = len(sentences.spanish) // 50
    spanish = [odds[e.ids].sum() > 0 for e in tokenizer.encode_batch(sentences.spanish[:held])]
    english = [odds[e.ids].sum() <= 0 for e in tokenizer.encode_batch(sentences.english[:held])]
    return round(float(np.mean(spanish + english)), 4)


def export(model: MeanOfPieces, odds: NDArray[np.float32], path: Path) -> None:
    """ONNX by hand: gather, weigh, add up, normalise; the table is stored as float16."""
    table = (model.pieces.weight * torch.exp(model.weights.weight)).detach().numpy()
    table[0] = 0
    half = numpy_helper.from_array((table / np.abs(table).max()).astype(np.float16), "pieces")
    nodes = [
        helper.make_node("Gather", ["pieces", "ids"], ["half"]),
        helper.make_node("Cast", ["half"], ["vectors"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["vectors", "axis"], ["total"], keepdims=0),
        helper.make_node("LpNormalization", ["total"], ["embeddings"], axis=1, p=2),
        helper.make_node("Gather", ["odds", "ids"], ["odds of pieces"]),
        helper.make_node("ReduceSum", ["odds of pieces", "axis"], ["spanish"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "length"])],
        [
            helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", DIMENSIONS]),
            helper.make_tensor_value_info("spanish", TensorProto.FLOAT, ["n"]),
        ],
        [half, numpy_helper.from_array(odds, "odds"), numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    onnx.save(made, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--minutes", type=float, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    sentences = read_sentences(arguments.data)
    teacher = reduce(np.load(WORK / "teacher.npy").astype(np.float32))
    tokenizer = make_tokenizer(sentences.english + sentences.spanish + sentences.other_spanish)
    model = learn(sentences, teacher, tokenizer, arguments.minutes)
    held = len(sentences.spanish) // 50
    tokenizer.no_padding()
    figures = retrieval(
        model,
        [e.ids for e in tokenizer.encode_batch(sentences.english[:held])],
        [e.ids for e in tokenizer.encode_batch(sentences.spanish[:held])],
        torch.from_numpy(teacher[:held]),
    )
    odds = language_odds(sentences, tokenizer)
    figures["language_accuracy"] = language_accuracy(sentences, tokenizer, odds)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    folder = arguments.models / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    export(model, odds, folder / "model.onnx")
    card = Card(
        name="encoder",
        version="1.0",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        task=f"Meaning of a sentence in English or Spanish. In: ids (n, length) int64 of tokenizer.json, 0 is padding. "
        f"Out: embeddings (n, {DIMENSIONS}) float32, unit vectors, NaN for a text without any piece; spanish (n,) "
        "float32, log odds that it is Spanish and not English.",
        sha256=sha256_of(folder / "model.onnx"),
        parameters=sum(p.numel() for p in model.parameters()),
        data=[
            "Tatoeba English–Spanish pairs (CC BY 2.0)",
            "Texts, without their labels, of Banking77 (CC BY 4.0), Bitext events and ticketing (CDLA-Sharing 1.0), "
            "Facebook task-oriented dialog (CC BY-SA 4.0), airline and TASS posts (research use)",
            "Teacher: all-MiniLM-L6-v2 (Apache-2.0)",
        ],
        split="Every fiftieth pair was held out of training and of all choices.",
        metrics={"held-out pairs": figures},
        settings={"tokenizer_sha256": sha256_of(folder / "tokenizer.json")},
        limits=[
            "A mean of pieces of words: it knows no order of words and no negation.",
            "English and Spanish only; of other languages it knows what looks alike.",
        ],
        made_by="python -m training.encoder.teach && python -m training.encoder.train",
        licence="Apache-2.0 (weights); trained on the data above, see NOTICE",
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")
    print(figures)


if __name__ == "__main__":
    main()
