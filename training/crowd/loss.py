"""Bayesian loss for crowd counting with point supervision (Ma et al., ICCV 2019), with its background point.

Each cell's density is shared among the heads by their posterior; the expected count of every head must be one,
and that of the background zero. Unlike squared error on Gaussian maps, it needs no artificial ground truth.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.crowd.network import OUTPUT_STRIDE

HEAD_SIGMA = 8.0
"""Standard deviation in pixels of a head's density around its point."""

BACKGROUND_DISTANCE = 0.15
"""Distance of the background point, as a share of the crop's side."""

COUNT_ERROR_WEIGHT = 2.0
"""Weight of the error of a crop's whole count (as in DM-Count; Wang et al., NeurIPS 2020)."""


def bayesian_loss(density: Tensor, heads: list[Tensor], side: int) -> Tensor:
    """Return the mean loss of a batch of square crops.

    Args:
        density: (N, side/8, side/8), heads in each cell.
        heads: for each crop (n, 2) head positions x, y in pixels.
        side: of the crop in pixels.
    """
    cells = torch.arange(0, side, OUTPUT_STRIDE, dtype=torch.float32) + OUTPUT_STRIDE / 2
    grid_y, grid_x = torch.meshgrid(cells, cells, indexing="ij")
    grid = torch.stack([grid_x.reshape(-1), grid_y.reshape(-1)], dim=1)
    total = density.new_zeros(())
    for cell_densities, points in zip(density.reshape(density.shape[0], -1), heads, strict=True):
        if len(points) == 0:
            total = total + cell_densities.sum()
            continue
        squared = torch.cdist(points, grid) ** 2
        nearest = squared.min(dim=0).values.clamp_min(1e-3)
        background = (side * BACKGROUND_DISTANCE) ** 2 / nearest
        posterior = torch.softmax(-torch.cat([squared, background[None]]) / (2 * HEAD_SIGMA**2), dim=0)
        expected = posterior @ cell_densities
        total = total + (expected[:-1] - 1).abs().sum() + expected[-1].abs()
        # Absolute errors of single heads alone lead to the median: uncertain heads count as zero, which halved the
        # counts of distant crowds. The error of the whole crop removes that bias.
        total = total + COUNT_ERROR_WEIGHT * (cell_densities.sum() - len(points)).abs()
    return total / len(heads)
