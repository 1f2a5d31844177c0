"""Errors of counts in blocks of many sizes, each against the spread that a count of that size has.

A Gaussian approximation of the negative binomial likelihood: the variance of a block with μ expected heads is
μ + (αμ)². Its least value is at the mean, where that of absolute errors is at the median: a head in doubt is not
counted as none. Quiet squares and dense crowds weigh alike, where a sum over heads hears only the crowds.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from training.crowd.network import STRIDE

SPREAD = 0.15
"""α: share of a count by which crowds that look alike differ"""

FLOOR = 0.3
"""heads at 64 pixels, less by the side of smaller blocks: how sure one may be of an empty block"""

WORST = 50.0
"""squared errors in units of their variance count no more than so: a wrong label is not the whole batch"""

BLOCKS = (2, 4, 8, 16)
"""cells to a side; the whole crop comes on top"""


def block_loss(density: Tensor, heads: list[Tensor]) -> Tensor:
    """Mean loss of a batch of square crops, summed over the sizes of block.

    Args:
        density: (N, C, C), heads a cell.
        heads: for each crop (n, 2) head positions x, y in pixels.
    """
    truth = cells_of(heads, density.shape[-1])
    total = density.new_zeros(())
    for side in (*BLOCKS, density.shape[-1]):
        expected = F.avg_pool2d(density[:, None], side) * side**2
        counted = F.avg_pool2d(truth[:, None], side) * side**2
        known = expected.detach()  # or a larger guess would excuse itself with a larger variance
        variance = known + FLOOR * side / 8 + (SPREAD * known) ** 2
        total = total + ((expected - counted) ** 2 / variance).clamp(max=WORST).mean()
    return total


def cells_of(heads: list[Tensor], cells: int) -> Tensor:
    """Heads in each cell (N, cells, cells); a head between centres is shared among the four nearest."""
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
