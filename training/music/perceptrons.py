"""Ensemble of small perceptrons with built-in scaling: half of the shipped classifier."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN_UNITS = 128
EPOCHS = 40
BATCH_SIZE = 64
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.5
MIXUP_ALPHA = 0.4
"""Parameter of the beta distribution of mixup (Zhang et al., ICLR 2018)."""

CLEAN_PROBABILITY = 0.5
"""Probability that an epoch uses the clean clip instead of a rendering."""

MAX_SCALED_VALUE = 6.0
"""Bound of the scaled features: values beyond it do not occur in the training data, and must not dominate."""


class PerceptronEnsemble(nn.Module):
    """Rows (n, columns) → probabilities (n, classes)."""

    def __init__(self, mean: Tensor, spread: Tensor, members: list[nn.Sequential]) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.members = nn.ModuleList(members)

    def forward(self, rows: Tensor) -> Tensor:
        x = ((rows - self.mean) / self.spread).clamp(-MAX_SCALED_VALUE, MAX_SCALED_VALUE)
        return torch.stack([F.softmax(member(x), dim=1) for member in self.members]).mean(dim=0)


def fit(renderings: list[NDArray[np.float32]], y: NDArray[np.int64], *, members: int, seed: int) -> PerceptronEnsemble:
    """Train the ensemble.

    Args:
        renderings: each (n, columns), the first of clean clips.
        y: (n,) classes from 0.
    """
    clean = torch.from_numpy(renderings[0])
    mean, spread = clean.mean(dim=0), clean.std(dim=0) + 1e-6
    scaled = torch.stack(
        [((torch.from_numpy(x) - mean) / spread).clamp(-MAX_SCALED_VALUE, MAX_SCALED_VALUE) for x in renderings]
    )
    targets = F.one_hot(torch.from_numpy(y)).float()
    networks = [_fit_member(scaled, targets, seed * 1000 + number) for number in range(members)]
    return PerceptronEnsemble(mean, spread, networks).eval()


def _fit_member(scaled: Tensor, targets: Tensor, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    num_renderings, clips, columns = scaled.shape
    network = nn.Sequential(
        nn.Dropout(0.3),
        nn.Linear(columns, HIDDEN_UNITS),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(HIDDEN_UNITS, targets.shape[1]),
    )
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = clips // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=EPOCHS * steps)
    for _ in range(EPOCHS):
        order = torch.from_numpy(rng.permutation(clips))
        rendering = np.where(rng.random(clips) < CLEAN_PROBABILITY, 0, rng.integers(1, max(num_renderings, 2), clips))
        rendering = torch.from_numpy(np.minimum(rendering, num_renderings - 1))
        for step in range(steps):
            batch = order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]
            x, y = scaled[rendering[batch], batch], targets[batch]
            mixup_weight = torch.from_numpy(rng.beta(MIXUP_ALPHA, MIXUP_ALPHA, (BATCH_SIZE, 1)).astype(np.float32))
            other = torch.from_numpy(rng.permutation(BATCH_SIZE))
            loss = F.cross_entropy(
                network(mixup_weight * x + (1 - mixup_weight) * x[other]),
                mixup_weight * y + (1 - mixup_weight) * y[other],
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network
