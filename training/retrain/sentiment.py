"""Retraining of the sentiment classifier: logistic regressions that start from those of the model in use.

Each regression minimises ½ |w − w₀|² + C Σ log(1 + exp(−y (w·x + b))): maximum a posteriori with a Gaussian prior
around the weights w₀ in use, so that words which no new label has keep their weights. Needs no data of the first
training.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from processors.models.comparison import Figures
from processors.models.inference import Model, open_folder
from processors.social.post_words import word_ngrams
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses
from training.retrain.candidate import Contest, write_card
from training.retrain.feature_cache import FeatureCache, Report
from training.retrain.labels import LabelledItem, check_enough, read_items, split_items, write_test_table
from training.sentiment.train import INVERSE_REGULARISATION_NGRAMS, INVERSE_REGULARISATION_VECTORS, VECTOR_SHARE

MIN_ITEMS = 30
"""Labels to train on: fewer can't be compared, and change nothing."""

REFERENCE = "reference.csv"
"""Texts of our own beside the shipped model, which no venue's labels change."""

STRENGTHS = (0.03, 0.1, 0.3, 1.0)
"""Weights of a label beside a post of the first training, among which the training part chooses."""

FOLDS = 3

ALONE = "no other data: it starts from the weights of the model before it"

Weights = NDArray[np.float64]
Matrix: TypeAlias = csr_matrix | NDArray[np.float64]


class SentimentFeatures:
    """Sentence vectors of texts, from the cache where it has them, and their n-grams."""

    def __init__(self, model: Model, encoder: Encoder, cache: Path, report: Report) -> None:
        self._encoder = encoder
        self._report = report
        self._pieces = CharNgramTfidf.for_model(model, encoder)
        self._words = CharNgramTfidf.for_model(model, encoder, name="words", ngrams=word_ngrams)
        self._cache = FeatureCache(cache, f"sentences-{encoder.model.card.sha256[:12]}")
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def add(self, items: Sequence[LabelledItem]) -> None:
        """Compute the vectors that the cache lacks, and report how many they are."""
        rows, counts = self._cache.rows(
            {item.digest: item.content for item in items},
            lambda content: self._encoder.encode([without_addresses(content.decode())]).vectors[0],
            lambda text: self._report(f"sentence vectors: {text}"),
        )
        self._vectors |= rows
        self._report(f"sentence vectors: {counts.new} new, {counts.cached} from the cache")

    def of(self, items: Sequence[LabelledItem]) -> dict[str, NDArray[np.float32]]:
        """Return the inputs of the model for items."""
        texts = [without_addresses(item.content.decode()) for item in items]
        return {
            "vectors": np.stack([self._vectors[item.digest] for item in items]),
            "pieces": self._pieces.transform(texts),
            "words": self._words.transform(texts),
        }


def retrain(
    data: Path,
    base: Path | None,
    in_use: Mapping[str, Path],
    out: Path,
    cache: Path,
    report: Report,
    reference: Path | None = None,
) -> Figures:
    """Train a candidate and write it to `out`; return its figures.

    Args:
        data: folder with sentiment.csv, as `pulso models labels sentiment` writes it.
        base: folder with a further sentiment.csv.
        in_use: folders of the models in use: sentiment and encoder.
        out: folder of the candidate.
        cache: folder of the vectors.
        report: receives lines of progress.
        reference: folder with `reference.csv`, for the figures on texts of no venue.

    Raises:
        LabelsError: there are too few labels.
    """
    current, encoder = open_folder(in_use["sentiment"]), Encoder(open_folder(in_use["encoder"]))
    labels: list[str] = list(current.card.settings["sentiments"])
    own, other = split_items(
        read_items(data, "sentiment", labels), read_items(base, "sentiment", labels) if base else []
    )
    check_enough(own, other, labels, MIN_ITEMS)
    judges = read_reference(reference, labels)
    features = SentimentFeatures(current, encoder, cache, report)
    train = (*own.train, *other.train)
    features.add((*train, *own.test, *other.test, *judges))
    graph = onnx.load(current.folder / "model.onnx")
    before = Regressions.of_graph(graph)
    inputs, truth = features.of(train), np.array([item.label for item in train])
    strength = choose_strength(before, inputs, truth, [item.group for item in train], labels)
    report(f"training on {len(train)} texts; weight of a label, by cross-validation of these: {strength:g}")
    before.fitted(inputs, truth, labels, strength).write(graph)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("pieces.json", "words.json"):
        shutil.copy(current.folder / name, out)
    onnx.save(graph, out / "model.onnx")
    write_card(out, current.card, {}, own, other, ALONE)
    candidate = open_folder(out)
    contest = Contest(
        labels,
        lambda some: _labels_of(candidate, features.of(some), labels),
        lambda some: _labels_of(current, features.of(some), labels),
    )
    figures = contest.all_figures(own, other, judges)
    write_card(out, current.card, figures, own, other, ALONE)
    write_test_table(own, data, "sentiment")
    return figures


def read_reference(folder: Path | None, labels: Sequence[str]) -> list[LabelledItem]:
    """Read the texts of our own; none where the folder has none."""
    if folder is None or not (folder / REFERENCE).exists():
        return []
    with (folder / REFERENCE).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sentiment"] in labels]
    return [LabelledItem(row["text"].encode(), row["sentiment"], row["text"], row) for row in rows]


