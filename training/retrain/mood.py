"""Retraining of the mood classifier: perceptrons and support vectors on cached features."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from processors.models.comparison import Figures
from processors.models.drift import REFERENCE_FILE
from processors.models.inference import Model, open_folder
from processors.music.audio import AudioError, decode
from processors.music.features import VERSION
from processors.music.tagger import classifier_inputs
from training.music import both
from training.music.describe import transform_of
from training.music.export import export_classifier
from training.music.measure import CHOSEN_FAMILY, NUM_FOLDS, families, out_of_fold, temperature
from training.music.perceptrons import BATCH_SIZE
from training.music.train import MICROPHONE_RENDERING, SEED, SHIPPED_MEMBERS
from training.retrain.candidate import Contest, write_card
from training.retrain.feature_cache import FeatureCache, Report, Rows
from training.retrain.labels import LabelledItem, check_enough, read_items, split_items, write_test_table

RENDERINGS = (0, 1)
"""Renderings that are trained on: clean, and as a microphone records it."""

FOLD_MEMBERS = 2
"""Members of an ensemble that only sets the temperature."""

ALONE = "no other data: it was trained on these labels alone"

OVERHEARD = "test part, overheard"


class MoodFeatures:
    """Features of clips, from the cache where it has them."""

    def __init__(self, sound: Model, cache: Path, report: Report) -> None:
        self._sound = sound
        self._cache = cache
        self._report = report
        self._rows: dict[int, dict[str, Rows]] = {}

    def add(self, items: Sequence[LabelledItem], rendering: int) -> None:
        """Compute the features of those that the cache lacks, and report how many they are."""
        name = f"mood-{rendering}-{VERSION}-{self._sound.card.sha256[:12]}"
        what = "clips as they are" if rendering == 0 else f"clips as a microphone records them, {rendering}"
        rows, counts = FeatureCache(self._cache, name).rows(
            {item.digest: item.content for item in items},
            lambda content: self._compute(content, rendering),
            lambda text: self._report(f"{what}: {text}"),
        )
        self._rows.setdefault(rendering, {}).update(rows)
        self._report(f"{what}: {counts.new} new, {counts.cached} from the cache, {counts.unreadable} unreadable")

    def readable(self, items: Sequence[LabelledItem]) -> tuple[LabelledItem, ...]:
        """Return the items that have features."""
        return tuple(item for item in items if item.digest in self._rows.get(0, {}))

    def of(self, items: Sequence[LabelledItem], rendering: int = 0) -> Rows:
        """Return the rows of items, (n, columns)."""
        return np.stack([self._rows[rendering][item.digest] for item in items])

    def _compute(self, content: bytes, rendering: int) -> Rows | None:
        try:
            audio = decode(content)
        except AudioError:
            return None
        if rendering:
            seed = int.from_bytes(content[-4:], "big") + len(content)
            audio = transform_of(rendering)(audio, np.random.default_rng([SEED, rendering, seed]))
        return np.asarray(classifier_inputs(audio, self._sound)[0], np.float32)


def retrain(
    data: Path, base: Path | None, in_use: Mapping[str, Path], out: Path, cache: Path, report: Report
) -> Figures:
    """Train a candidate and write it to `out`; return its figures.

    Args:
        data: folder with mood.csv, as `pulso models labels mood` writes it.
        base: folder with a mood.csv of the first training; None to train on the labels alone.
        in_use: folders of the models in use: mood and sound.
        out: folder of the candidate.
        cache: folder of the features.
        report: receives lines of progress.

    Raises:
        LabelsError: there are too few labels.
    """
    torch.set_num_threads(1)
    current, sound = open_folder(in_use["mood"]), open_folder(in_use["sound"])
    labels: list[str] = list(current.card.settings["labels"])
    items = read_items(data, "mood", labels)
    own, other = split_items(items, read_items(base, "mood", labels) if base else [])
    check_enough(own, other, labels, BATCH_SIZE)
    features = MoodFeatures(sound, cache, report)
    train = (*own.train, *other.train)
    features.add((*train, *own.test, *other.test), 0)
    for rendering in RENDERINGS[1:]:
        features.add(train, rendering)
    features.add(own.test, MICROPHONE_RENDERING)
    train = features.readable(train)
    own = type(own)(features.readable(own.train), features.readable(own.test))
    other = type(other)(features.readable(other.train), features.readable(other.test))
    check_enough(own, other, labels, BATCH_SIZE)

    renderings = [features.of(train, rendering) for rendering in RENDERINGS]
    y = np.array([labels.index(item.label) for item in train])
    report(f"training on {len(train)} clips")
    model = both.fit(renderings, y, members=SHIPPED_MEMBERS, seed=SEED)
    model.temperature = _temperature(renderings, y, np.array([item.group for item in train]), report)
    out.mkdir(parents=True, exist_ok=True)
    export_classifier(model, out)
    if (histograms := current.folder / REFERENCE_FILE).exists():
        shutil.copy(histograms, out)
    card = current.card.model_copy(
        update={
            "settings": current.card.settings | {"temperature": model.temperature},
            "parameters": sum(values.numel() for values in model.state_dict().values()),
        }
    )
    write_card(out, card, {}, own, other, ALONE)
    candidate = open_folder(out)

    def contest(rendering: int) -> Contest:
        return Contest(
            labels,
            lambda some: _labels_of(candidate, features.of(some, rendering), labels),
            lambda some: _labels_of(current, features.of(some, rendering), labels),
        )

    figures = contest(0).all_figures(own, other)
    figures |= contest(MICROPHONE_RENDERING).figures(own.test, OVERHEARD)
    write_card(out, card, figures, own, other, ALONE)
    write_test_table(own, data, "mood")
    return figures


def _temperature(renderings: list[Rows], y: NDArray[np.int64], groups: NDArray[np.str_], report: Report) -> float:
    """Return the temperature by cross-validation of the training part; 1 where it is too small for folds."""
    if len(y) * (NUM_FOLDS - 1) / NUM_FOLDS < 1.2 * BATCH_SIZE or min(np.bincount(y)) < NUM_FOLDS:
        report("too few clips to calibrate: the temperature is 1")
        return 1.0
    report(f"calibration: {NUM_FOLDS} folds of the training part")
    family = families(FOLD_MEMBERS)[CHOSEN_FAMILY]
    (probabilities,), _ = out_of_fold(family, renderings, [renderings[0]], y, groups, SEED)
    return round(temperature(probabilities, y), 3)


def _labels_of(model: Model, rows: Rows, labels: Sequence[str]) -> list[str]:
    (probabilities,) = model.session.run(["probabilities"], {"rows": rows})
    return [labels[best] for best in probabilities.argmax(axis=1)]
