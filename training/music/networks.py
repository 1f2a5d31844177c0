"""Networks that are compared with the shipped classifier.

A small CNN and a CNN-LSTM on log-mel spectrograms, and YAMNet with its last layers fine-tuned.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.mobilenet import pad_same
from training.music.perceptrons import PerceptronEnsemble
from training.music.yamnet import YamNet

NUM_FROZEN_LAYERS = 10
"""Number of frozen layers of YAMNet, 02 to 11; 12 to 14 are fine-tuned."""

ROOT_EPSILON = 1e-4


def _convolution_block(inputs: int, outputs: int, pool: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(pool)
    )


class SmallCnn(nn.Module):
    """Log-mel (n, 1, frames, 64) → logits: four convolutions, then mean and maximum over time.

    After Choi et al., ISMIR 2016, with a tenth of the parameters, as there are 650 clips.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.body = nn.Sequential(
            _convolution_block(1, 16, (4, 2)),
            _convolution_block(16, 32, (3, 2)),
            _convolution_block(32, 64, (2, 4)),
            _convolution_block(64, 96, (2, 4)),
        )
        self.head = nn.Sequential(nn.Dropout(0.4), nn.Linear(192, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.norm(x)).squeeze(3)
        return self.head(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))


class CnnLstm(nn.Module):
    """Log-mel (n, 1, frames, 64) → logits: the same convolutions, then an LSTM over time in place of the pooling."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.body = nn.Sequential(
            _convolution_block(1, 16, (4, 2)),
            _convolution_block(16, 32, (3, 2)),
            _convolution_block(32, 64, (2, 4)),
            _convolution_block(64, 96, (2, 4)),
        )
        self.lstm = nn.LSTM(96, 64, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.Dropout(0.4), nn.Linear(128, classes))

    def forward(self, x: Tensor) -> Tensor:
        steps = self.body(self.norm(x)).squeeze(3).transpose(1, 2)
        return self.head(self.lstm(steps)[0].mean(dim=1))


class FrozenYamNetLayers(nn.Module):
    """YAMNet up to layer 11, frozen: patches (n, 1, 96, 64) → maps (n, 512, 6, 4)."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.network = YamNet(weights).eval()

    @torch.no_grad()
    def forward(self, patches: Tensor) -> Tensor:
        net = self.network
        x = F.relu(net.stem(pad_same(patches, 2)))
        for number in range(NUM_FROZEN_LAYERS):
            x = F.relu(net.depthwise[number](pad_same(x, net.strides[number])))
            x = F.relu(net.pointwise[number](x))
        return x


class FineTunedYamNet(nn.Module):
    """YAMNet's last three layers, and the shipped classifier's perceptron.

    Maps (n, patches, 512, 6, 4) and librosa features (n, k) → logits. The initial weights are those of the
    perceptron on frozen embeddings, `start`.
    """

    def __init__(self, weights: Path, start: PerceptronEnsemble) -> None:
        super().__init__()
        network = YamNet(weights)
        self.strides = network.strides[NUM_FROZEN_LAYERS:]
        self.depthwise, self.pointwise = network.depthwise[NUM_FROZEN_LAYERS:], network.pointwise[NUM_FROZEN_LAYERS:]
        self.member = start.members[0]
        self.register_buffer("mean", start.mean.clone())
        self.register_buffer("spread", start.spread.clone())

    def embed(self, maps: Tensor) -> Tensor:
        """Return embeddings (n, 1024) of maps (n, 512, 6, 4)."""
        x = maps
        for depthwise, pointwise, stride in zip(self.depthwise, self.pointwise, self.strides, strict=True):
            x = F.relu(depthwise(pad_same(x, stride)))
            x = F.relu(pointwise(x))
        return x.mean(dim=(2, 3))

    def forward(self, maps: Tensor, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Return logits; `counts` is the number of valid maps of each clip, all if left out."""
        clips, max_patches = maps.shape[:2]
        x = self.embed(maps.flatten(0, 1)).view(clips, max_patches, -1)
        valid = (
            torch.ones(clips, max_patches)
            if counts is None
            else (torch.arange(max_patches)[None] < counts[:, None]).float()
        )
        weight = (valid / valid.sum(dim=1, keepdim=True))[..., None]
        mean = (x * weight).sum(dim=1)
        variance = ((x - mean[:, None]) ** 2 * weight).sum(dim=1)
        # The derivative of the square root is infinite at zero.
        row = torch.cat([features, (mean + ROOT_EPSILON).sqrt(), (variance + ROOT_EPSILON**2).sqrt().sqrt()], dim=1)
        return self.member(((row - self.mean[-row.shape[1] :]) / self.spread[-row.shape[1] :]).clamp(-6, 6))