@dataclass(frozen=True, slots=True)
class Regressions:
    """Weights of both regressions: over sentence vectors, and over n-grams, pieces before words.

    Attributes:
        vectors: (dimensions + 1, labels) weights, then biases.
        ngrams: (pieces + words + 1, labels).
        pieces: number of pieces.
    """

    vectors: Weights
    ngrams: Weights
    pieces: int

    @classmethod
    def of_graph(cls, graph: onnx.ModelProto) -> Regressions:
        """Read them from a graph of `training.sentiment.train`."""
        values = {one.name: numpy_helper.to_array(one).astype(np.float64) for one in graph.graph.initializer}
        return cls(
            np.vstack([values["of_vectors"], values["bias_of_vectors"]]),
            np.vstack([values["of_pieces"], values["of_words"], values["bias_of_ngrams"]]),
            len(values["of_pieces"]),
        )

    def write(self, graph: onnx.ModelProto) -> None:
        """Write them into a graph of the same shape."""
        values = {
            "of_vectors": self.vectors[:-1],
            "bias_of_vectors": self.vectors[-1],
            "of_pieces": self.ngrams[: self.pieces],
            "of_words": self.ngrams[self.pieces : -1],
            "bias_of_ngrams": self.ngrams[-1],
        }
        for one in graph.graph.initializer:
            if one.name in values:
                content = np.ascontiguousarray(values[one.name], np.float32)
                one.CopyFrom(numpy_helper.from_array(content, one.name))

    def fitted(
        self, inputs: Mapping[str, NDArray[np.float32]], truth: NDArray[np.str_], labels: Sequence[str], strength: float
    ) -> Regressions:
        """Return the regressions near these that fit the labels; every label weighs the same in sum."""
        counts = Counter(truth.tolist())
        importance = strength * np.array([len(truth) / (len(counts) * counts[label]) for label in truth.tolist()])

        def fit(x: Matrix, start: Weights, inverse_regularisation: float) -> Weights:
            columns = [
                nearest_regression(
                    x, np.where(truth == label, 1.0, -1.0), start[:, column], inverse_regularisation * importance
                )
                for column, label in enumerate(labels)
            ]
            return np.stack(columns, axis=1)

        return Regressions(
            fit(inputs["vectors"].astype(np.float64), self.vectors, INVERSE_REGULARISATION_VECTORS),
            fit(_ngrams(inputs), self.ngrams, INVERSE_REGULARISATION_NGRAMS),
            self.pieces,
        )

    def predict(self, inputs: Mapping[str, NDArray[np.float32]], labels: Sequence[str]) -> list[str]:
        """Return the most probable label of each text, as the graph does."""
        logarithms = VECTOR_SHARE * _log_chances(inputs["vectors"].astype(np.float64), self.vectors)
        logarithms = logarithms + (1 - VECTOR_SHARE) * _log_chances(_ngrams(inputs), self.ngrams)
        return [labels[column] for column in logarithms.argmax(axis=1)]


def choose_strength(
    before: Regressions,
    inputs: Mapping[str, NDArray[np.float32]],
    truth: NDArray[np.str_],
    groups: Sequence[str],
    labels: Sequence[str],
) -> float:
    """Return the weight of a label with the best macro-F1 in cross-validation of the training part by groups.

    Of two that are equal the smaller one, which changes less.
    """
    folds = min(FOLDS, len(set(groups)))
    if folds < 2:
        return STRENGTHS[0]
    scores = {}
    for strength in STRENGTHS:
        predicted = np.empty(len(truth), object)
        for train, test in GroupKFold(folds).split(truth, truth, groups):
            fitted = before.fitted({name: x[train] for name, x in inputs.items()}, truth[train], labels, strength)
            predicted[test] = fitted.predict({name: x[test] for name, x in inputs.items()}, labels)
        scores[strength] = round(float(f1_score(truth, predicted.tolist(), average="macro", zero_division=0)), 3)
    return max(STRENGTHS, key=lambda strength: (scores[strength], -strength))


def nearest_regression(x: Matrix, y: Weights, start: Weights, strength: Weights) -> Weights:
    """Return weights and bias of the logistic regression with a Gaussian prior around `start`.

    Args:
        x: (n, features).
        y: (n,) 1 or −1.
        start: (features + 1,) weights and bias of the prior.
        strength: (n,) C of each text, as in scikit-learn.
    """

    def loss(point: Weights) -> tuple[float, Weights]:
        margin = y * (np.asarray(x @ point[:-1]).ravel() + point[-1])
        slope = -strength * y / (1 + np.exp(np.clip(margin, -500, 500)))
        away = point - start
        gradient = away + np.append(np.asarray(x.T @ slope).ravel(), slope.sum())
        return float(0.5 * away @ away + strength @ np.logaddexp(0, -margin)), gradient

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


def _ngrams(inputs: Mapping[str, NDArray[np.float32]]) -> csr_matrix:
    return csr_matrix(hstack([csr_matrix(inputs["pieces"]), csr_matrix(inputs["words"])]))


def _log_chances(x: Matrix, weights: Weights) -> Weights:
    chances = 1 / (1 + np.exp(-(np.asarray(x @ weights[:-1]) + weights[-1])))
    return np.asarray(np.log(chances / chances.sum(axis=1, keepdims=True)))


def _labels_of(model: Model, inputs: Mapping[str, NDArray[np.float32]], labels: Sequence[str]) -> list[str]:
    (chances,) = model.session.run(["chances"], dict(inputs))
    return [labels[best] for best in chances.argmax(axis=1)]
