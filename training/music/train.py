"""Train mood and genre: `python -m training.music.train`, after `python -m training.music.describe`.

Compares families of classifiers by cross-validation grouped by artist, then exports the chosen one, fitted on all
clips. `--quick` exports without comparing, with the metrics of the last comparison.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from processors.models.inference import Model, open_model
from processors.music.features import NAMES, VERSION
from processors.music.tagger import COLUMNS
from training.music import both
from training.music.describe import KINDS, WORK, path_of
from training.music.export import (
    ClassifierWithMusicProbability,
    export_classifier,
    num_parameters,
    write_card,
)
from training.music.manifest import read_manifest, version_of
from training.music.measure import (
    CHOSEN_FAMILY,
    calibrated_out_of_fold,
    classification_metrics,
    families,
    nested_selection,
    out_of_fold,
    temperature,
)

SEED = 1
SHIPPED_MEMBERS = 5
MEMBERS_TO_COMPARE = 3
"""Number of ensemble members during the comparison, to save time; two more change little."""
MICROPHONE_RENDERING = 2
"""Rendering on which held-out clips are scored in addition to the clean ones."""
REPORTED_METRICS = ("accuracy", "macro_f1", "calibration_error", "log_loss")
SOURCES = {
    "mood": "4Q / MER (Panda et al., IEEE TAFFC 2018; copyrighted previews, research use), 651 fragments",
    "genre": "Emotify (Aljanaki et al., 2016; research use), 297 fragments",
}
EMBEDDING_SOURCE = "embeddings of models/sound (YAMNet, AudioSet; TensorFlow model garden, Apache-2.0), frozen"

REPORTED_NAMES = {
    "cross-validation": "calibrated",
    "cross-validation, overheard": "calibrated, overheard",
    "cross-validation, family chosen on the other folds": "family chosen on the other folds",
}
TURKISH_TABLE_LIMITS = (
    "Learnt nothing from the Turkish Music Emotion table: its MIRToolbox features can't be had live. What that table "
    "gives, and what librosa's nearest equivalents lose, is in training/music/README.md.",
)
MUSIC_LIMIT = 0.03
"""Limit of the music probability; noise and synthetic crowds stay below 0.012."""

Rows = NDArray[np.float32]


def load_renderings(kind: str, sound: Model) -> tuple[list[Rows], NDArray[np.int64], NDArray[Any], list[str]]:
    """Return renderings (first the clean clips, last `MICROPHONE_RENDERING`), classes, groups and labels."""
    first = path_of(kind, 0, sound)
    if not first.exists():
        sys.exit(f"{first} is missing: run `python -m training.music.describe`")
    numbers = [*(number for number in range(1, 20) if number != MICROPHONE_RENDERING), MICROPHONE_RENDERING]
    paths = [first, *(path for number in numbers if (path := path_of(kind, number, sound)).exists())]
    tables = [np.load(path) for path in paths]
    labels, y = np.unique(tables[0]["y"], return_inverse=True)
    renderings, groups = [table["x"] for table in tables], tables[0]["groups"]
    return renderings, y, groups, labels.tolist()


def compare(
    kind: str,
    renderings: list[Rows],
    y: NDArray[np.int64],
    groups: NDArray[Any],
    labels: list[str],
    splits: int,
    *,
    chosen_only: bool = False,
) -> dict[str, Any]:
    """Return mean metrics over the splits, of held-out clips and of the same clips as a microphone records them."""
    metrics_by_name: dict[str, list[dict[str, float]]] = {}
    temperatures = []
    for seed in range(1, splits + 1):
        candidates = []
        for name, family in families(MEMBERS_TO_COMPARE).items():
            if chosen_only and name != CHOSEN_FAMILY:
                continue
            (clean, microphone), folds = out_of_fold(
                family, renderings, [renderings[0], renderings[-1]], y, groups, seed
            )
            candidates.append(clean)
            add_metrics(metrics_by_name, name, clean, y, labels)
            add_metrics(metrics_by_name, f"{name}, overheard", microphone, y, labels)
            if name == CHOSEN_FAMILY:
                temperatures.append(temperature(clean, y))
                add_metrics(metrics_by_name, "calibrated", calibrated_out_of_fold(clean, y, folds), y, labels)
                add_metrics(
                    metrics_by_name, "calibrated, overheard", calibrated_out_of_fold(microphone, y, folds), y, labels
                )
            print(
                kind,
                seed,
                name,
                metrics_by_name[name][-1],
                metrics_by_name[f"{name}, overheard"][-1]["accuracy"],
                flush=True,
            )
        if not chosen_only:
            add_metrics(
                metrics_by_name, "family chosen on the other folds", nested_selection(candidates, y, folds), y, labels
            )
    means = {
        name: {figure: round(float(np.mean([row[figure] for row in rows])), 4) for figure in REPORTED_METRICS}
        | {
            f"{figure}_spread": round(float(np.std([row[figure] for row in rows])), 4)
            for figure in REPORTED_METRICS[:2]
        }
        for name, rows in metrics_by_name.items()
    }
    return {"splits": splits, "temperature": round(float(np.mean(temperatures)), 3), "figures": means}


def add_metrics(
    metrics_by_name: dict[str, list[dict[str, float]]],
    name: str,
    probabilities: NDArray[np.float64],
    y: NDArray[Any],
    labels: list[str],
) -> None:
    """Add the metrics of one seed."""
    metrics = classification_metrics(probabilities, y, labels)
    metrics_by_name.setdefault(name, []).append({figure: round(metrics[figure], 4) for figure in REPORTED_METRICS})


def write_model(kind: str, folder: Path, weights: Path, sound: Model, compared: dict[str, Any]) -> None:
    """Write models/KIND: the chosen family fitted on all clips and renderings."""
    renderings, y, _, labels = load_renderings(kind, sound)
    model = both.fit(renderings, y, members=SHIPPED_MEMBERS, seed=SEED)
    model.temperature = compared["temperature"]
    settings: dict[str, Any] = {
        "labels": labels,
        "features": VERSION,
        "sound": sound.card.sha256[:12],
        "temperature": model.temperature,
    }
    if clips := read_manifest(path_of(kind, 0, sound).with_suffix(".json")):
        settings["data_version"] = version_of(clips)
    module: torch.nn.Module = model
    music_metrics = {}
    if kind == "genre":
        module = ClassifierWithMusicProbability(model, weights)
        settings["music_limit"] = MUSIC_LIMIT
        music_metrics = {
            "music taken for none": {
                f"{name}, {rendering_name}": round(
                    float(np.mean(music_probabilities(module, tables[rendering]) < MUSIC_LIMIT)), 4
                )
                for name, tables in {name: load_renderings(name, sound)[0] for name in KINDS}.items()
                for rendering_name, rendering in (("as it is", 0), ("overheard", -1))
            }
        }
    export_classifier(module, folder)
    grouping = (
        "all fragments of an artist in one fold"
        if kind == "mood"
        else "by fragment, since the data name no artists, so figures may be too good"
    )
    metrics = {
        card_name: compared["figures"][name]
        for card_name, name in REPORTED_NAMES.items()
        if name in compared["figures"]
    }
    if (robustness_file := WORK / f"robustness-{kind}.json").exists():
        metrics |= {f"robustness, {name}": row for name, row in json.loads(robustness_file.read_text()).items()}
    write_card(
        folder,
        name=kind,
        version="1.3",
        task=f"{kind.capitalize()} of a fragment of music. In: rows (n, {COLUMNS}) float32: {len(NAMES)} librosa "
        "features, then square roots of the mean and of the spread of its sound embeddings. Out: probabilities "
        f"(n, {len(labels)})" + (", and music (n,): how much it sounds like music." if kind == "genre" else "."),
        parameters=num_parameters(module),
        data=[SOURCES[kind], EMBEDDING_SOURCE],
        split=f"Five-fold cross-validation, {grouping}; draws of the folds: {compared['splits']}. Families were "
        "compared on the same folds (training/music/README.md), so the best of them is a little flattered. "
        "'Overheard' are the same held-out clips with crowd noise, hall, equaliser and overload. 'Robustness' is of a "
        "representative third of them, one condition at a time, and that third clean: no clip was learnt under these "
        "very conditions, but some of like kind, made by the same code. The shipped classifier is fitted on all "
        "fragments.",
        metrics=metrics | music_metrics,
        settings=settings,
        limits=[
            "Learnt from studio recordings and from synthetic crowd noise, not from stage microphones.",
            "Sad and relax are the pair most often confused."
            if kind == "mood"
            else f"{len(labels)} genres only: anything else is called the nearest of them.",
            "Says how music is usually felt, never what anyone feels.",
            *(TURKISH_TABLE_LIMITS if kind == "mood" else ()),
        ],
        licence="Apache-2.0 (weights); trained on data for research use, see NOTICE",
        made_by="python -m training.music.describe && python -m training.music.robustness && "
        "python -m training.music.train",
    )


def music_probabilities(module: ClassifierWithMusicProbability, x: Rows) -> NDArray[np.float32]:
    """Return the probability of music of each row."""
    with torch.no_grad():
        return np.asarray(module.music_probability(torch.from_numpy(x)).numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yamnet_audioset.safetensors"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--quick", action="store_true", help="ship with the figures of the last comparison")
    parser.add_argument("--chosen-only", action="store_true", help="measure the chosen family alone")
    parser.add_argument("--splits", type=int, default=3, help="times that the folds are drawn anew")
    parser.add_argument("--kind", choices=KINDS, help="both if left out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sound = open_model("sound")
    for kind in (arguments.kind,) if arguments.kind else KINDS:
        last = WORK / f"compared-{kind}.json"
        if not arguments.quick:
            renderings, y, groups, labels = load_renderings(kind, sound)
            if len(renderings) < 2:
                sys.exit(f"{kind}: a rendering is needed: run `python -m training.music.describe`")
            found = compare(kind, renderings, y, groups, labels, arguments.splits, chosen_only=arguments.chosen_only)
            last.write_text(json.dumps(found, indent=1), encoding="utf-8")
        compared = json.loads(last.read_text()) if last.exists() else {"splits": 0, "temperature": 1.0, "figures": {}}
        write_model(kind, arguments.models / kind, arguments.weights, sound, compared)


if __name__ == "__main__":
    main()
