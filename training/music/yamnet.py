"""YAMNet without its classifier as a PyTorch module, from the shared float16 weights (Apache-2.0)."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from training.mobilenet import pad_same

# channels and stride of the depthwise layers 02 to 14
LAYER_SPECS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)  # fmt: skip


class YamNet(nn.Module):
    """Log-mel patches (n, 1, 96, 64) → embeddings (n, 1024)."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, 2)
        self.depthwise, self.pointwise, self.strides = nn.ModuleList(), nn.ModuleList(), []
        channels = 32
        for outputs, stride in LAYER_SPECS:
            self.depthwise.append(nn.Conv2d(channels, channels, 3, stride, groups=channels))
            self.pointwise.append(nn.Conv2d(channels, outputs, 1))
            self.strides.append(stride)
            channels = outputs
        pretrained = {name: value.to(torch.float32) for name, value in load_file(weights).items()}
        state = self.state_dict()
        for name in state:
            kind, _, rest = name.partition(".")
            if kind == "stem":
                state[name] = pretrained[f"layer01.conv.{rest}"]
            else:
                number, _, parameter = rest.partition(".")
                state[name] = pretrained[f"layer{int(number) + 2:02d}.{kind}.{parameter}"]
        self.load_state_dict(state)

    def forward(self, patches: Tensor) -> Tensor:
        x = F.relu(self.stem(pad_same(patches, 2)))
        for depthwise, pointwise, stride in zip(self.depthwise, self.pointwise, self.strides, strict=True):
            x = F.relu(depthwise(pad_same(x, stride)))
            x = F.relu(pointwise(x))
        return x.mean(dim=(2, 3))
