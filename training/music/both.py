"""Shipped classifier: mean of perceptrons and support vector machines, whose errors differ."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training.music import perceptrons, support


class CombinedClassifier(nn.Module):
    """Rows (n, columns) → probabilities (n, classes)."""

    def __init__(self, parts: list[nn.Module], temperature: float = 1.0) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.temperature = temperature

    def forward(self, rows: Tensor) -> Tensor:
        mean = torch.stack([part(rows) for part in self.parts]).mean(dim=0)
        return F.softmax(torch.log(mean + 1e-7) / self.temperature, dim=1)


def fit(renderings: list[NDArray[np.float32]], y: NDArray[np.int64], *, members: int, seed: int) -> CombinedClassifier:
    """Train both classifiers with the same arguments."""
    return CombinedClassifier(
        [perceptrons.fit(renderings, y, members=members, seed=seed), support.fit(renderings, y, seed=seed)]
    ).eval()


def predict(model: nn.Module, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return probabilities (n, classes)."""
    with torch.no_grad():
        probabilities: NDArray[np.float64] = model(torch.from_numpy(x)).double().numpy()
        return probabilities
