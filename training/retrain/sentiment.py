"""Retraining of the sentiment classifier: logistic regressions that start from those of the model in use.

Each regression minimises ½ |w − w₀|² + C Σ log(1 + exp(−y (w·x + b))): maximum a posteriori with a Gaussian prior around
the weights w₀ in use, so that words which no new label has keep their weights. Needs no data of the first training.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

from processors.models.comparison import Figures
from processors.models.inference import Model, open_folder
from processors.social.post_words import word_ngrams
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses
from training.retrain.candidate import Contest, write_card
from training.retrain.feature_cache import FeatureCache, Report
from training.retrain.labels import LabelledItem, check_enough, read_items, split_items, write_test_table
from training.sentiment.train import INVERSE_REGULARISATION_NGRAMS, INVERSE_REGULARISATION_VECTORS

MIN_ITEMS = 30
"""Labels to train on: fewer can't be compared, and change nothing."""

REFERENCE = "reference.csv"
"""Texts of our own beside the shipped model, which no venue's labels change."""

Weights = NDArray[np.float64]
Matrix = csr_matrix | NDArray[np.float64]


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
    report(f"training on {len(train)} texts")
    truth = np.array([item.label for item in train])
    graph = onnx.load(current.folder / "model.onnx")
    update_graph(graph, features.of(train), truth, labels)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("pieces.json", "words.json"):
        shutil.copy(current.folder / name, out)
    onnx.save(graph, out / "model.onnx")
    write_card(out, current.card, {}, own, other)
    candidate = open_folder(out)
    contest = Contest(
        labels,
        lambda some: _labels_of(candidate, features.of(some), labels),
        lambda some: _labels_of(current, features.of(some), labels),
    )
    figures = contest.all_figures(own, other, judges)
    write_card(out, current.card, figures, own, other)
    write_test_table(own, data, "sentiment")
    return figures


def read_reference(folder: Path | None, labels: Sequence[str]) -> list[LabelledItem]:
    """Read the texts of our own; none where the folder has none."""
    if folder is None or not (folder / REFERENCE).exists():
        return []
    import csv

    with (folder / REFERENCE).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sentiment"] in labels]
    return [LabelledItem(row["text"].encode(), row["sentiment"], row["text"], row) for row in rows]


def update_graph(
    graph: onnx.ModelProto, inputs: Mapping[str, NDArray[np.float32]], truth: NDArray[np.str_], labels: Sequence[str]
) -> None:
    """Replace the weights of both regressions in the graph by weights near them that fit the labels better."""
    initializers = {one.name: one for one in graph.graph.initializer}
    values = {name: numpy_helper.to_array(one).astype(np.float64) for name, one in initializers.items()}
    pieces = len(values["of_pieces"])
    sparse = csr_matrix(hstack([csr_matrix(inputs["pieces"]), csr_matrix(inputs["words"])]))
    parts: list[tuple[str, Matrix, Weights, float]] = [
        ("vectors", inputs["vectors"].astype(np.float64), values["of_vectors"], INVERSE_REGULARISATION_VECTORS),
        ("ngrams", sparse, np.vstack([values["of_pieces"], values["of_words"]]), INVERSE_REGULARISATION_NGRAMS),
    ]
    for name, x, weights, strength in parts:
        bias = values[f"bias_of_{name}"]
        for column, label in enumerate(labels):
            start = np.append(weights[:, column], bias[column])
            found = nearest_regression(x, np.where(truth == label, 1.0, -1.0), start, strength)
            weights[:, column], bias[column] = found[:-1], found[-1]
        changed = (
            {"of_vectors": weights} if name == "vectors" else
            {"of_pieces": weights[:pieces], "of_words": weights[pieces:]}
        ) | {f"bias_of_{name}": bias}  # fmt: skip
        for key, value in changed.items():
            initializers[key].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), key))


def nearest_regression(x: Matrix, y: Weights, start: Weights, strength: float) -> Weights:
    """Return weights and bias of the logistic regression with a Gaussian prior around `start`.

    Args:
        x: (n, features).
        y: (n,) 1 or −1.
        start: (features + 1,) weights and bias of the prior.
        strength: C, as in scikit-learn.
    """

    def loss(point: Weights) -> tuple[float, Weights]:
        margin = y * (np.asarray(x @ point[:-1]).ravel() + point[-1])
        slope = -strength * y / (1 + np.exp(np.clip(margin, -500, 500)))
        away = point - start
        gradient = away + np.append(np.asarray(x.T @ slope).ravel(), slope.sum())
        return float(0.5 * away @ away + strength * np.logaddexp(0, -margin).sum()), gradient

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


def _labels_of(model: Model, inputs: Mapping[str, NDArray[np.float32]], labels: Sequence[str]) -> list[str]:
    (chances,) = model.session.run(["chances"], dict(inputs))
    return [labels[best] for best in chances.argmax(axis=1)]
