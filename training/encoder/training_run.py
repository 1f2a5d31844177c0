"""Resumable optimisation: AdamW (Loshchilov and Hutter, 2019) with two learning rates, warm-up and checkpoints."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

from training.encoder.network import EncoderNetwork


class TrainingRun:
    """Training of a network for a number of minutes, summed over all runs; it may be interrupted at any time.

    Args:
        network: the network.
        checkpoint: path of the checkpoint; the run continues from it if it exists.
        embedding_learning_rate: maximum learning rate of the word piece embeddings.
        layer_learning_rate: maximum learning rate of all other parameters.
        warm_up_share: share of the time in which the rates rise linearly; then they decay linearly to a hundredth.
        checkpoint_seconds: interval between two checkpoints.

    Attributes:
        steps: steps taken in all runs.
    """

    def __init__(
        self,
        network: EncoderNetwork,
        checkpoint: Path,
        *,
        embedding_learning_rate: float,
        layer_learning_rate: float,
        warm_up_share: float,
        checkpoint_seconds: float,
    ) -> None:
        self._network, self._checkpoint, self._warm_up_share, self._checkpoint_seconds = (
            network,
            checkpoint,
            warm_up_share,
            checkpoint_seconds,
        )
        self._layer_parameters = [p for name, p in network.named_parameters() if name != "pieces.weight"]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [network.pieces.weight], "rate": embedding_learning_rate},
                {"params": self._layer_parameters, "rate": layer_learning_rate},
            ],
            lr=layer_learning_rate,
            weight_decay=0.0,
        )
        earlier_seconds, self.steps = 0.0, 0
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimiser"])
            earlier_seconds, self.steps = state["spent"], state["step"]
        self._start, self._checkpointed_seconds = time.monotonic() - earlier_seconds, earlier_seconds

    @property
    def seconds(self) -> float:
        """Seconds of training so far, in all runs."""
        return time.monotonic() - self._start

    def has_time_left(self, minutes: float) -> bool:
        """Return True before `minutes` of training are over; set the learning rates of the next step."""
        progress = self.seconds / (minutes * 60)
        for group in self._optimizer.param_groups:
            group["lr"] = group["rate"] * min(
                1.0, progress / self._warm_up_share + 0.02, (1 - progress) / (1 - self._warm_up_share) + 0.01
            )
        return progress < 1

    def step(self, loss: Tensor) -> None:
        """Take one step, and write a checkpoint if one is due."""
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._layer_parameters, 1.0)
        self._optimizer.step()
        self.steps += 1
        if self.seconds - self._checkpointed_seconds > self._checkpoint_seconds:
            self._checkpointed_seconds = self.seconds
            state = {
                "network": self._network.state_dict(), "optimiser": self._optimizer.state_dict(),
                "spent": self._checkpointed_seconds, "step": self.steps,
            }  # fmt: skip
            torch.save(state, self._checkpoint.with_suffix(".new"))
            self._checkpoint.with_suffix(".new").replace(self._checkpoint)
