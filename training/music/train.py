"""Train mood and genre: `python -m training.music.describe`, then `python -m training.music.train`.

Measures families of classifiers with all clips of an artist in one fold, then ships the chosen one, fitted on all.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from processors.inference import Card, sha256_of
from processors.music.features import NAMES, VERSION
from processors.music.tagger import joined
from training.music.describe import WORK
from training.music.yamnet import YamNet

SEED = 1
CHOSEN = "support vectors + logistic"
SOURCES = {
    "mood": "4Q / MER (Panda et al., IEEE TAFFC 2018; research use), 651 fragments",
    "genre": "Emotify (Aljanaki et al., 2016; research use), 297 fragments",
}
EMBEDDING = "YAMNet weights trained on AudioSet (TensorFlow model garden, Apache-2.0), without the classifier, frozen"


def logistic() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=3000))


def support_vectors() -> Pipeline:
    # 200 components keep the file small; measured equal to all 2,198 columns.
    return make_pipeline(StandardScaler(), PCA(200, random_state=SEED), SVC(C=2, probability=True, random_state=SEED))


def families() -> dict[str, Any]:
    """What was compared."""
    return {
        "extra trees": ExtraTreesClassifier(400, min_samples_leaf=2, random_state=SEED),
        "logistic": logistic(),
        "support vectors": support_vectors(),
        CHOSEN: VotingClassifier(
            [("vectors", support_vectors()), ("logistic", logistic())], voting="soft", flatten_transform=False
        ),
    }


def measure(model: Any, x: NDArray[Any], y: NDArray[Any], groups: NDArray[Any], seed: int) -> dict[str, float]:
    """Accuracy and macro-F1 over five folds, all predictions together."""
    predicted = np.empty_like(y)
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(x, y, groups):
        predicted[test] = model.fit(x[train], y[train]).predict(x[test])
    return {
        "accuracy": round(float(accuracy_score(y, predicted)), 4),
        "macro_f1": round(float(f1_score(y, predicted, average="macro")), 4),
    }


def halve(path: Path) -> None:
    """Store large weights as float16; the graph casts them back, once, when it is loaded."""
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weights in list(graph.initializer):
        values = numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.size < 1024:
            continue
        name = weights.name
        graph.initializer.remove(weights)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name} half"))
        casts.append(helper.make_node("Cast", [f"{name} half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.save(model, path)


def ship_embedding(folder: Path, weights: Path) -> None:
    """models/sound: log-mel patches → embeddings."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    network = YamNet(weights).eval()
    torch.onnx.export(
        network, (torch.zeros(2, 1, 96, 64),), str(path), input_names=["patches"], output_names=["embeddings"],
        dynamic_axes={"patches": {0: "n"}, "embeddings": {0: "n"}}, opset_version=17, dynamo=False,
    )  # fmt: skip
    halve(path)
    write_card(
        folder,
        name="sound",
        task="What a patch of sound is like. In: patches (n, 1, 96, 64) float32 log-mel. Out: embeddings (n, 1024).",
        parameters=sum(p.numel() for p in network.parameters()),
        data=[EMBEDDING, "AudioSet (Gemmeke et al., ICASSP 2017), by its authors; nothing of it was used by us"],
        split="none: not trained here",
        metrics={},
        settings={},
        limits=["Its classes are everyday sounds; on its own it says nothing of mood or genre."],
        licence="Apache-2.0, see NOTICE",
    )


def write_card(folder: Path, **fields: Any) -> None:
    """models/NAME/card.yaml for the model.onnx beside it."""
    given = Card(
        version="1.0",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        sha256=sha256_of(folder / "model.onnx"),
        made_by="python -m training.music.describe && python -m training.music.train",
        **fields,
    )
    text = yaml.safe_dump(given.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def ship(kind: str, folder: Path, model: Any, x: NDArray[Any], y: NDArray[Any], held_out: dict[str, float]) -> None:
    """models/KIND: the classifier fitted on all clips."""
    folder.mkdir(parents=True, exist_ok=True)
    model.fit(x, y)
    graph = to_onnx(
        model, x[:1].astype(np.float32), options={id(model): {"zipmap": False}}, target_opset={"": 17, "ai.onnx.ml": 3}
    )
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    grouped = "All fragments of an artist in one fold" if kind == "mood" else "The data name no artists: by fragment"
    write_card(
        folder,
        name=kind,
        task=f"{kind.capitalize()} of a fragment of music. In: (n, {x.shape[1]}) float32: {len(NAMES)} librosa "
        "features, then square roots of the mean and of the spread of its sound embeddings. Out: probabilities.",
        parameters=int(sum(np.prod(w.dims) for w in graph.graph.initializer) or x.shape[1] * len(set(y))),
        data=[SOURCES[kind], EMBEDDING],
        split=f"Five-fold cross-validation. {grouped}. The family was chosen on the same folds, from four. The shipped "
        "classifier is fitted on all fragments.",
        metrics={"cross-validation": held_out},
        settings={"labels": sorted(set(y.tolist())), "features": VERSION},
        limits=[
            "Learnt from studio recordings: what a microphone hears beside a crowd is not in the data.",
            "Sad and relax are the pair most often confused."
            if kind == "mood"
            else "Four genres only: anything else is called the nearest of them.",
            "Says how music is usually felt, never what anyone feels.",
        ],
        licence="Apache-2.0 (weights); trained on data for research use, see NOTICE",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yamnet_audioset.safetensors"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    ship_embedding(arguments.models / "sound", arguments.weights)
    for kind in ("mood", "genre"):
        table = np.load(WORK / f"{kind}.npz")
        if str(table["version"]) != VERSION:
            sys.exit(f"work/{kind}.npz has other features: run `python -m training.music.describe`")
        x = joined(table["heard"], table["means"], table["spreads"])
        y, groups = table["labels"], table["groups"]
        for name, model in families().items():
            figures = measure(model, x, y, groups, SEED)
            print(kind, name, figures, flush=True)
            if name == CHOSEN:
                chosen, held_out = model, figures
        ship(kind, arguments.models / kind, chosen, x, y, held_out)


if __name__ == "__main__":
    main()
