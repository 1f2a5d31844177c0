"""Features of the frozen front, computed once per clip and variation, and stored on disk."""

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
from training.violence.backbone import Front, Rest
from training.violence.clips import Clip, Variation, draw, sampled

PARTS = ("change", "motion", "deep")


@dataclass(frozen=True)
class Variant:
    """Features of all clips in one variation, concatenated; clip i is `starts[i]:starts[i + 1]`.

    The arrays are read at first use:
    change (frames, 32, 18, 24) float16, the frozen front on the signed change of brightness;
    motion (frames, 3, 36, 48) float16, flow in x and y and the absolute change of brightness;
    deep (frames, 2560) float16, output of the last layer of MobileNetV2 on the change.
    """

    folder: Path
    name: str
    starts: NDArray[np.int64]

    def part(self, part: str) -> NDArray[np.float16]:
        """Return one of `PARTS`."""
        return cast("NDArray[np.float16]", np.load(self.folder / f"{self.name}.{part}.npy", mmap_mode="r"))

    @cached_property
    def parts(self) -> dict[str, NDArray[np.float16]]:
        """Return all parts that exist."""
        return {part: self.part(part) for part in PARTS if (self.folder / f"{self.name}.{part}.npy").exists()}

    def clip(self, index: int, parts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return parts of each frame of one clip."""
        rows = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return [self.parts[part][rows].astype(np.float32) for part in parts]


class Sight(torch.nn.Module):
    """Computes feature maps of two pictures and the flow between them; also the first part of the exported graph."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.front, self.rest = Front(weights), Rest(weights)

    def forward(
        self, previous: torch.Tensor, current: torch.Tensor, flow: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return `change`, `motion` and `deep`, as in `Variant`, of (N, 144, 192) uint8 twice and (N, 2, 36, 48)."""
        difference = current.float().unsqueeze(1) - previous.float().unsqueeze(1)
        # Twice the difference around mid-grey uses the range that the backbone was trained on (-1 to 1).
        change = self.front((difference * (2 / 127.5)).clamp(-1, 1))
        energy = torch.nn.functional.avg_pool2d(difference.abs(), 4) / 16
        return change, torch.cat([flow, energy], dim=1), self.rest(change)


def front_session(weights: Path, file: Path) -> ort.InferenceSession:
    """Return the front as an ONNX Runtime session with one thread: several times as fast as torch on a CPU."""
    sight = Sight(weights).eval()
    pictures = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.uint8)
    names = ["previous", "current", "flow"]
    torch.onnx.export(
        sight,
        (pictures, pictures, torch.zeros(2, 2, HEIGHT // 4, WIDTH // 4)),
        file,
        input_names=names,
        output_names=list(PARTS),
        dynamic_axes={name: {0: "cameras"} for name in [*names, *PARTS]},
        dynamo=False,
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def front_inputs(
    frames: NDArray[np.uint8], times: NDArray[np.float64], field: MotionField
) -> dict[str, NDArray[np.uint8] | NDArray[np.float32]]:
    """Return the inputs of the graph for a clip; the first frame is its own predecessor, as in serving."""
    previous = np.concatenate([frames[:1], frames[:-1]])
    seconds = np.diff(times, prepend=times[0] - 0.125)
    flow = np.stack([field.between(a, b, float(s)) for a, b, s in zip(previous, frames, seconds, strict=True)])
    return {"previous": previous, "current": frames, "flow": flow}


def variation_of(clip: Clip, name: str) -> tuple[Variation, int]:
    """Return the variation of a clip in a variant: none in "plain", otherwise drawn from the names of both."""
    seed = zlib.crc32(f"{clip.path.name} {name}".encode())
    return (Variation() if name == "plain" else draw(np.random.default_rng(seed))), seed


def cached(
    clips: Sequence[Clip], name: str, folder: Path, session: ort.InferenceSession, fixed: Variation | None = None
) -> Variant:
    """Return the named variant, from `folder` if it exists. `fixed` replaces the random variation."""
    done = folder / f"{name}.starts.npy"
    if not done.exists():
        field = MotionField()
        rows: dict[str, list[NDArray[np.float16]]] = {part: [] for part in PARTS}
        lengths = []
        for clip in clips:
            variation, seed = variation_of(clip, name)
            frames, times = sampled(clip.path, fixed or variation, seed)
            results = session.run(list(PARTS), front_inputs(frames, times, field))
            for part, result in zip(PARTS, results, strict=True):
                rows[part].append(np.asarray(result).astype(np.float16))
            lengths.append(len(frames))
        for part, arrays in rows.items():
            np.save(folder / f"{name}.{part}.npy", np.concatenate(arrays))
        np.save(done, np.concatenate([[0], np.cumsum(lengths)]))  # last: its presence says "complete"
    return Variant(folder, name, np.load(done))
