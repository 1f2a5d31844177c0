"""Heads of the violence network, which are trained: they map features of a step and a recurrent state to a logit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.violence.backbone import DEEP_FEATURES, TRAINABLE_CHANNELS, trainable_blocks

HIDDEN_UNITS = 48


class Head(nn.Module):
    """Base class of heads: one row of features per step, and a gated recurrent unit (GRU).

    Attributes:
        feature_names: features of a `FeatureSet` that are its input.
    """

    feature_names: Sequence[str] = ()

    def __init__(self, columns: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.gates = nn.GRUCell(columns, HIDDEN_UNITS)
        self.out = nn.Linear(HIDDEN_UNITS, 1)

    def embed(self, *features: Tensor) -> Tensor:
        """Return one row of features per step, (N, columns), from the features of N steps; without state."""
        raise NotImplementedError

    def pretrained_parameters(self) -> set[nn.Parameter]:
        """Return pretrained parameters, which get a lower learning rate."""
        return set()

    def step(self, row: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Run one step of the GRU: return logit (N,) and new hidden (N, 48) from row (N, columns) and hidden."""
        hidden = self.gates(row, hidden)
        return self.out(functional.dropout(hidden, self.dropout, self.training)).squeeze(1), hidden


class SpatialHead(Head):
    """Spatial head: change and motion are combined at each position, then pooled over the picture."""

    feature_names = ("change", "motion")

    def __init__(self, weights: Path, *, dropout: float = 0.2) -> None:
        super().__init__(2 * 64, dropout)
        self.upper = trainable_blocks(weights)
        self.reduce_change = nn.Conv2d(TRAINABLE_CHANNELS, 32, 1)
        self.motion_first = nn.Conv2d(3, 16, 3, padding=1)
        self.motion_second = nn.Conv2d(16, 32, 3, padding=1)
        self.mix = nn.Conv2d(64, 64, 3, padding=1)

    def pretrained_parameters(self) -> set[nn.Parameter]:
        return set(self.upper.parameters())

    def embed(self, *features: Tensor) -> Tensor:
        """Return (N, 128) from change (N, 32, 18, 24) and motion (N, 3, 36, 48)."""
        change, motion = features
        change = functional.relu(self.reduce_change(self._dropout(self.upper(change)) / 4))
        # The square root keeps a person who runs past the lens from dominating.
        motion = motion.sign() * (motion.abs() + 1e-4).sqrt()
        motion = functional.max_pool2d(functional.relu(self.motion_first(motion)), 2)
        motion = functional.max_pool2d(functional.relu(self.motion_second(motion)), 2)
        mixed = functional.relu(self.mix(self._dropout(torch.cat([change, motion], 1))))
        return torch.cat([mixed.amax((2, 3)), mixed.mean((2, 3)) * 2], 1)

    def _dropout(self, x: Tensor) -> Tensor:
        return functional.dropout2d(x, self.dropout, self.training)


class DeepHead(Head):
    """Head on frozen features of the last layer for the change; few weights and high dropout."""

    feature_names = ("deep",)

    def __init__(self, *, dropout: float = 0.4) -> None:
        super().__init__(96, dropout)
        self.register_buffer("mean", torch.zeros(DEEP_FEATURES))
        self.register_buffer("spread", torch.ones(DEEP_FEATURES))
        self.select = nn.Linear(DEEP_FEATURES, 96)

    def fit_normalisation(self, rows: Tensor) -> None:
        """Set mean and standard deviation from rows (N, 2560) of the training clips."""
        self.mean, self.spread = rows.mean(0), rows.std(0) + 0.05

    def embed(self, *features: Tensor) -> Tensor:
        """Return (N, 96) from (N, 2560)."""
        normalised = (features[0] - self.mean) / self.spread
        return functional.relu(self.select(functional.dropout(normalised, self.dropout, self.training)))
