"""Block loss for crowd counting: errors of counts in blocks of several sizes, each relative to its variance.

A Gaussian approximation of the negative binomial likelihood: the variance of a block with μ expected heads is
μ + (αμ)². Its minimum is at the mean, where that of absolute errors is at the median, so that an uncertain head is not
counted as zero. Sparse and dense crowds have similar weights, while a sum over heads would be dominated by dense ones.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from training.crowd.network import OUTPUT_STRIDE

RELATIVE_COUNT_STD = 0.15
"""α: standard deviation of the count of similar crowds, as a share of it."""

EMPTY_BLOCK_VARIANCE = 0.3
"""Variance of an empty block of 64 pixels; proportional to the side of the block."""

MAX_SQUARED_ERROR = 50.0
"""Upper bound of a squared error in units of its variance, so that a wrong label does not dominate a batch."""

BLOCK_SIDES = (2, 4, 8, 16)
"""Sides of the blocks in cells; the whole crop is added."""


def block_loss(density: Tensor, heads: list[Tensor]) -> Tensor:
    """Return the mean loss of a batch of square crops, summed over the sizes of blocks.

    Args:
        density: (N, C, C), heads in each cell.
        heads: for each crop (n, 2) head positions x, y in pixels.
    """
    true_counts = cell_counts(heads, density.shape[-1])
    total = density.new_zeros(())
    for side in (*BLOCK_SIDES, density.shape[-1]):
        predicted_sum = F.avg_pool2d(density[:, None], side) * side**2
        true_sum = F.avg_pool2d(true_counts[:, None], side) * side**2
        detached = predicted_sum.detach()  # otherwise a larger prediction would reduce its loss by a larger variance
        variance = detached + EMPTY_BLOCK_VARIANCE * side / 8 + (RELATIVE_COUNT_STD * detached) ** 2
        total = total + ((predicted_sum - true_sum) ** 2 / variance).clamp(max=MAX_SQUARED_ERROR).mean()
    return total


def cell_counts(heads: list[Tensor], cells: int) -> Tensor:
    """Return heads in each cell, (N, cells, cells); a head between centres is distributed bilinearly."""
    true_counts = torch.zeros(len(heads), cells, cells)
    for index, points in enumerate(heads):
        if len(points) == 0:
            continue
        position = points / OUTPUT_STRIDE - 0.5
        corner = position.floor()
        fraction = position - corner
        for right in (0, 1):
            for below in (0, 1):
                weight_x = fraction[:, 0] if right else 1 - fraction[:, 0]
                weight_y = fraction[:, 1] if below else 1 - fraction[:, 1]
                column = (corner[:, 0] + right).long().clamp(0, cells - 1)
                row = (corner[:, 1] + below).long().clamp(0, cells - 1)
                true_counts[index].index_put_((row, column), weight_x * weight_y, accumulate=True)
    return true_counts
