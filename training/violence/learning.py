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

from training.violence.features import FeatureSet
from training.violence.network import HIDDEN_UNITS, DeepHead, Head

WARM_UP_STEPS = 6  # steps, 0.75 s, that the loss leaves out at the start of a clip


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Hyperparameters of one training run.

    Attributes:
        epochs: number of epochs of `CLIPS_PER_EPOCH` clips each.
        batch_size: clips per optimizer step.
        learning_rate: maximum learning rate of new layers.
        pretrained_learning_rate: maximum learning rate of pretrained layers.
        weight_decay: weight decay of new layers.
        surveillance_share: share of surveillance clips among the sampled clips.
        ema_decay: decay of the exponential moving average of the weights, which is returned; 0 returns the last ones.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    pretrained_learning_rate: float
    weight_decay: float
    surveillance_share: float = 0.4
    ema_decay: float = 0.0


SPATIAL_HYPERPARAMETERS = Hyperparameters(
    epochs=8, batch_size=8, learning_rate=2e-3, pretrained_learning_rate=6e-4, weight_decay=0.02
)
DEEP_HYPERPARAMETERS = Hyperparameters(
    epochs=10, batch_size=32, learning_rate=1e-3, pretrained_learning_rate=0.0, weight_decay=0.1, ema_decay=0.98
)
CLIPS_PER_EPOCH = 640


def _load_sequence(
    feature_set: FeatureSet, clip: int, names: Sequence[str], rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    arrays = feature_set.of_clip(clip, names)
    if rng.random() < 0.5:
        return [_MIRROR_BY_FEATURE[name](array) for name, array in zip(names, arrays, strict=True)]
    return arrays


_MIRROR_BY_FEATURE: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "change": lambda maps: maps[..., ::-1],
    "motion": lambda maps: maps[..., ::-1] * np.array([-1, 1, 1], np.float32)[:, None, None],
    "deep": lambda rows: rows,
}


def train(
    head: Head,
    hyperparameters: Hyperparameters,
    feature_sets: Sequence[FeatureSet],
    labels: NDArray[np.bool_],
    surveillance: NDArray[np.bool_],
    training_clips: NDArray[np.int64],
    *,
    seed: int,
) -> Head:
    """Train a head on the training clips; half of the clips of each data set are fights.

    A sequence is two clips, of which the second may have the other label, so that the recurrent state learns to reset.
    """
    torch.manual_seed(seed)
    # Denormal activations are a hundred times as slow on a CPU; flushing them makes training four times as fast.
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(seed)
    # Channels last is nearly twice as fast for depthwise convolutions on a CPU.
    head = head.to(memory_format=torch.channels_last).train()
    if isinstance(head, DeepHead):
        rows = [feature_sets[0].of_clip(int(clip), head.feature_names)[0][::4] for clip in training_clips]
        head.fit_normalisation(torch.from_numpy(np.concatenate(rows)))
    pretrained = head.pretrained_parameters()
    new_parameters = [parameter for parameter in head.parameters() if parameter not in pretrained]
    parameter_groups: list[dict[str, Any]] = [{"params": new_parameters, "weight_decay": hyperparameters.weight_decay}]
    if pretrained:
        parameter_groups.append({"params": list(pretrained), "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(parameter_groups)
    batch_size = hyperparameters.batch_size
    steps = hyperparameters.epochs * CLIPS_PER_EPOCH // batch_size
    learning_rates = [hyperparameters.learning_rate, hyperparameters.pretrained_learning_rate][: len(parameter_groups)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rates, total_steps=steps, pct_start=0.15)
    ema_head = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(hyperparameters.ema_decay))
    sampling_weights = np.zeros(len(labels))
    for is_surveillance, dataset_share in (
        (True, hyperparameters.surveillance_share),
        (False, 1 - hyperparameters.surveillance_share),
    ):
        for label in (True, False):
            stratum = training_clips[
                (surveillance[training_clips] == is_surveillance) & (labels[training_clips] == label)
            ]
            if len(stratum):
                sampling_weights[stratum] = dataset_share / 2 / len(stratum)
    sampling_weights /= sampling_weights.sum()
    epoch_loss, epoch_steps = 0.0, 0
    for step in range(steps):
        batch_clips = rng.choice(len(labels), batch_size, p=sampling_weights)
        num_sequences = batch_size // 2
        sequences = [
            _load_sequence(feature_sets[rng.integers(len(feature_sets))], int(c), head.feature_names, rng)
            for c in batch_clips
        ]
        rows = embed_sequences(head, sequences)
        # Sequence i is clip i, then clip num_sequences + i; a shorter clip keeps its last state, since lengths differ.
        hidden = torch.zeros(num_sequences, HIDDEN_UNITS)
        loss, num_losses = torch.zeros(()), 0
        for half in range(2):
            half_rows = rows[half * num_sequences : (half + 1) * num_sequences]
            half_clips = batch_clips[half * num_sequences : (half + 1) * num_sequences]
            targets = torch.tensor(labels[half_clips], dtype=torch.float32) * 0.94 + 0.03  # label smoothing
            lengths = torch.tensor([len(row) for row in half_rows])
            for t in range(int(lengths.max())):
                active = lengths > t
                step_rows = torch.stack([row[min(t, len(row) - 1)] for row in half_rows])
                logit, new_hidden = head.step(step_rows, hidden)
                hidden = torch.where(active[:, None], new_hidden, hidden)
                if t >= WARM_UP_STEPS and active.any():
                    losses = functional.binary_cross_entropy_with_logits(logit, targets, reduction="none")
                    loss = loss + (losses * active).sum()
                    num_losses += int(active.sum())
        loss = loss / max(num_losses, 1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(head.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        ema_head.update_parameters(head)
        epoch_loss, epoch_steps = epoch_loss + float(loss.detach()), epoch_steps + 1
        if (step + 1) % (CLIPS_PER_EPOCH // batch_size) == 0:
            print(
                f"  epoch {(step + 1) * batch_size // CLIPS_PER_EPOCH}: loss {epoch_loss / epoch_steps:.3f}", flush=True
            )
            epoch_loss, epoch_steps = 0.0, 0
    return cast(Head, ema_head.module).eval()


def embed_sequences(head: Head, sequences: Sequence[Sequence[NDArray[np.float32]]]) -> list[torch.Tensor]:
    """Compute the rows of all steps of several sequences in one call; return one (time, columns) tensor each."""
    stacked = [torch.from_numpy(np.ascontiguousarray(np.concatenate(parts))) for parts in zip(*sequences, strict=True)]
    stacked = [part.contiguous(memory_format=torch.channels_last) if part.ndim == 4 else part for part in stacked]
    return list(head.embed(*stacked).split([len(parts[0]) for parts in sequences]))


@torch.no_grad()
def predict_logits(
    head: Head, feature_set: FeatureSet, clips: NDArray[np.int64], *, carry_state: bool = False
) -> list[NDArray[np.float32]]:
    """Return the logit of every step of every clip; `carry_state` starts from the state of the clip before."""
    results = []
    hidden = torch.zeros(1, HIDDEN_UNITS)
    for clip in clips:
        parts = [torch.from_numpy(part) for part in feature_set.of_clip(int(clip), head.feature_names)]
        if not carry_state:
            hidden = torch.zeros(1, HIDDEN_UNITS)
        values = []
        for row in head.embed(*parts):
            logit, hidden = head.step(row[None], hidden)
            values.append(float(logit))
        results.append(np.array(values, np.float32))
    return results
