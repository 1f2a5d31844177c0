"""Support vector machines as a PyTorch module, which can be exported to ONNX: half of the shipped classifier."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn import functional as F

from training.music.perceptrons import MAX_SCALED_VALUE

NUM_COMPONENTS = 256
"""Principal components: as accurate as all 2,198 columns, with a ninth of the support vectors' size."""

SVM_C = 2.0
SIGMOID_SLOPE = 2.0
"""Slope of the sigmoid from a pair's decision to a probability; temperature scaling calibrates the result."""


class SupportVectorClassifier(nn.Module):
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
        x = ((rows - self.mean) / self.spread).clamp(-MAX_SCALED_VALUE, MAX_SCALED_VALUE) @ self.axes - self.origin
        distance = (x**2).sum(1, keepdim=True) + (self.vectors**2).sum(1)[None] - 2 * x @ self.vectors.T
        decisions = SIGMOID_SLOPE * (torch.exp(-self.gamma * distance) @ self.weights + self.bias)
        logs = -F.softplus(-decisions) @ self.for_first - F.softplus(decisions) @ self.for_second
        return F.softmax(logs, dim=1)


def fit(renderings: list[NDArray[np.float32]], y: NDArray[np.int64], *, seed: int) -> SupportVectorClassifier:
    """Train the classifier.

    Args:
        renderings: each (n, columns), the first of clean clips; all have the same weight.
        y: (n,) classes from 0, all of which occur.
    """
    mean, spread = renderings[0].mean(axis=0), renderings[0].std(axis=0) + 1e-6
    x = np.vstack([np.clip((rows - mean) / spread, -MAX_SCALED_VALUE, MAX_SCALED_VALUE) for rows in renderings])
    components = PCA(min(NUM_COMPONENTS, *x.shape), svd_solver="randomized", random_state=seed).fit(x)
    machine = SVC(C=SVM_C, gamma=1 / x.shape[1], decision_function_shape="ovo")
    machine.fit(components.transform(x), np.tile(y, len(renderings)))
    return SupportVectorClassifier(_tensor(mean), _tensor(spread), components, machine, int(y.max()) + 1).eval()


def _decisions(machine: SVC, pairs: list[tuple[int, int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (support vectors, pairs) and biases; positive for the first of a pair."""
    class_of_vector = np.repeat(np.arange(len(machine.n_support_)), machine.n_support_)
    weights = np.zeros((len(class_of_vector), len(pairs)))
    for number, (first, second) in enumerate(pairs):
        weights[class_of_vector == first, number] = machine.dual_coef_[second - 1, class_of_vector == first]
        weights[class_of_vector == second, number] = machine.dual_coef_[first, class_of_vector == second]
    # scikit-learn turns the sign where there are two classes.
    sign = -1 if len(pairs) == 1 else 1
    return sign * weights, sign * machine.intercept_


def _tensor(values: NDArray[np.float64] | NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
