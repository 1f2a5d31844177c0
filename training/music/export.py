"""ONNX graphs and cards of the music models; `python -m training.music.export` makes models/sound."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file
from torch import Tensor, nn

from processors.models.inference import ModelCard, sha256_of
from processors.music.features import NAMES
from processors.music.tagger import COLUMNS, EMBEDDING_SIZE
from training.music.yamnet import YamNet

MUSIC_CLASS_INDEX = 132
"""Index of the AudioSet class, in YAMNet's order."""


class ClassifierWithMusicProbability(nn.Module):
    """Classifier with a second output, the probability that the fragment is music: YAMNet's own logistic unit.

    Its input is the mean embedding, whose root is among the columns, so the output is the sigmoid of the mean logit.
    """

    def __init__(self, classifier: nn.Module, weights: Path) -> None:
        super().__init__()
        self.classifier = classifier
        yamnet = load_file(weights)
        self.register_buffer("unit", yamnet["classifier.weight"][MUSIC_CLASS_INDEX].float())
        self.register_buffer("bias", yamnet["classifier.bias"][MUSIC_CLASS_INDEX].float())

    def music_probability(self, rows: Tensor) -> Tensor:
        """Return the probability of music (n,), 0 to 1."""
        mean = rows[:, len(NAMES) : len(NAMES) + EMBEDDING_SIZE] ** 2
        return torch.sigmoid(mean @ self.unit + self.bias)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return self.classifier(rows), self.music_probability(rows)


def export(module: nn.Module, path: Path, example: Tensor, inputs: str, outputs: list[str]) -> None:
    """Write the graph with a free first dimension and large weights as float16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        module.eval(), (example,), str(path), input_names=[inputs], output_names=outputs,
        dynamic_axes={name: {0: "n"} for name in (inputs, *outputs)}, opset_version=17, dynamo=False,
    )  # fmt: skip
    store_weights_as_float16(path)


def export_classifier(module: nn.Module, folder: Path) -> None:
    """Write models/mood or models/genre."""
    outputs = ["probabilities", "music"] if isinstance(module, ClassifierWithMusicProbability) else ["probabilities"]
    export(module, folder / "model.onnx", torch.rand(2, COLUMNS), "rows", outputs)


def export_embedding(folder: Path, weights: Path) -> None:
    """Write models/sound: log-mel patches to embeddings."""
    network = YamNet(weights)
    export(network, folder / "model.onnx", torch.zeros(2, 1, 96, 64), "patches", ["embeddings"])
    embedding = (
        "YAMNet weights trained on AudioSet (TensorFlow model garden, Apache-2.0), without the classifier, frozen"
    )
    write_card(
        folder,
        name="sound",
        version="1.0",
        task="What a patch of sound is like. In: patches (n, 1, 96, 64) float32 log-mel. Out: embeddings (n, 1024).",
        parameters=num_parameters(network),
        data=[embedding, "AudioSet (Gemmeke et al., ICASSP 2017), by its authors; nothing of it was used by us"],
        split="none: not trained here",
        metrics={},
        settings={},
        limits=["Its classes are everyday sounds; on its own it says nothing of mood or genre."],
        licence="Apache-2.0, see NOTICE",
        made_by="python -m training.music.export",
    )


def store_weights_as_float16(path: Path) -> None:
    """Store large weights as float16; the graph casts them back, once, when it is loaded."""
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weights in list(graph.initializer):
        values: NDArray[Any] = numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.size < 4096:
            continue
        name = weights.name
        graph.initializer.remove(weights)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name} half"))
        casts.append(helper.make_node("Cast", [f"{name} half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.save(model, path)


def num_parameters(module: nn.Module) -> int:
    """Return the number of parameters; those of support vectors are buffers."""
    return sum(values.numel() for values in module.state_dict().values())


def write_card(folder: Path, **fields: Any) -> None:
    """Write models/NAME/card.yaml for the model.onnx beside it."""
    card = ModelCard(
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        sha256=sha256_of(folder / "model.onnx"),
        **({"made_by": "python -m training.music.train"} | fields),
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yamnet_audioset.safetensors"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    export_embedding(arguments.models / "sound", arguments.weights)


if __name__ == "__main__":
    main()
