"""Density network: MobileNetV2 to stride 16, joined with stride 8, and a small decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.mobilenet import MobileNetV2

OUTPUT_STRIDE = 8
BACKBONE_BLOCKS = 13
"""Blocks of MobileNetV2: 96 channels at stride 16."""


def separable_convolution(inputs: int, outputs: int, dilation: int) -> nn.Sequential:
    """Return a depthwise 3×3 and a pointwise convolution, each with batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=dilation, dilation=dilation, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class DensityNetwork(nn.Module):
    """Predicts heads in each cell (N, H/8, W/8) of pictures (N, H, W, 3) in 0…255; H and W multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = MobileNetV2(BACKBONE_BLOCKS)
        # Dilation enlarges the receptive field, from which scale is inferred, at no cost.
        self.context = nn.Sequential(
            separable_convolution(96, 128, 1), separable_convolution(128, 128, 2), separable_convolution(128, 128, 4)
        )
        self.fine = nn.Sequential(nn.Conv2d(32, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        self.decoder = nn.Sequential(
            separable_convolution(192, 96, 1), separable_convolution(96, 64, 2), separable_convolution(64, 48, 1)
        )
        self.head = nn.Conv2d(48, 1, 1)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.constant_(self.head.bias, 0.01)

    def forward(self, pictures: Tensor) -> Tensor:
        x = pictures.to(torch.float32).permute(0, 3, 1, 2) / 127.5 - 1.0
        blocks = self.backbone(x)
        coarse = F.interpolate(self.context(blocks[12]), scale_factor=2.0, mode="nearest")
        joined = torch.cat([coarse, self.fine(blocks[5])], dim=1)
        density: Tensor = torch.abs(self.head(self.decoder(joined))).squeeze(1)
        return density
