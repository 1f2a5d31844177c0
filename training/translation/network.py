"""Transformer of the translator: a deep encoder reads the sentence, a shallow decoder writes its translation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    vocabulary: int
    width: int = 256
    heads: int = 4
    hidden: int = 1024
    encoder_layers: int = 4
    decoder_layers: int = 2
    longest: int = 160
    """Length of the longest sentence, in word pieces."""


def position_encodings(length: int, width: int) -> Tensor:
    """Return the sinusoids of Vaswani et al. (2017), sines first, as (length, width) float32."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Dropout:
    """Dropout of 26 values in 256 with fast random bytes: torch's own takes a sixth of a step on a processor."""

    rng = np.random.Generator(np.random.SFC64(1))
    share = 26 / 256

    def __call__(self, values: Tensor) -> Tensor:
        """Return the values, some of them nought and the others raised by as much."""
        drawn = torch.from_numpy(np.frombuffer(bytearray(self.rng.bytes(values.numel())), dtype=np.uint8))
        kept = (drawn.view(values.shape) >= 26).to(values.dtype)
        return values * kept.mul_(1 / (1 - self.share))


class Attention(nn.Module):
    """Multi-head attention: scaled dot products, written out because the fused one is slower on short sentences."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.scale = shape.heads, (shape.width // shape.heads) ** -0.5
        self.query = nn.Linear(shape.width, shape.width)
        self.key_value = nn.Linear(shape.width, 2 * shape.width)
        self.output = nn.Linear(shape.width, shape.width)

    def forward(self, queries: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """Return (n, length, width); `mask` is added to the scores."""
        query = self.query(queries).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = self.key_value(memory).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = (query * self.scale) @ key.transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        out: Tensor = self.output((scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Module):
    """Two linear maps with a rectifier between them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.rise = nn.Linear(shape.width, shape.hidden)
        self.fall = nn.Linear(shape.hidden, shape.width)

    def forward(self, values: Tensor) -> Tensor:
        """Return (n, length, width)."""
        out: Tensor = self.fall(F.relu(self.rise(values)))
        return out


class CrossEntropy(torch.autograd.Function):
    """Summed cross-entropy with label smoothing of the output layer, with its gradients made in the same pass.

    A hundred rows at a time stay in the processor's cache; two matrix products remain for the way back.
    """

    ROWS = 100

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float) -> Tensor:
        """Return the sum over rows; `values` (n, width), `target` (n,)."""
        scores = F.linear(values, weight, bias)
        total = torch.zeros(())
        for begin in range(0, len(scores), CrossEntropy.ROWS):
            rows = scores[begin : begin + CrossEntropy.ROWS]
            exact, wanted = rows.float(), target[begin : begin + CrossEntropy.ROWS, None]
            log_sum = exact.logsumexp(dim=1, keepdim=True)
            right = exact.gather(1, wanted)
            total += (log_sum - (1 - smoothing) * right - smoothing * exact.mean(dim=1, keepdim=True)).sum()
            exact.sub_(log_sum).exp_().sub_(smoothing / exact.shape[1])
            exact.scatter_add_(1, wanted, torch.full_like(right, smoothing - 1))
            rows.copy_(exact)
        ctx.save_for_backward(scores, values, weight)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        """Return the gradients; the loss must be the last step, so that `gradient` is 1."""
        scores, values, weight = ctx.saved_tensors
        return scores @ weight, scores.T @ values, scores.sum(dim=0), None, None


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each after a normalisation and with a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape)
        self.feed_norm = nn.LayerNorm(shape.width)
        self.feed = FeedForward(shape)
        self.dropout = Dropout()

    def forward(self, values: Tensor, mask: Tensor | None) -> Tensor:
        """Return (n, length, width)."""
        normed = self.attention_norm(values)
        attended = self.attention(normed, normed, mask)
        values = values + (self.dropout(attended) if self.training else attended)
        fed = self.feed(self.feed_norm(values))
        return values + (self.dropout(fed) if self.training else fed)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention over the encoder's output, feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape)
        self.memory_norm = nn.LayerNorm(shape.width)
        self.memory_attention = Attention(shape)
        self.feed_norm = nn.LayerNorm(shape.width)
        self.feed = FeedForward(shape)
        self.dropout = Dropout()

    def forward(self, values: Tensor, causal: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """Return (n, length, width)."""
        normed = self.attention_norm(values)
        attended = self.attention(normed, normed, causal)
        values = values + (self.dropout(attended) if self.training else attended)
        attended = self.memory_attention(self.memory_norm(values), memory, mask)
        values = values + (self.dropout(attended) if self.training else attended)
        fed = self.feed(self.feed_norm(values))
        return values + (self.dropout(fed) if self.training else fed)


class TranslationNetwork(nn.Module):
    """Encoder and decoder that share one table of word pieces, which is the output layer, too."""

    positions: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, self.dropout = shape, Dropout()
        self.pieces = nn.Embedding(shape.vocabulary, shape.width)
        self.output_bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.encoder = nn.ModuleList([EncoderLayer(shape) for _ in range(shape.encoder_layers)])
        self.encoder_norm = nn.LayerNorm(shape.width)
        self.decoder = nn.ModuleList([DecoderLayer(shape) for _ in range(shape.decoder_layers)])
        self.decoder_norm = nn.LayerNorm(shape.width)
        self.register_buffer("positions", position_encodings(shape.longest, shape.width), persistent=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        nn.init.normal_(self.pieces.weight, std=shape.width**-0.5)

    def _embed(self, ids: Tensor) -> Tensor:
        values = self.pieces(ids) * math.sqrt(self.shape.width) + self.positions[: ids.shape[1]]
        return self.dropout(values) if self.training else values

    def encode(self, source: Tensor, mask: Tensor | None) -> Tensor:
        """Return the encoder's output (n, length, width) for ids (n, length)."""
        values = self._embed(source)
        for layer in self.encoder:
            values = layer(values, mask)
        out: Tensor = self.encoder_norm(values)
        return out

    def decode(self, target: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """Return the decoder's output (n, length, width) before the output layer."""
        values = self._embed(target)
        length = target.shape[1]
        causal = torch.full((length, length), -1e4, dtype=values.dtype).triu(1)
        for layer in self.decoder:
            values = layer(values, causal, memory, mask)
        out: Tensor = self.decoder_norm(values)
        return out

    def scores(self, values: Tensor) -> Tensor:
        """Return the score of each word piece for outputs of the decoder."""
        return F.linear(values, self.pieces.weight, self.output_bias)
