"""One training run of the head, and the scores of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.violence.features import Variant
from training.violence.network import HIDDEN, Head

WARM = 6  # steps after which a clip's label must show: 0.75 s


def _sequence(variant: Variant, clip: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rows = slice(int(variant.starts[clip]), int(variant.starts[clip + 1]))
    parts = [part[rows].astype(np.float32) for part in (variant.change, variant.motion)]
    if rng.random() < 0.5:
        parts = [part[..., ::-1] for part in parts]
        parts[1] = parts[1] * np.array([-1, 1, 1], np.float32)[:, None, None]
    return parts[0], parts[1]


def train(
    variants: Sequence[Variant],
    labels: NDArray[np.bool_],
    surveillance: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    *,
    weights: Path,
    seed: int,
    rounds: int = 12,
    round_clips: int = 640,
    batch: int = 8,
    rate: float = 2e-3,
    upper_rate: float = 6e-4,
    decay: float = 0.02,
    share: float = 0.4,
    log: bool = False,
    **head_options: float,
) -> Head:
    """Train a head on the chosen clips; `share` of what it sees is surveillance, half of each set fights.

    A sequence is two clips in a row, of which the second may have the other label: so the memory learns to let go.
    """
    torch.manual_seed(seed)
    # Activations die out into numbers that a processor computes a hundred times as slowly: four times as fast without.
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(seed)
    # Channels last is nearly twice as fast for depthwise convolutions on a CPU.
    head = cast(Head, Head(weights, **head_options).to(memory_format=torch.channels_last))
    pretrained = set(head.upper.parameters())
    new = [parameter for parameter in head.parameters() if parameter not in pretrained]
    optimiser = torch.optim.AdamW(
        [{"params": new, "weight_decay": decay}, {"params": list(pretrained), "weight_decay": 0.0}]
    )
    steps = rounds * round_clips // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [rate, upper_rate], total_steps=steps, pct_start=0.15)
    weight = np.zeros(len(labels))
    for is_surveillance, portion in ((True, share), (False, 1 - share)):
        for label in (True, False):
            cell = chosen[(surveillance[chosen] == is_surveillance) & (labels[chosen] == label)]
            if len(cell):
                weight[cell] = portion / 2 / len(cell)
    weight /= weight.sum()
    total, seen = 0.0, 0
    for step in range(steps):
        picked = rng.choice(len(labels), batch, p=weight)
        lanes = batch // 2
        drawn = [(c, _sequence(variants[rng.integers(len(variants))], int(c), rng)) for c in picked]
        rows = head_rows(head, [parts for _, parts in drawn])
        # Lane i runs clip i, then clip lanes + i, padded at the front of the pair with nothing: lengths differ.
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
        total, seen = total + float(loss.detach()), seen + 1
        if log and (step + 1) % (round_clips // batch) == 0:
            print(f"  round {(step + 1) * batch // round_clips}: loss {total / seen:.3f}", flush=True)
            total, seen = 0.0, 0
    return head.eval()


def head_rows(head: Head, sequences: Sequence[tuple[NDArray[np.float32], ...]]) -> list[torch.Tensor]:
    """Describe all steps of several sequences in one call; one (time, 128) tensor each."""
    stacked = [torch.from_numpy(np.ascontiguousarray(np.concatenate(parts))) for parts in zip(*sequences, strict=True)]
    stacked = [part.contiguous(memory_format=torch.channels_last) for part in stacked]
    return list(head.describe(*stacked).split([len(parts[0]) for parts in sequences]))


@torch.no_grad()
def logits(head: Head, variant: Variant, clips: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """The logit of every step of every given clip, from a fresh state each."""
    out = []
    for clip in clips:
        rows = slice(int(variant.starts[clip]), int(variant.starts[clip + 1]))
        parts = [torch.from_numpy(part[rows].astype(np.float32)) for part in (variant.change, variant.motion)]
        hidden, values = torch.zeros(1, HIDDEN), []
        for row in head.describe(*parts):
            logit, hidden = head.remember(row[None], hidden)
            values.append(float(logit))
        out.append(np.array(values, np.float32))
    return out
