"""Support vector machines as a PyTorch module, so that ONNX can hold them: half of the shipped classifier."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn import functional as F

from training.music.perceptrons import FARTHEST

COMPONENTS = 256
"""Principal components: as accurate as all 2,198 columns, with a ninth of the support vectors' size."""

PENALTY = 2.0
STEEPNESS = 2.0
"""Slope of the logistic from a pair's decision to a probability; the temperature corrects it as a whole."""


class SupportVectors(nn.Module):
    """Rows (n, columns) → probabilities (n, classes); one machine with a Gaussian kernel for each pair of classes.

    A class's log probability is the sum of those of its pairs, up to a constant: a product of experts.
    """

    def __init__(self, mean: Tensor, spread: Tensor, components: PCA, machine: SVC, classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.register_buffer("axes", _tensor(components.components_.T))
        self.register_buffer("origin", _tensor(components.mean_ @ components.components_.T))
        self.register_buffer("vectors", _tensor(machine.support_vectors_))
        self.gamma = float(machine.gamma)
        pairs = list(combinations(range(classes), 2))
        weights, bias = _decisions(machine, pairs)
        self.register_buffer("weights", _tensor(weights))
        self.register_buffer("bias", _tensor(bias))
        signs = np.zeros((2, len(pairs), classes))
        for number, (first, second) in enumerate(pairs):
            signs[0, number, first] = signs[1, number, second] = 1
        self.register_buffer("for_first", _tensor(signs[0]))
        self.register_buffer("for_second", _tensor(signs[1]))

    def forward(self, rows: Tensor) -> Tensor:
        x = ((rows - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST) @ self.axes - self.origin
        distance = (x**2).sum(1, keepdim=True) + (self.vectors**2).sum(1)[None] - 2 * x @ self.vectors.T
        decisions = STEEPNESS * (torch.exp(-self.gamma * distance) @ self.weights + self.bias)
        logs = -F.softplus(-decisions) @ self.for_first - F.softplus(decisions) @ self.for_second
        return F.softmax(logs, dim=1)


def fit(renderings: list[NDArray[np.float32]], y: NDArray[np.int64], *, seed: int) -> SupportVectors:
    """Train.

    Args:
        renderings: each (n, columns), the first of the clips as they are; all have the same say.
        y: (n,) classes from 0, all of which occur.
    """
    mean, spread = renderings[0].mean(axis=0), renderings[0].std(axis=0) + 1e-6
    x = np.vstack([np.clip((rows - mean) / spread, -FARTHEST, FARTHEST) for rows in renderings])
    components = PCA(min(COMPONENTS, *x.shape), svd_solver="randomized", random_state=seed).fit(x)
    machine = SVC(C=PENALTY, gamma=1 / x.shape[1], decision_function_shape="ovo")
    machine.fit(components.transform(x), np.tile(y, len(renderings)))
    return SupportVectors(_tensor(mean), _tensor(spread), components, machine, int(y.max()) + 1).eval()


def _decisions(machine: SVC, pairs: list[tuple[int, int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (support vectors, pairs) and biases; positive for the first of a pair."""
    of = np.repeat(np.arange(len(machine.n_support_)), machine.n_support_)
    weights = np.zeros((len(of), len(pairs)))
    for number, (first, second) in enumerate(pairs):
        weights[of == first, number] = machine.dual_coef_[second - 1, of == first]
        weights[of == second, number] = machine.dual_coef_[first, of == second]
    # scikit-learn turns the sign where there are two classes.
    sign = -1 if len(pairs) == 1 else 1
    return sign * weights, sign * machine.intercept_


def _tensor(values: NDArray[np.float64] | NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
