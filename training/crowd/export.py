"""Export the crowd model: `python -m training.crowd.export` writes models/crowd/model.onnx and its card.

The weights of several runs from the same initial weights are averaged (Wortsman et al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from processors.crowd.density import CrowdCounter
from processors.models.inference import ModelCard, open_model, sha256_of
from training.crowd.data import LabelledPhoto, read_photos, split_photos
from training.crowd.network import DensityNetwork
from training.crowd.train import WORK

LONGEST_SIDE = 1024
SCALES = [1.0, 0.7]
"""Scales whose density maps are averaged.

MAE on the held-out photographs: 106 (A) and 10.3 (B) with 1.0 alone, 91 and 12.3 with 0.75, 90 and 10.9 with 1.0 and
0.7. The second scale halves the bias of dense crowds at the first.
"""


class ExportedNetwork(nn.Module):
    """The network as exported, with named tensors."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """Return heads (N, H/8, W/8) of pictures (N, H, W, 3) uint8."""
        heads: Tensor = self.network(picture)
        return heads


def average_weights(files: Sequence[Path]) -> DensityNetwork:
    """Return a network whose weights are the mean of those in the files."""
    states = [torch.load(file, weights_only=True) for file in files]
    mean = {
        name: sum(state[name] for state in states) / len(states) if value.dtype.is_floating_point else value
        for name, value in states[0].items()
    }
    network = DensityNetwork()
    network.load_state_dict(mean)
    return network


def export(network: DensityNetwork, path: Path) -> int:
    """Write the graph; return the number of parameters."""
    network.eval()
    for sequence in [m for m in network.modules() if isinstance(m, nn.Sequential)]:
        for index in range(len(sequence) - 1):
            if isinstance(sequence[index], nn.Conv2d) and isinstance(sequence[index + 1], nn.BatchNorm2d):
                sequence[index] = fuse_conv_bn_eval(sequence[index], sequence[index + 1])
                sequence[index + 1] = nn.Identity()
    example = torch.zeros((1, 160, 192, 3), dtype=torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        ExportedNetwork(network), (example,), str(path), opset_version=17,
        input_names=["picture"], output_names=["heads"],
        dynamic_axes={"picture": {0: "n", 1: "height", 2: "width"}, "heads": {0: "n", 1: "rows", 2: "columns"}},
        dynamo=False,
    )  # fmt: skip
    return sum(p.numel() for p in network.parameters())


def measure(counter: CrowdCounter, items: list[LabelledPhoto]) -> dict[str, dict[str, float]]:
    """Return MAE and RMSE by data set."""
    errors: dict[str, list[float]] = {}
    for item in items:
        errors.setdefault(item.dataset, []).append(counter.count(item.picture) - len(item.heads))
    return {
        f"{dataset}, held out": {
            "images": float(len(values)),
            "mae": round(float(np.abs(values).mean()), 2),
            "rmse": round(float(np.sqrt(np.square(values).mean())), 2),
            "bias": round(float(np.mean(values)), 2),
        }
        for dataset, values in errors.items()
    }


def model_card(sha256: str, parameters: int, metrics: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the model card."""
    return {
        "name": "crowd",
        "version": "2.0",
        "date": date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        "task": "Heads in a picture. In: picture (n, height, width, 3) uint8 RGB, sides multiples of 16. Out: heads "
        "(n, height/8, width/8) float32, heads in each cell of 8 × 8 pixels; their sum is the count.",
        "sha256": sha256,
        "parameters": parameters,
        "data": [
            "ShanghaiTech A and B, train halves (Zhang et al., CVPR 2016; research), 700 photographs",
            "MobileNetV2 1.0 224 weights trained on ImageNet (Apache-2.0), blocks 1 to 13, fine-tuned",
        ],
        "split": "Every eighth photograph of a part, in a seeded order, was held out; the loss, the network that both "
        "runs began from and the scales were chosen on them, so these figures flatter a little. The official test "
        "halves were not seen.",
        "metrics": metrics,
        "settings": {"longest_side": LONGEST_SIDE, "scales": SCALES},
        "limits": [
            "Trained on street and stadium pictures by day, mostly of Shanghai: nights, rain, stage light and cameras "
            "that look straight down are not in the data.",
            "Above about 1,000 heads in a picture it tends to count too few; heads below about 4 pixels are not seen.",
            "It counts what looks like heads: mannequins and posters too. It knows no one and must not be used to.",
        ],
        "made_by": "python -m training.crowd (its README says how these weights differ)",
        "licence": "Apache-2.0 (weights); trained on ShanghaiTech (research use), see NOTICE",
    }


def main() -> None:
    """Export, check and measure the model, and write its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--weights", type=Path, nargs="+", default=[WORK / "last.pt"], help="averaged if several")
    arguments = parser.parse_args()
    folder = arguments.models / "crowd"
    parameters = export(average_weights(arguments.weights), folder / "model.onnx")
    sha256 = sha256_of(folder / "model.onnx")
    held_out = [
        x
        for f in sorted(p.parent for p in arguments.data.glob("*/heads.json"))
        for x in split_photos(read_photos(f))[1]
    ]

    def write(metrics: dict[str, dict[str, float]]) -> None:
        card = ModelCard.model_validate(model_card(sha256, parameters, metrics)).model_dump()
        text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=115)
        (folder / "card.yaml").write_text(text, encoding="utf-8")

    write({})
    metrics = measure(CrowdCounter(open_model("crowd", folder=arguments.models)), held_out)
    write(metrics)
    print(yaml.safe_dump(metrics))


if __name__ == "__main__":
    main()
