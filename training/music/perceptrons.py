"""Ensemble of small perceptrons with built-in scaling: half of the shipped classifier."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN = 128
EPOCHS = 40
BATCH = 64
RATE = 1e-3
DECAY = 0.5
MIXED = 0.4
"""Parameter of the beta distribution of mixup (Zhang et al., ICLR 2018)."""

CLEAN = 0.5
"""Probability that an epoch uses the clean clip instead of a rendering."""

FARTHEST = 6.0
"""Bound of the scaled features: a value farther out was never in the training data, and must not decide alone."""


class Perceptrons(nn.Module):
    """Rows (n, columns) → probabilities (n, classes)."""

    def __init__(self, mean: Tensor, spread: Tensor, members: list[nn.Sequential]) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.members = nn.ModuleList(members)

    def forward(self, rows: Tensor) -> Tensor:
        x = ((rows - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)
        return torch.stack([F.softmax(member(x), dim=1) for member in self.members]).mean(dim=0)


def fit(renderings: list[NDArray[np.float32]], y: NDArray[np.int64], *, members: int, seed: int) -> Perceptrons:
    """Train.

    Args:
        renderings: each (n, columns), the first of the clips as they are.
        y: (n,) classes from 0.
    """
    clean = torch.from_numpy(renderings[0])
    mean, spread = clean.mean(dim=0), clean.std(dim=0) + 1e-6
    scaled = torch.stack([((torch.from_numpy(x) - mean) / spread).clamp(-FARTHEST, FARTHEST) for x in renderings])
    wanted = F.one_hot(torch.from_numpy(y)).float()
    found = [_member(scaled, wanted, seed * 1000 + number) for number in range(members)]
    return Perceptrons(mean, spread, found).eval()


def _member(scaled: Tensor, wanted: Tensor, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    kinds, clips, columns = scaled.shape
    network = nn.Sequential(
        nn.Dropout(0.3), nn.Linear(columns, HIDDEN), nn.ReLU(), nn.Dropout(0.5), nn.Linear(HIDDEN, wanted.shape[1])
    )
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = clips // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * steps)
    for _ in range(EPOCHS):
        order = torch.from_numpy(random.permutation(clips))
        kind = np.where(random.random(clips) < CLEAN, 0, random.integers(1, max(kinds, 2), clips))
        kind = torch.from_numpy(np.minimum(kind, kinds - 1))
        for step in range(steps):
            some = order[step * BATCH : (step + 1) * BATCH]
            x, y = scaled[kind[some], some], wanted[some]
            share = torch.from_numpy(random.beta(MIXED, MIXED, (BATCH, 1)).astype(np.float32))
            other = torch.from_numpy(random.permutation(BATCH))
            loss = F.cross_entropy(network(share * x + (1 - share) * x[other]), share * y + (1 - share) * y[other])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network
