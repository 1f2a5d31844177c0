"""Steps down a loss that outlive an interruption: AdamW with two rates, a warm-up, a checkpoint every few minutes."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

from training.encoder.network import Network


class Descent:
    """Optimises a network for so many minutes of training, in all runs together.

    Args:
        last: the checkpoint; goes on from it where it exists.
        pieces, layers: highest rate of the vectors of the pieces, and of all else.
        warm_up: share of the time in which the rate rises; afterwards it falls to a hundredth.
        every: seconds between two checkpoints.

    Attributes:
        step: steps taken in all runs.
    """

    def __init__(
        self, network: Network, last: Path, *, pieces: float, layers: float, warm_up: float, every: float
    ) -> None:
        self._network, self._last, self._warm_up, self._every = network, last, warm_up, every
        self._layers = [p for name, p in network.named_parameters() if name != "pieces.weight"]
        self._optimiser = torch.optim.AdamW(
            [{"params": [network.pieces.weight], "rate": pieces}, {"params": self._layers, "rate": layers}],
            lr=layers,
            weight_decay=0.0,
        )
        spent, self.step = 0.0, 0
        if last.exists():
            kept = torch.load(last, weights_only=True)
            network.load_state_dict(kept["network"])
            self._optimiser.load_state_dict(kept["optimiser"])
            spent, self.step = kept["spent"], kept["step"]
        self._began, self._saved = time.monotonic() - spent, spent

    @property
    def seconds(self) -> float:
        """Of training so far, in all runs."""
        return time.monotonic() - self._began

    def goes_on(self, minutes: float) -> bool:
        """Whether there is time left; sets the rate of the next step."""
        done = self.seconds / (minutes * 60)
        for group in self._optimiser.param_groups:
            group["lr"] = group["rate"] * min(1.0, done / self._warm_up + 0.02, (1 - done) / (1 - self._warm_up) + 0.01)
        return done < 1

    def down(self, loss: Tensor) -> None:
        """One step, and a checkpoint when one is due."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._layers, 1.0)
        self._optimiser.step()
        self.step += 1
        if self.seconds - self._saved > self._every:
            self._saved = self.seconds
            state = {
                "network": self._network.state_dict(), "optimiser": self._optimiser.state_dict(),
                "spent": self._saved, "step": self.step,
            }  # fmt: skip
            torch.save(state, self._last.with_suffix(".new"))
            self._last.with_suffix(".new").replace(self._last)
