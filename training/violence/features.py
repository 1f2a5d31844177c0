"""Features of the frozen layers, computed once per clip and augmentation, and stored on disk."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from processors.violence.motion import HEIGHT, WIDTH, MotionField
from training.violence.backbone import EarlyBlocks, LateBlocks
from training.violence.clips import Augmentation, Clip, random_augmentation, sample_frames

FEATURE_NAMES = ("change", "motion", "deep")


@dataclass(frozen=True)
class FeatureSet:
    """Features of all clips under one augmentation, concatenated; clip i is `starts[i]:starts[i + 1]`.

    The arrays are read at first use:
    change (frames, 32, 18, 24) float16, output of the frozen early blocks for the signed change of brightness;
    motion (frames, 3, 36, 48) float16, flow in x and y and the absolute change of brightness;
    deep (frames, 2560) float16, output of the last layer of MobileNetV2 for the change.
    """

    folder: Path
    name: str
    starts: NDArray[np.int64]

    def load(self, name: str) -> NDArray[np.float16]:
        """Return one of `FEATURE_NAMES`."""
        return cast("NDArray[np.float16]", np.load(self.folder / f"{self.name}.{name}.npy", mmap_mode="r"))

    @cached_property
    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """Return the stored features by name."""
        return {name: self.load(name) for name in FEATURE_NAMES if (self.folder / f"{self.name}.{name}.npy").exists()}

    def of_clip(self, index: int, names: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return the named features of each frame of one clip."""
        rows = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return [self.arrays[name][rows].astype(np.float32) for name in names]


class FeatureExtractor(torch.nn.Module):
    """Feature extractor for two pictures and the flow between them; also the first part of the exported graph."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.front, self.rest = EarlyBlocks(weights), LateBlocks(weights)

    def forward(
        self, previous: torch.Tensor, current: torch.Tensor, flow: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return `change`, `motion` and `deep`, as in `FeatureSet`, of (N, 144, 192) uint8 twice and (N, 2, 36, 48)."""
        difference = current.float().unsqueeze(1) - previous.float().unsqueeze(1)
        # Twice the difference around mid-grey uses the range that the backbone was trained on (-1 to 1).
        change = self.front((difference * (2 / 127.5)).clamp(-1, 1))
        energy = torch.nn.functional.avg_pool2d(difference.abs(), 4) / 16
        return change, torch.cat([flow, energy], dim=1), self.rest(change)


def extractor_session(weights: Path, file: Path) -> ort.InferenceSession:
    """Return the extractor as an ONNX Runtime session with one thread: several times as fast as torch on a CPU."""
    extractor = FeatureExtractor(weights).eval()
    pictures = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.uint8)
    names = ["previous", "current", "flow"]
    torch.onnx.export(
        extractor,
        (pictures, pictures, torch.zeros(2, 2, HEIGHT // 4, WIDTH // 4)),
        file,
        input_names=names,
        output_names=list(FEATURE_NAMES),
        dynamic_axes={name: {0: "cameras"} for name in [*names, *FEATURE_NAMES]},
        dynamo=False,
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def extractor_inputs(
    frames: NDArray[np.uint8], times: NDArray[np.float64], motion_field: MotionField
) -> dict[str, NDArray[np.uint8] | NDArray[np.float32]]:
    """Return the inputs of the graph for a clip; the first frame is its own predecessor, as in serving."""
    previous = np.concatenate([frames[:1], frames[:-1]])
    seconds = np.diff(times, prepend=times[0] - 0.125)
    flow = np.stack([motion_field.between(a, b, float(s)) for a, b, s in zip(previous, frames, seconds, strict=True)])
    return {"previous": previous, "current": frames, "flow": flow}


def augmentation_of(clip: Clip, name: str) -> tuple[Augmentation, int]:
    """Return augmentation and seed of a clip in a feature set: none in "plain", otherwise seeded by both names."""
    seed = zlib.crc32(f"{clip.path.name} {name}".encode())
    return (Augmentation() if name == "plain" else random_augmentation(np.random.default_rng(seed))), seed


def cached_features(
    clips: Sequence[Clip],
    name: str,
    folder: Path,
    session: ort.InferenceSession,
    augmentation: Augmentation | None = None,
) -> FeatureSet:
    """Return the named feature set, from `folder` if it exists; `augmentation` replaces the random one."""
    starts_file = folder / f"{name}.starts.npy"
    if not starts_file.exists():
        motion_field = MotionField()
        chunks_by_feature: dict[str, list[NDArray[np.float16]]] = {feature: [] for feature in FEATURE_NAMES}
        lengths = []
        for clip in clips:
            drawn, seed = augmentation_of(clip, name)
            frames, times = sample_frames(clip.path, augmentation or drawn, seed)
            results = session.run(list(FEATURE_NAMES), extractor_inputs(frames, times, motion_field))
            for feature, result in zip(FEATURE_NAMES, results, strict=True):
                chunks_by_feature[feature].append(np.asarray(result).astype(np.float16))
            lengths.append(len(frames))
        for feature, chunks in chunks_by_feature.items():
            np.save(folder / f"{name}.{feature}.npy", np.concatenate(chunks))
        # Written last, so that its presence marks a complete set.
        np.save(starts_file, np.concatenate([[0], np.cumsum(lengths)]))
    return FeatureSet(folder, name, np.load(starts_file))
