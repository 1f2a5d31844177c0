"""Block loss for crowd counting: errors of counts in blocks of several sizes, each relative to its variance.

A Gaussian approximation of the negative binomial likelihood: the variance of a block with μ expected heads is
μ + (αμ)². Its minimum is at the mean, where that of absolute errors is at the median, so that a doubtful head is not
counted as none. Sparse and dense crowds have similar weights, while a sum over heads would be dominated by dense ones.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from training.crowd.network import STRIDE

SPREAD = 0.15
"""α: standard deviation of the count of similar crowds, as a share of it."""

FLOOR = 0.3
"""Variance of an empty block of 64 pixels; proportional to the side of the block."""

WORST = 50.0
"""Upper bound of a squared error in units of its variance, so that a wrong label does not dominate a batch."""

BLOCKS = (2, 4, 8, 16)
"""Sides of the blocks in cells; the whole crop is added."""


def block_loss(density: Tensor, heads: list[Tensor]) -> Tensor:
    """Return the mean loss of a batch of square crops, summed over the sizes of blocks.

    Args:
        density: (N, C, C), heads in each cell.
        heads: for each crop (n, 2) head positions x, y in pixels.
    """
    truth = cells_of(heads, density.shape[-1])
    total = density.new_zeros(())
    for side in (*BLOCKS, density.shape[-1]):
        expected = F.avg_pool2d(density[:, None], side) * side**2
        counted = F.avg_pool2d(truth[:, None], side) * side**2
        known = expected.detach()  # otherwise a larger prediction would reduce its loss by a larger variance
        variance = known + FLOOR * side / 8 + (SPREAD * known) ** 2
        total = total + ((expected - counted) ** 2 / variance).clamp(max=WORST).mean()
    return total


def cells_of(heads: list[Tensor], cells: int) -> Tensor:
    """Return heads in each cell, (N, cells, cells); a head between centres is distributed bilinearly."""
    truth = torch.zeros(len(heads), cells, cells)
    for number, points in enumerate(heads):
        if len(points) == 0:
            continue
        place = points / STRIDE - 0.5
        corner = place.floor()
        share = place - corner
        for right in (0, 1):
            for below in (0, 1):
                weight_x = share[:, 0] if right else 1 - share[:, 0]
                weight_y = share[:, 1] if below else 1 - share[:, 1]
                column = (corner[:, 0] + right).long().clamp(0, cells - 1)
                row = (corner[:, 1] + below).long().clamp(0, cells - 1)
                truth[number].index_put_((row, column), weight_x * weight_y, accumulate=True)
    return truth
