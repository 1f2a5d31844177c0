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
from training.crowd.data import LabelledPhoto, empty_crop, random_crop, read_photos, split_photos
from training.crowd.loss import bayesian_loss
from training.crowd.network import DensityNetwork

WORK = Path(__file__).parent / "work"
CROP_SIDE = 256
BATCH_SIZE = 8
NUM_FROZEN_BLOCKS = 3
"""Blocks of the backbone that are frozen, with its stem: edge filters need no crowds, and a step is twice as fast."""
BAYESIAN_LOSS_WEIGHT = 0.03
"""Weight of the Bayesian loss relative to the block loss: it localises heads, and MAE is an absolute error, too."""
EMA_DECAY = 0.999
"""Decay of the exponential moving average (EMA) of the weights, which is exported."""


def sample_batch(photos: list[LabelledPhoto], rng: np.random.Generator) -> tuple[Tensor, list[Tensor]]:
    """Return crops of both data sets in equal shares, and occasionally one without people."""
    pictures, heads = [], []
    datasets = sorted({item.dataset for item in photos})
    for _ in range(BATCH_SIZE):
        if rng.random() < 0.03:
            pictures.append(empty_crop(CROP_SIDE, rng))
            heads.append(torch.zeros(0, 2))
            continue
        dataset = datasets[int(rng.integers(len(datasets)))]
        candidates = [item for item in photos if item.dataset == dataset]
        picture, points = random_crop(candidates[int(rng.integers(len(candidates)))], CROP_SIDE, rng)
        pictures.append(picture)
        heads.append(torch.from_numpy(points))
    return torch.from_numpy(np.stack(pictures)), heads


def make_optimizer(network: DensityNetwork) -> torch.optim.Optimizer:
    """Return an optimizer with two groups: the backbone, whose early blocks are frozen, and the new layers."""
    for module in (network.backbone.stem, *network.backbone.blocks[:NUM_FROZEN_BLOCKS]):
        module.requires_grad_(False)
    # Batch norm is folded into the backbone, so its activations are not normalised: a low learning rate.
    backbone_parameters = [p for p in network.backbone.parameters() if p.requires_grad]
    new_parameters = [p for name, p in network.named_parameters() if not name.startswith("backbone")]
    groups = [{"params": backbone_parameters, "peak": 8e-5}, {"params": new_parameters, "peak": 6e-4}]
    return torch.optim.AdamW(groups, lr=1e-4, weight_decay=1e-4)


def training_loss(network: nn.Module, pictures: Tensor, heads: list[Tensor]) -> Tensor:
    """Return the loss of a batch, in float32: bfloat16 gradients of dilated convolutions were occasionally NaN."""
    density = network(pictures)
    return block_loss(density, heads) + BAYESIAN_LOSS_WEIGHT * bayesian_loss(density, heads, CROP_SIDE)


@torch.no_grad()
def validation_errors(network: nn.Module, items: list[LabelledPhoto]) -> dict[str, float]:
    """Return MAE and bias of each data set, on whole pictures."""
    network.eval()
    errors_by_dataset: dict[str, list[float]] = {}
    for item in items:
        padded = torch.from_numpy(pad_to_multiple(item.picture, 16))[None]
        errors_by_dataset.setdefault(item.dataset, []).append(float(network(padded).sum()) - len(item.heads))
    report: dict[str, float] = {}
    for dataset, values in errors_by_dataset.items():
        report[f"{dataset} mae"] = round(float(np.mean(np.abs(values))), 2)
        report[f"{dataset} bias"] = round(float(np.mean(values)), 2)
    return report


def update_ema(ema_network: nn.Module, network: nn.Module, decay: float) -> None:
    """Update the exponential moving average of the weights."""
    with torch.no_grad():
        for mean, current in zip(ema_network.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(current, 1 - decay)
            else:
                mean.copy_(current)


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

    training_photos: list[LabelledPhoto] = []
    validation_photos: list[LabelledPhoto] = []
    for folder in sorted(path.parent for path in arguments.data.glob("*/heads.json")):
        training, validation = split_photos(read_photos(folder))
        training_photos += training
        validation_photos += validation
    print(f"{len(training_photos)} photographs to train, {len(validation_photos)} held out", flush=True)

    network = DensityNetwork()
    if arguments.begin is None:
        network.backbone.load_pretrained(arguments.weights)
    else:
        network.load_state_dict(torch.load(arguments.begin, weights_only=True))
    network = network.to(memory_format=torch.channels_last)
    ema_network = copy.deepcopy(network)
    optimizer = make_optimizer(network)
    step, earlier_seconds, best = 0, 0.0, math.inf
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        ema_network.load_state_dict(state["shipped"])
        optimizer.load_state_dict(state["optimiser"])
        step, earlier_seconds, best = state["step"], state["spent"], state["best"]
        print(f"resumed at step {step}, {earlier_seconds / 60:.1f} min", flush=True)

    rng = np.random.default_rng([arguments.seed, step])
    start, last_validation, losses = time.monotonic(), time.monotonic(), []
    budget_seconds = arguments.minutes * 60
    while True:
        elapsed = earlier_seconds + time.monotonic() - start
        progress = min(1.0, elapsed / budget_seconds)
        schedule_factor = min(1.0, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * schedule_factor
        # Statistics of the earlier stage are fixed, so that a crop's count does not depend on its batch.
        network.train(arguments.begin is None)
        pictures, heads = sample_batch(training_photos, rng)
        loss = training_loss(network, pictures, heads)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 100.0, error_if_nonfinite=True)
        optimizer.step()
        step += 1
        update_ema(ema_network, network, min(EMA_DECAY, (1 + step) / (10 + step)))
        losses.append(float(loss.detach()))
        if time.monotonic() - last_validation < arguments.validate_every * 60 and progress < 1:
            continue
        report = validation_errors(ema_network, validation_photos)
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
            torch.save(ema_network.state_dict(), work / "best.pt")
        last_validation = time.monotonic()
        torch.save(
            {
                "network": network.state_dict(), "shipped": ema_network.state_dict(),
                "optimiser": optimizer.state_dict(),
                "step": step, "spent": earlier_seconds + time.monotonic() - start, "best": best,
            },
            checkpoint,
        )  # fmt: skip
        if progress >= 1:
            torch.save(ema_network.state_dict(), work / "last.pt")
            return


if __name__ == "__main__":
    main()
