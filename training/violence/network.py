"""The part of the violence network that is learnt here: maps of one step and a recurrent state to a logit."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.violence.backbone import CHANNELS, upper_blocks

HIDDEN = 48


class Head(nn.Module):
    """Change and motion are mixed where they lie, pooled over the picture, and remembered by a GRU."""

    def __init__(self, weights: Path, *, dropout: float = 0.2) -> None:
        super().__init__()
        self.dropout = dropout
        self.upper = upper_blocks(weights)
        self.reduce_change = nn.Conv2d(CHANNELS, 32, 1)
        self.motion_first = nn.Conv2d(3, 16, 3, padding=1)
        self.motion_second = nn.Conv2d(16, 32, 3, padding=1)
        self.mix = nn.Conv2d(64, 64, 3, padding=1)
        self.gates = nn.GRUCell(2 * 64, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)

    def describe(self, change: Tensor, motion: Tensor) -> Tensor:
        """(N, 32, 18, 24) and (N, 3, 36, 48) to one row (N, 128) a step; no memory here."""
        seen = functional.relu(self.reduce_change(self._drop(self.upper(change)) / 4))
        # The root of the size keeps the one that runs past the lens from outweighing everything.
        motion = motion.sign() * (motion.abs() + 1e-4).sqrt()
        motion = functional.max_pool2d(functional.relu(self.motion_first(motion)), 2)
        motion = functional.max_pool2d(functional.relu(self.motion_second(motion)), 2)
        mixed = functional.relu(self.mix(self._drop(torch.cat([seen, motion], 1))))
        return torch.cat([mixed.amax((2, 3)), mixed.mean((2, 3)) * 2], 1)

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout2d(x, self.dropout, self.training)

    def remember(self, row: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the memory: row (N, 128) and hidden (N, 48) to logit (N,) and the new hidden."""
        hidden = self.gates(row, hidden)
        return self.out(functional.dropout(hidden, self.dropout, self.training)).squeeze(1), hidden
