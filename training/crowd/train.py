"""Train the crowd model: `python -m training.crowd.train [--data DIR] [--minutes N]`.

Resumes from its checkpoint; `--minutes` is the training time over all runs. `python -m training.crowd.export` exports
the result. `--begin WEIGHTS` starts a new stage from the weights of an earlier one.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from processors.cameras.picture import pad_to_multiple
from training.crowd.block_loss import block_loss
from training.crowd.data import Labelled, crop, empty, read_part, split
from training.crowd.loss import bayesian_loss
from training.crowd.network import DensityNetwork

WORK = Path(__file__).parent / "work"
SIDE = 256
BATCH = 8
BLOCKS_FROZEN = 3
"""Blocks of the backbone that are frozen, with its stem: edge filters need no crowds, and a step is twice as fast."""
BAYESIAN = 0.03
"""Weight of the Bayesian loss beside the block loss: it localises heads, and MAE is an absolute error, too."""
AVERAGE = 0.999
"""Decay of the exponential average of the weights, which is exported."""


def batch(train: list[Labelled], random: np.random.Generator) -> tuple[Tensor, list[Tensor]]:
    """Return crops of both data sets in equal shares, and occasionally one without people."""
    pictures, heads = [], []
    parts = sorted({item.part for item in train})
    for _ in range(BATCH):
        if random.random() < 0.03:
            pictures.append(empty(SIDE, random))
            heads.append(torch.zeros(0, 2))
            continue
        part = parts[int(random.integers(len(parts)))]
        chosen = [item for item in train if item.part == part]
        picture, points = crop(chosen[int(random.integers(len(chosen)))], SIDE, random)
        pictures.append(picture)
        heads.append(torch.from_numpy(points))
    return torch.from_numpy(np.stack(pictures)), heads


def optimiser_of(network: DensityNetwork) -> torch.optim.Optimizer:
    """Return an optimizer with two groups: the backbone, whose early blocks are frozen, and the new layers."""
    for part in (network.backbone.stem, *network.backbone.blocks[:BLOCKS_FROZEN]):
        part.requires_grad_(False)
    # Batch norm is folded into the backbone, so its activations are not normalised: a low learning rate.
    backbone = [p for p in network.backbone.parameters() if p.requires_grad]
    new = [p for name, p in network.named_parameters() if not name.startswith("backbone")]
    groups = [{"params": backbone, "peak": 8e-5}, {"params": new, "peak": 6e-4}]
    return torch.optim.AdamW(groups, lr=1e-4, weight_decay=1e-4)


def loss_of(network: nn.Module, pictures: Tensor, heads: list[Tensor]) -> Tensor:
    """Return the loss of a batch, in float32: bfloat16 gradients of dilated convolutions were occasionally NaN."""
    density = network(pictures)
    return block_loss(density, heads) + BAYESIAN * bayesian_loss(density, heads, SIDE)


@torch.no_grad()
def errors(network: nn.Module, items: list[Labelled]) -> dict[str, float]:
    """Return MAE and bias of each data set, on whole pictures."""
    network.eval()
    found: dict[str, list[float]] = {}
    for item in items:
        padded = torch.from_numpy(pad_to_multiple(item.picture, 16))[None]
        found.setdefault(item.part, []).append(float(network(padded).sum()) - len(item.heads))
    report: dict[str, float] = {}
    for part, values in found.items():
        report[f"{part} mae"] = round(float(np.mean(np.abs(values))), 2)
        report[f"{part} bias"] = round(float(np.mean(values)), 2)
    return report


def average(target: nn.Module, source: nn.Module, decay: float) -> None:
    """Update the exponential average of the weights."""
    with torch.no_grad():
        for kept, now in zip(target.state_dict().values(), source.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(now, 1 - decay)
            else:
                kept.copy_(now)


def main() -> None:
    """Train with validation every few minutes, and store the best averaged weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd"))
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/mobilenet_v2_imagenet.safetensors"))
    parser.add_argument("--begin", type=Path, help="weights of an earlier stage to start from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--validate-every", type=float, default=6, help="minutes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoint, best.pt and last.pt")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)

    train: list[Labelled] = []
    held: list[Labelled] = []
    for folder in sorted(path.parent for path in arguments.data.glob("*/heads.json")):
        mine, theirs = split(read_part(folder))
        train += mine
        held += theirs
    print(f"{len(train)} photographs to train, {len(held)} held out", flush=True)

    network = DensityNetwork()
    if arguments.begin is None:
        network.backbone.load(arguments.weights)
    else:
        network.load_state_dict(torch.load(arguments.begin, weights_only=True))
    network = network.to(memory_format=torch.channels_last)
    shipped = copy.deepcopy(network)
    optimiser = optimiser_of(network)
    step, spent, best = 0, 0.0, math.inf
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        shipped.load_state_dict(saved["shipped"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent, best = saved["step"], saved["spent"], saved["best"]
        print(f"resumed at step {step}, {spent / 60:.1f} min", flush=True)

    random = np.random.default_rng([arguments.seed, step])
    began, validated, losses = time.monotonic(), time.monotonic(), []
    budget = arguments.minutes * 60
    while True:
        elapsed = spent + time.monotonic() - began
        done = min(1.0, elapsed / budget)
        rate = min(1.0, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        # Statistics of the earlier stage are fixed, so that a crop's count does not depend on its batch.
        network.train(arguments.begin is None)
        pictures, heads = batch(train, random)
        loss = loss_of(network, pictures, heads)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 100.0, error_if_nonfinite=True)
        optimiser.step()
        step += 1
        average(shipped, network, min(AVERAGE, (1 + step) / (10 + step)))
        losses.append(float(loss.detach()))
        if time.monotonic() - validated < arguments.validate_every * 60 and done < 1:
            continue
        report = errors(shipped, held)
        # The counts of the data sets differ tenfold, so each is weighted by its mean.
        score = report["shanghaitech_a mae"] / 80 + report["shanghaitech_b mae"] / 9
        print(
            json.dumps(
                {"step": step, "minutes": round(elapsed / 60, 1), "loss": round(float(np.mean(losses)), 2), **report}
            ),
            flush=True,
        )
        losses.clear()
        if score < best:
            best = score
            torch.save(shipped.state_dict(), work / "best.pt")
        validated = time.monotonic()
        torch.save(
            {
                "network": network.state_dict(), "shipped": shipped.state_dict(), "optimiser": optimiser.state_dict(),
                "step": step, "spent": spent + time.monotonic() - began, "best": best,
            },
            checkpoint,
        )  # fmt: skip
        if done >= 1:
            torch.save(shipped.state_dict(), work / "last.pt")
            return


if __name__ == "__main__":
    main()
