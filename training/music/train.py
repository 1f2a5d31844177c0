"""Train mood and genre: `python -m training.music.train`, after `python -m training.music.describe`.

Compares families of classifiers with all clips of an artist in one fold, then ships the chosen one, fitted on all
clips. `--quick` ships without comparing and keeps the figures of the last card.
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
from training.music.export import WithMusic, count, export_classifier, write_card
from training.music.manifest import read_manifest, version_of
from training.music.measure import (
    CHOSEN,
    calibrated_out_of_fold,
    chosen_elsewhere,
    families,
    fragment_features,
    out_of_fold,
    temperature,
)

SEED = 1
MEMBERS = 5
MEASURED = 3
"""Members while comparing, to save time; two more change little."""
OVERHEARD = 2
"""Rendering that held-out clips are scored on, beside the clean ones."""
SHOWN = ("accuracy", "macro_f1", "calibration_error", "log_loss")
SOURCES = {
    "mood": "4Q / MER (Panda et al., IEEE TAFFC 2018; copyrighted previews, research use), 651 fragments",
    "genre": "Emotify (Aljanaki et al., 2016; research use), 297 fragments",
}
EMBEDDING_SIZE = "embeddings of models/sound (YAMNet, AudioSet; TensorFlow model garden, Apache-2.0), frozen"

REPORTED = {
    "cross-validation": "calibrated",
    "cross-validation, overheard": "calibrated, overheard",
    "cross-validation, family chosen on the other folds": "family chosen on the other folds",
}
TURKISH = (
    "Learnt nothing from the Turkish Music Emotion table: its MIRToolbox features can't be had live. What that table "
    "gives, and what librosa's nearest equivalents lose, is in training/music/README.md.",
)
MUSIC_LIMIT = 0.03
"""Limit of the music probability; noise and synthetic crowds stay below 0.012."""

Rows = NDArray[np.float32]


def load(kind: str, sound: Model) -> tuple[list[Rows], NDArray[np.int64], NDArray[Any], list[str]]:
    """Renderings (the first of the clips as they are, the last `OVERHEARD`), classes, groups, labels."""
    first = path_of(kind, 0, sound)
    if not first.exists():
        sys.exit(f"{first} is missing: run `python -m training.music.describe`")
    numbers = [*(number for number in range(1, 20) if number != OVERHEARD), OVERHEARD]
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
    """Mean figures over the splits, of held-out clips as they are and of the same ones as a microphone hears them."""
    found: dict[str, list[dict[str, float]]] = {}
    temperatures = []
    for seed in range(1, splits + 1):
        candidates = []
        for name, family in families(MEASURED).items():
            if chosen_only and name != CHOSEN:
                continue
            (clean, far), folds = out_of_fold(family, renderings, [renderings[0], renderings[-1]], y, groups, seed)
            candidates.append(clean)
            note(found, name, clean, y, labels)
            note(found, f"{name}, overheard", far, y, labels)
            if name == CHOSEN:
                temperatures.append(temperature(clean, y))
                note(found, "calibrated", calibrated_out_of_fold(clean, y, folds), y, labels)
                note(found, "calibrated, overheard", calibrated_out_of_fold(far, y, folds), y, labels)
            print(kind, seed, name, found[name][-1], found[f"{name}, overheard"][-1]["accuracy"], flush=True)
        if not chosen_only:
            note(found, "family chosen on the other folds", chosen_elsewhere(candidates, y, folds), y, labels)
    means = {
        name: {figure: round(float(np.mean([row[figure] for row in rows])), 4) for figure in SHOWN}
        | {f"{figure}_spread": round(float(np.std([row[figure] for row in rows])), 4) for figure in SHOWN[:2]}
        for name, rows in found.items()
    }
    return {"splits": splits, "temperature": round(float(np.mean(temperatures)), 3), "figures": means}


def note(
    found: dict[str, list[dict[str, float]]], name: str, given: NDArray[np.float64], y: NDArray[Any], labels: list[str]
) -> None:
    """Add the figures of one seed."""
    whole = fragment_features(given, y, labels)
    found.setdefault(name, []).append({figure: round(whole[figure], 4) for figure in SHOWN})


def ship(kind: str, folder: Path, weights: Path, sound: Model, compared: dict[str, Any]) -> None:
    """Write models/KIND: the chosen family fitted on all clips and renderings."""
    renderings, y, _, labels = load(kind, sound)
    model = both.fit(renderings, y, members=MEMBERS, seed=SEED)
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
    missed = {}
    if kind == "genre":
        module = WithMusic(model, weights)
        settings["music_limit"] = MUSIC_LIMIT
        missed = {
            "music taken for none": {
                f"{name}, {how}": round(float(np.mean(music_of(module, tables[at]) < MUSIC_LIMIT)), 4)
                for name, tables in {name: load(name, sound)[0] for name in KINDS}.items()
                for how, at in (("as it is", 0), ("overheard", -1))
            }
        }
    export_classifier(module, folder)
    grouped = (
        "all fragments of an artist in one fold"
        if kind == "mood"
        else "by fragment, since the data name no artists, so figures may be too good"
    )
    metrics = {
        card_name: compared["figures"][name] for card_name, name in REPORTED.items() if name in compared["figures"]
    }
    if (robust := WORK / f"robustness-{kind}.json").exists():
        metrics |= {f"robustness, {name}": row for name, row in json.loads(robust.read_text()).items()}
    write_card(
        folder,
        name=kind,
        version="1.3",
        task=f"{kind.capitalize()} of a fragment of music. In: rows (n, {COLUMNS}) float32: {len(NAMES)} librosa "
        "features, then square roots of the mean and of the spread of its sound embeddings. Out: probabilities "
        f"(n, {len(labels)})" + (", and music (n,): how much it sounds like music." if kind == "genre" else "."),
        parameters=count(module),
        data=[SOURCES[kind], EMBEDDING_SIZE],
        split=f"Five-fold cross-validation, {grouped}; draws of the folds: {compared['splits']}. Families were "
        "compared on the same folds (training/music/README.md), so the best of them is a little flattered. "
        "'Overheard' are the same held-out clips with crowd noise, hall, equaliser and overload. 'Robustness' is of a "
        "representative third of them, one condition at a time, and that third clean: no clip was learnt under these "
        "very conditions, but some of like kind, made by the same code. The shipped classifier is fitted on all "
        "fragments.",
        metrics=metrics | missed,
        settings=settings,
        limits=[
            "Learnt from studio recordings and from synthetic crowd noise, not from stage microphones.",
            "Sad and relax are the pair most often confused."
            if kind == "mood"
            else f"{len(labels)} genres only: anything else is called the nearest of them.",
            "Says how music is usually felt, never what anyone feels.",
            *(TURKISH if kind == "mood" else ()),
        ],
        licence="Apache-2.0 (weights); trained on data for research use, see NOTICE",
        made_by="python -m training.music.describe && python -m training.music.robustness && "
        "python -m training.music.train",
    )


def music_of(module: WithMusic, x: Rows) -> NDArray[np.float32]:
    """Return the probability of music of each row."""
    with torch.no_grad():
        return np.asarray(module.music(torch.from_numpy(x)).numpy())


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
            renderings, y, groups, labels = load(kind, sound)
            if len(renderings) < 2:
                sys.exit(f"{kind}: a rendering is needed: run `python -m training.music.describe`")
            found = compare(kind, renderings, y, groups, labels, arguments.splits, chosen_only=arguments.chosen_only)
            last.write_text(json.dumps(found, indent=1), encoding="utf-8")
        compared = json.loads(last.read_text()) if last.exists() else {"splits": 0, "temperature": 1.0, "figures": {}}
        ship(kind, arguments.models / kind, arguments.weights, sound, compared)


if __name__ == "__main__":
    main()
