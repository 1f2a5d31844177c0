"""What the frozen front sees of each clip, computed once and kept on disk: a variant is one pass over all clips."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from processors.vision.violence_motion import HEIGHT, WIDTH, MotionField
from training.violence.backbone import Front
from training.violence.clips import Clip, Variation, draw, sampled

PARTS = ("change", "motion")


@dataclass(frozen=True, slots=True)
class Variant:
    """All clips in one variation, frames of all clips in one row of arrays; clip i is `starts[i]:starts[i + 1]`.

    Attributes:
        change: (frames, 32, 18, 24) float16, the frozen front on the signed change of brightness.
        motion: (frames, 3, 36, 48) float16, flow in x and y and the absolute change of brightness.
    """

    starts: NDArray[np.int64]
    change: NDArray[np.float16]
    motion: NDArray[np.float16]


class Sight(torch.nn.Module):
    """Two pictures and the flow between them to maps; the same module opens the shipped graph."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.front = Front(weights)

    def forward(
        self, previous: torch.Tensor, current: torch.Tensor, flow: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 144, 192) uint8 twice and (N, 2, 36, 48) to `change` and `motion`, as in `Variant`."""
        difference = current.float().unsqueeze(1) - previous.float().unsqueeze(1)
        # Twice the difference around mid-grey fills the range that the backbone knows (its input is -1 to 1).
        change = self.front((difference * (2 / 127.5)).clamp(-1, 1).expand(-1, 3, -1, -1))
        energy = torch.nn.functional.avg_pool2d(difference.abs(), 4) / 16
        return change, torch.cat([flow, energy], dim=1)


def front_session(weights: Path, file: Path) -> ort.InferenceSession:
    """The front as an onnxruntime session with one thread: several times as fast as torch on a CPU."""
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
    """What the graph is given for a clip; the first frame is its own predecessor, as in serving."""
    previous = np.concatenate([frames[:1], frames[:-1]])
    seconds = np.diff(times, prepend=times[0] - 0.125)
    flow = np.stack([field.between(a, b, float(s)) for a, b, s in zip(previous, frames, seconds, strict=True)])
    return {"previous": previous, "current": frames, "flow": flow}


def variation_of(clip: Clip, name: str) -> tuple[Variation, int]:
    """The variation a clip has in a variant: none in "plain", else drawn from the names of both."""
    seed = zlib.crc32(f"{clip.path.name} {name}".encode())
    return (Variation() if name == "plain" else draw(np.random.default_rng(seed))), seed


def cached(
    clips: Sequence[Clip], name: str, folder: Path, session: ort.InferenceSession, fixed: Variation | None = None
) -> Variant:
    """The named variant, from `folder` if it was computed before. `fixed` puts one variation in place of the draw."""
    parts = {part: folder / f"{name}.{part}.npy" for part in ("starts", *PARTS)}
    if not parts["starts"].exists():
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
            np.save(parts[part], np.concatenate(arrays))
        np.save(parts["starts"], np.concatenate([[0], np.cumsum(lengths)]))  # last: its presence says "complete"
    return Variant(np.load(parts["starts"]), *(np.load(parts[part], mmap_mode="r") for part in PARTS))
