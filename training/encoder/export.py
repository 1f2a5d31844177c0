"""Export the encoder: `python -m training.encoder.export` writes models/encoder (graph, tokenizer, card).

The figures of the card come from `python -m training.encoder.measure`, which must follow.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from processors.models.inference import ModelCard, sha256_of
from training.encoder.network import MAX_TOKENS, EncoderNetwork
from training.encoder.requests import read_labelled
from training.encoder.sentences import Sentences, read_sentences
from training.encoder.train import WORK, pad

DIMENSIONS = 256
"""Dimensions of the exported vectors; 384 gave no better clusters, and 50 % more state."""

NUM_PRINCIPAL_PAIRS = 1_200
"""Number of sentence pairs from which the mean and the principal axes are computed."""

LAPLACE_SMOOTHING = 0.5
"""Added to each count of a word piece in the log odds of the language."""


class QuantizedEmbedding(nn.Module):
    """Embedding table quantised to 8 bits, with one scale for each row."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("rows", torch.round(table / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return vectors (n, length, 384)."""
        out: Tensor = self.rows[ids].to(torch.float32) * self.scale[ids]
        return out


class ExportedEncoder(nn.Module):
    """Exported graph: embeddings, and log odds that a text is Spanish."""

    def __init__(
        self, network: EncoderNetwork, odds: NDArray[np.float32], mean: NDArray[np.float32], axes: NDArray[np.float32]
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("axes", torch.from_numpy(axes))
        quantized = QuantizedEmbedding(network.pieces.weight.detach())
        self.network.pieces = quantized  # type: ignore[assignment]
        self.register_buffer("odds", torch.from_numpy(odds))

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings (n, 256) and spanish (n,) of ids (n, length)."""
        reduced = (self.network(ids) - self.mean) @ self.axes
        return F.normalize(reduced, dim=1, eps=1e-6), self.odds[ids].sum(dim=1)


def principal_axes(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean (384,) of vectors and their first principal axes (384, 256)."""
    mean = vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors - mean, full_matrices=False)
    return mean, np.ascontiguousarray(axes[:DIMENSIONS].T)


@torch.no_grad()
def encode(network: EncoderNetwork, tokenizer: Tokenizer, texts: list[str]) -> NDArray[np.float32]:
    """Return vectors (n, 384)."""
    rows = sorted((encoding.ids for encoding in tokenizer.encode_batch(texts)), key=len)
    vectors: NDArray[np.float32] = torch.cat([network(pad(rows[i : i + 64])) for i in range(0, len(rows), 64)]).numpy()
    return vectors


def language_log_odds(tokenizer: Tokenizer, sentences: Sentences) -> NDArray[np.float32]:
    """Return ln P(piece | Spanish) - ln P(piece | English) of each word piece (naive Bayes)."""
    size = tokenizer.get_vocab_size()
    counts = []
    for texts in (
        sentences.spanish[sentences.num_held_out :],
        sentences.english[sentences.num_held_out : len(sentences.spanish)],
    ):
        ids = np.concatenate([encoding.ids for encoding in tokenizer.encode_batch(texts)])
        counts.append(np.bincount(ids, minlength=size) + LAPLACE_SMOOTHING)
    spanish, english = counts
    log_odds = np.log(spanish / spanish.sum()) - np.log(english / english.sum())
    for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"):
        log_odds[tokenizer.token_to_id(piece)] = 0
    for piece, row in tokenizer.get_vocab().items():
        if not piece.lstrip("#")[:1].isalpha():
            log_odds[row] = np.clip(log_odds[row], -4, 4) if piece in "¿¡" else 0.0
    return log_odds.astype(np.float32)


def export_float32(path: Path, encoder: ExportedEncoder) -> None:
    """Write the graph with dense weights in float32."""
    example = torch.ones((2, 7), dtype=torch.int64)
    torch.onnx.export(
        encoder.eval(), (example,), str(path), input_names=["ids"], output_names=["embeddings", "spanish"],
        opset_version=17, dynamo=False,
        dynamic_axes={"ids": {0: "n", 1: "length"}, "embeddings": {0: "n"}, "spanish": {0: "n"}},
    )  # fmt: skip


def export_int8(path: Path, encoder: ExportedEncoder) -> None:
    """Write the graph with dense weights in 8 bits, with one scale for each column."""
    with tempfile.TemporaryDirectory() as folder:
        float32_file = Path(folder) / "whole.onnx"
        export_float32(float32_file, encoder)
        quantize_dynamic(
            float32_file, path, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--weights", type=Path, default=WORK / "requests_learnt.pt")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sentences = read_sentences(arguments.data)
    tokenizer = Tokenizer.from_file(str(WORK / "tokenizer.json"))
    network = EncoderNetwork(tokenizer.get_vocab_size())
    state = torch.load(arguments.weights, weights_only=True)
    network.load_state_dict(state.get("network", state))
    folder = arguments.models / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    parameters = sum(p.numel() for p in network.parameters())
    # The axes are computed from the trained network, because training on requests has moved its vectors.
    requests = [text for labelled in read_labelled(arguments.data)[:1] for texts in labelled.values() for text in texts]
    pairs = slice(sentences.num_held_out, sentences.num_held_out + NUM_PRINCIPAL_PAIRS)
    everyday = encode(network, tokenizer, [*sentences.english[pairs], *sentences.spanish[pairs], *requests])
    export_int8(
        folder / "model.onnx",
        ExportedEncoder(network, language_log_odds(tokenizer, sentences), *principal_axes(everyday)),
    )
    card = ModelCard(
        name="encoder",
        version="1.1",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        task=f"Meaning and language of a text in English or Spanish. In: ids (n, length ≤ {MAX_TOKENS}) int64 of "
        f"tokenizer.json, 0 is padding. Out: embeddings (n, {DIMENSIONS}) float32, unit vectors; spanish (n,) float32, "
        "log odds of Spanish against English.",
        sha256=sha256_of(folder / "model.onnx"),
        parameters=parameters,
        data=[
            "Starts from all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), which is the teacher, too",
            "Tatoeba English–Spanish pairs (CC BY 2.0 FR)",
            "Texts of US airline posts (research use), so that English stays as it was; words of Spanish airline and "
            "TASS posts (research use) in the vocabulary",
            "74 pairs of sentences about festivals, and a thousand sentences by what they ask, our own",
            "Three quarters of the intents of Banking77 (CC BY 4.0), Bitext's event ticketing (CDLA-Sharing 1.0) and "
            "Facebook's Spanish intents (CC BY-SA 4.0): which sentences ask for the same",
        ],
        split="Every English sentence of 2 % of the Tatoeba pairs, with all its translations, was held out, and a "
        "quarter of the intents of each labelled set: figures of whole sets are of data that was partly learnt. "
        "The festival mails are our own; no step saw them, one half chose thresholds and the other is reported.",
        metrics={},
        settings={"tokenizer_sha256": sha256_of(folder / "tokenizer.json")},
        limits=[
            "English and Spanish only; of other languages it knows what looks alike.",
            "It was trained on single sentences: of a long mail the first 128 pieces count.",
            "Near in meaning is not the same request: opposite wishes about one matter lie close together.",
        ],
        made_by="python -m training.encoder.teach && python -m training.encoder.train && "
        "python -m training.encoder.requests && python -m training.encoder.export && "
        "python -m training.encoder.measure",
        licence="Apache-2.0 (weights); trained on the data above, see NOTICE",
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
