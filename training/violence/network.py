"""The parts of the violence network that are learnt here: what is seen in one step and a recurrent state to a logit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.violence.backbone import CHANNELS, FEATURES, upper_blocks

HIDDEN = 48


class Head(nn.Module):
    """Rows of what is seen in a step, remembered by a GRU.

    Attributes:
        parts: what of a `Variant` it describes.
    """

    parts: Sequence[str] = ()

    def __init__(self, columns: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.gates = nn.GRUCell(columns, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)

    def describe(self, *parts: Tensor) -> Tensor:
        """Its parts of N steps to one row (N, columns) a step; no memory here."""
        raise NotImplementedError

    def pretrained(self) -> set[nn.Parameter]:
        """Parameters that were trained before, and must change slowly."""
        return set()

    def remember(self, row: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the memory: row (N, columns) and hidden (N, 48) to logit (N,) and the new hidden."""
        hidden = self.gates(row, hidden)
        return self.out(functional.dropout(hidden, self.dropout, self.training)).squeeze(1), hidden


class PlaceHead(Head):
    """Change and motion are mixed where they lie, and pooled over the picture."""

    parts = ("change", "motion")

    def __init__(self, weights: Path, *, dropout: float = 0.2) -> None:
        super().__init__(2 * 64, dropout)
        self.upper = upper_blocks(weights)
        self.reduce_change = nn.Conv2d(CHANNELS, 32, 1)
        self.motion_first = nn.Conv2d(3, 16, 3, padding=1)
        self.motion_second = nn.Conv2d(16, 32, 3, padding=1)
        self.mix = nn.Conv2d(64, 64, 3, padding=1)

    def pretrained(self) -> set[nn.Parameter]:
        return set(self.upper.parameters())

    def describe(self, *parts: Tensor) -> Tensor:
        """(N, 32, 18, 24) and (N, 3, 36, 48) to one row (N, 128) a step."""
        change, motion = parts
        seen = functional.relu(self.reduce_change(self._drop(self.upper(change)) / 4))
        # The root of the size keeps the one that runs past the lens from outweighing everything.
        motion = motion.sign() * (motion.abs() + 1e-4).sqrt()
        motion = functional.max_pool2d(functional.relu(self.motion_first(motion)), 2)
        motion = functional.max_pool2d(functional.relu(self.motion_second(motion)), 2)
        mixed = functional.relu(self.mix(self._drop(torch.cat([seen, motion], 1))))
        return torch.cat([mixed.amax((2, 3)), mixed.mean((2, 3)) * 2], 1)

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout2d(x, self.dropout, self.training)


class DeepHead(Head):
    """What the untrained end of MobileNetV2 says of the change: much of it, so little is learnt and much left out."""

    parts = ("deep",)

    def __init__(self, *, dropout: float = 0.4) -> None:
        super().__init__(96, dropout)
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.select = nn.Linear(FEATURES, 96)

    def scale(self, rows: Tensor) -> None:
        """Take mean and spread from rows (N, 2560) of the training clips."""
        self.mean, self.spread = rows.mean(0), rows.std(0) + 0.05

    def describe(self, *parts: Tensor) -> Tensor:
        """(N, 2560) to one row (N, 96) a step."""
        plain = (parts[0] - self.mean) / self.spread
        return functional.relu(self.select(functional.dropout(plain, self.dropout, self.training)))
