"""What the violence network takes of MobileNetV2: blocks 1 to 6 as they are, blocks 7 to 10 to train on."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

# (block, expansion, channels out, stride), MobileNetV2 1.0 (Sandler et al., 2018, table 2).
_CHANNELS = {1: 16, **dict.fromkeys((2, 3), 24), **dict.fromkeys((4, 5, 6), 32), **dict.fromkeys((7, 8, 9, 10), 64)}
_CHANNELS |= dict.fromkeys((11, 12, 13), 96)
_STRIDE_TWO = {2, 4, 7}
SPLIT, LAST_BLOCK = 6, 10
CHANNELS = 64


class _Convolution(nn.Module):
    """A convolution with TensorFlow's SAME padding on even sizes (0 before, 1 after at stride 2)."""

    def __init__(self, weight: Tensor, bias: Tensor, *, stride: int = 1, groups: int = 1, relu: bool = True) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.stride, self.groups, self.relu = stride, groups, relu

    def forward(self, x: Tensor) -> Tensor:
        padding = 0
        if self.weight.shape[-1] == 3:
            if self.stride == 2:
                x = functional.pad(x, (0, 1, 0, 1))
            else:
                padding = 1
        x = functional.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return functional.relu6(x) if self.relu else x


class _Block(nn.Module):
    def __init__(self, tensors: dict[str, Tensor], number: int) -> None:
        super().__init__()

        def convolution(part: str, **options: int | bool) -> _Convolution:
            prefix = f"blocks.{number:02d}.{part}"
            return _Convolution(tensors[f"{prefix}.weight"], tensors[f"{prefix}.bias"], **options)  # type: ignore[arg-type]

        self.expand = convolution("expand") if number > 1 else None
        width = tensors[f"blocks.{number:02d}.depthwise.weight"].shape[0]
        self.depthwise = convolution("depthwise", stride=2 if number in _STRIDE_TWO else 1, groups=width)
        self.project = convolution("project", relu=False)
        self.residual = number not in _STRIDE_TWO and _CHANNELS.get(number - 1) == _CHANNELS[number]

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(x if self.expand is None else self.expand(x))
        y = self.project(y)
        return x + y if self.residual else y


class Front(nn.Module):
    """The stem and blocks 1 to 6, frozen. (N, 3, H, W) in [-1, 1] to (N, 32, H/8, W/8); H and W multiples of 16."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        tensors = _tensors(weights)
        self.stem = _Convolution(tensors["stem.weight"], tensors["stem.bias"], stride=2)
        self.blocks = nn.Sequential(*[_Block(tensors, number) for number in range(1, SPLIT + 1)])
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.blocks(self.stem(x)))


def upper_blocks(weights: Path) -> nn.Sequential:
    """Blocks 7 to 10, to be trained on: (N, 32, H/8, W/8) to (N, 64, H/16, W/16)."""
    tensors = _tensors(weights)
    return nn.Sequential(*[_Block(tensors, number) for number in range(SPLIT + 1, LAST_BLOCK + 1)])


def _tensors(weights: Path) -> dict[str, Tensor]:
    return {name: tensor.float() for name, tensor in load_file(weights).items()}
