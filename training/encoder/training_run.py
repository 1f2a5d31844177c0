"""Resumable optimisation: AdamW (Loshchilov and Hutter, 2019) with two learning rates, warm-up and checkpoints."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

from training.encoder.network import Network


class TrainingRun:
    """Optimises a network for a number of minutes in all runs together; it may be interrupted at any time.

    Args:
        network: the network.
        checkpoint: path of the checkpoint; the run continues from it if it exists.
        pieces: highest learning rate of the word piece vectors.
        layers: highest learning rate of all other parameters.
        warm_up: share of the time in which the rates rise linearly; afterwards they fall linearly to a hundredth.
        every: seconds between two checkpoints.

    Attributes:
        steps: steps taken in all runs.
    """

    def __init__(
        self, network: Network, checkpoint: Path, *, pieces: float, layers: float, warm_up: float, every: float
    ) -> None:
        self._network, self._checkpoint, self._warm_up, self._every = network, checkpoint, warm_up, every
        self._layers = [p for name, p in network.named_parameters() if name != "pieces.weight"]
        self._optimiser = torch.optim.AdamW(
            [{"params": [network.pieces.weight], "rate": pieces}, {"params": self._layers, "rate": layers}],
            lr=layers,
            weight_decay=0.0,
        )
        spent, self.steps = 0.0, 0
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            network.load_state_dict(state["network"])
            self._optimiser.load_state_dict(state["optimiser"])
            spent, self.steps = state["spent"], state["step"]
        self._began, self._saved = time.monotonic() - spent, spent

    @property
    def seconds(self) -> float:
        """Seconds of training so far, in all runs."""
        return time.monotonic() - self._began

    def has_time_left(self, minutes: float) -> bool:
        """Return True before `minutes` of training are over; set the learning rates of the next step."""
        done = self.seconds / (minutes * 60)
        for group in self._optimiser.param_groups:
            group["lr"] = group["rate"] * min(1.0, done / self._warm_up + 0.02, (1 - done) / (1 - self._warm_up) + 0.01)
        return done < 1

    def step(self, loss: Tensor) -> None:
        """Take one step, and write a checkpoint if one is due."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._layers, 1.0)
        self._optimiser.step()
        self.steps += 1
        if self.seconds - self._saved > self._every:
            self._saved = self.seconds
            state = {
                "network": self._network.state_dict(), "optimiser": self._optimiser.state_dict(),
                "spent": self._saved, "step": self.steps,
            }  # fmt: skip
            torch.save(state, self._checkpoint.with_suffix(".new"))
            self._checkpoint.with_suffix(".new").replace(self._checkpoint)
