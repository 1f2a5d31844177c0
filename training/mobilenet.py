"""MobileNetV2 without its classifier, as a PyTorch module, from the shared float16 weights.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018. Batch norm is folded into the
weights, and padding is TensorFlow's SAME: on even sizes at stride 2 that is nothing before and one after.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

# expansion, channels, stride of blocks 01 to 17
BLOCK_SPECS = (
    (1, 16, 1), (6, 24, 2), (6, 24, 1), (6, 32, 2), (6, 32, 1), (6, 32, 1), (6, 64, 2), (6, 64, 1), (6, 64, 1),
    (6, 64, 1), (6, 96, 1), (6, 96, 1), (6, 96, 1), (6, 160, 2), (6, 160, 1), (6, 160, 1), (6, 320, 1),
)  # fmt: skip


def pad_same(x: Tensor, stride: int) -> Tensor:
    """Return TensorFlow's SAME padding for a 3×3 kernel and even sizes."""
    return F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))


class Block(nn.Module):
    """Inverted residual block."""

    def __init__(self, inputs: int, expansion: int, outputs: int, stride: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.stride = stride
        self.residual = stride == 1 and inputs == outputs
        self.expand = nn.Conv2d(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(inner, inner, 3, stride, groups=inner)
        self.project = nn.Conv2d(inner, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = F.relu6(self.depthwise(pad_same(y, self.stride)))
        y = self.project(y)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Stem and first `depth` blocks; input (N, 3, H, W) in −1…1, H and W multiples of 16."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        self.blocks = nn.ModuleList()
        channels = 32
        for expansion, outputs, stride in BLOCK_SPECS[:depth]:
            self.blocks.append(Block(channels, expansion, outputs, stride))
            channels = outputs

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the output of every block."""
        x = F.relu6(self.stem(pad_same(x, 2)))
        outputs_by_block = []
        for block in self.blocks:
            x = block(x)
            outputs_by_block.append(x)
        return outputs_by_block

    def load_pretrained(self, path: Path) -> None:
        """Load the pretrained weights of the layers that exist here."""
        pretrained = load_file(path)
        state = self.state_dict()
        for name in state:
            parts = name.split(".")
            if parts[0] == "blocks":
                parts[1] = f"{int(parts[1]) + 1:02d}"
            state[name] = pretrained[".".join(parts)].to(torch.float32)
        self.load_state_dict(state)
