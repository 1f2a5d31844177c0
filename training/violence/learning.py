"""Training of one head, and its logits on clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.violence.features import Variant
from training.violence.network import HIDDEN, DeepHead, Head

WARM = 6  # steps, 0.75 s, after which the loss applies


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters of one training run.

    Attributes:
        rounds: number of rounds of 640 clips each.
        batch: clips per step.
        rate: highest learning rate of new layers.
        upper_rate: highest learning rate of pretrained layers.
        decay: weight decay of new layers.
        share: share of surveillance clips in the training data.
        kept: decay of the exponential average of the weights, which is the result; 0 returns the last weights.
    """

    rounds: int
    batch: int
    rate: float
    upper_rate: float
    decay: float
    share: float = 0.4
    kept: float = 0.0


PLACE = Recipe(rounds=8, batch=8, rate=2e-3, upper_rate=6e-4, decay=0.02)
DEEP = Recipe(rounds=10, batch=32, rate=1e-3, upper_rate=0.0, decay=0.1, kept=0.98)
ROUND = 640


def _sequence(variant: Variant, clip: int, parts: Sequence[str], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    read = variant.clip(clip, parts)
    if rng.random() < 0.5:
        return [_MIRROR[part](array) for part, array in zip(parts, read, strict=True)]
    return read


_MIRROR: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "change": lambda maps: maps[..., ::-1],
    "motion": lambda maps: maps[..., ::-1] * np.array([-1, 1, 1], np.float32)[:, None, None],
    "deep": lambda rows: rows,
}


def train(
    head: Head,
    recipe: Recipe,
    variants: Sequence[Variant],
    labels: NDArray[np.bool_],
    surveillance: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    *,
    seed: int,
) -> Head:
    """Train a head on the chosen clips; half of the clips of each data set are fights.

    A sequence is two clips, of which the second may have the other label, so that the memory learns to forget.
    """
    torch.manual_seed(seed)
    # Denormal activations are a hundred times as slow on a CPU; flushing them makes training four times as fast.
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(seed)
    # Channels last is nearly twice as fast for depthwise convolutions on a CPU.
    head = head.to(memory_format=torch.channels_last).train()
    if isinstance(head, DeepHead):
        rows = [variants[0].clip(int(clip), head.parts)[0][::4] for clip in chosen]
        head.scale(torch.from_numpy(np.concatenate(rows)))
    pretrained = head.pretrained()
    new = [parameter for parameter in head.parameters() if parameter not in pretrained]
    groups: list[dict[str, Any]] = [{"params": new, "weight_decay": recipe.decay}]
    if pretrained:
        groups.append({"params": list(pretrained), "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups)
    steps, batch = recipe.rounds * ROUND // recipe.batch, recipe.batch
    rates = [recipe.rate, recipe.upper_rate][: len(groups)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps, pct_start=0.15)
    averaged = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(recipe.kept))
    weight = np.zeros(len(labels))
    for is_surveillance, portion in ((True, recipe.share), (False, 1 - recipe.share)):
        for label in (True, False):
            cell = chosen[(surveillance[chosen] == is_surveillance) & (labels[chosen] == label)]
            if len(cell):
                weight[cell] = portion / 2 / len(cell)
    weight /= weight.sum()
    total, seen = 0.0, 0
    for step in range(steps):
        picked = rng.choice(len(labels), batch, p=weight)
        lanes = batch // 2
        drawn = [_sequence(variants[rng.integers(len(variants))], int(c), head.parts, rng) for c in picked]
        rows = head_rows(head, drawn)
        # Lane i runs clip i, then clip lanes + i; the pair is padded at the front, since lengths differ.
        hidden = torch.zeros(lanes, HIDDEN)
        loss, terms = torch.zeros(()), 0
        for half in range(2):
            part = rows[half * lanes : (half + 1) * lanes]
            target = torch.tensor(labels[picked[half * lanes : (half + 1) * lanes]], dtype=torch.float32) * 0.94 + 0.03
            lengths = torch.tensor([len(row) for row in part])
            for t in range(int(lengths.max())):
                alive = lengths > t
                now = torch.stack([row[min(t, len(row) - 1)] for row in part])
                logit, fresh = head.remember(now, hidden)
                hidden = torch.where(alive[:, None], fresh, hidden)
                if t >= WARM and alive.any():
                    each = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
                    loss = loss + (each * alive).sum()
                    terms += int(alive.sum())
        loss = loss / max(terms, 1)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(head.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        averaged.update_parameters(head)
        total, seen = total + float(loss.detach()), seen + 1
        if (step + 1) % (ROUND // batch) == 0:
            print(f"  round {(step + 1) * batch // ROUND}: loss {total / seen:.3f}", flush=True)
            total, seen = 0.0, 0
    return cast(Head, averaged.module).eval()


def head_rows(head: Head, sequences: Sequence[Sequence[NDArray[np.float32]]]) -> list[torch.Tensor]:
    """Describe all steps of several sequences in one call; return one (time, columns) tensor each."""
    stacked = [torch.from_numpy(np.ascontiguousarray(np.concatenate(parts))) for parts in zip(*sequences, strict=True)]
    stacked = [part.contiguous(memory_format=torch.channels_last) if part.ndim == 4 else part for part in stacked]
    return list(head.describe(*stacked).split([len(parts[0]) for parts in sequences]))


@torch.no_grad()
def logits(
    head: Head, variant: Variant, clips: NDArray[np.int64], *, one_after_another: bool = False
) -> list[NDArray[np.float32]]:
    """Return the logit of every step of every given clip, from the initial state or the memory of the clip before."""
    out = []
    hidden = torch.zeros(1, HIDDEN)
    for clip in clips:
        parts = [torch.from_numpy(part) for part in variant.clip(int(clip), head.parts)]
        if not one_after_another:
            hidden = torch.zeros(1, HIDDEN)
        values = []
        for row in head.describe(*parts):
            logit, hidden = head.remember(row[None], hidden)
            values.append(float(logit))
        out.append(np.array(values, np.float32))
    return out
