"""Train the sentiment classifier: `python -m training.sentiment.train` writes models/sentiment (graph, n-grams, card).

Two logistic regressions, one sentiment against the others: over the vector of the encoder, and over TF-IDF of words,
pairs of words and character n-grams; their chances are multiplied. It takes some minutes, and is needed after every new
encoder.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from processors.models.inference import ModelCard, sha256_of
from processors.social.post_words import word_ngrams
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses

NAMES = ("negative", "neutral", "positive")
LABELS = {"N": "negative", "NEU": "neutral", "NONE": "neutral", "P": "positive"}
HELD_OUT_SHARE = 0.2
"""Share of each set that is held out: the latest posts if the set has times."""

INVERSE_REGULARISATION_VECTORS, INVERSE_REGULARISATION_NGRAMS, VECTOR_SHARE = 10.0, 1.0, 0.4
"""Inverse regularisation strength of the regression over vectors (set by hand) and of that over n-grams, and exponent
of the former's chances in their product; the last two by cross-validation over four blocks of the training parts."""

MIN_TEXTS_OF_PIECE, MIN_TEXTS_OF_WORDS = 8, 2
"""Minimum number of texts with a character n-gram, and with a word or a pair of words."""


@dataclass(frozen=True, slots=True)
class Post:
    """A text and its sentiment."""

    text: str
    sentiment: str


def read_sets(folder: Path) -> dict[str, tuple[list[Post], list[Post]]]:
    """Return training and held-out posts by set."""
    time_formats = {
        "airline_es_sentiment_train": "%a %b %d %H:%M:%S %z %Y",
        "airline_us_sentiment": "%m/%d/%Y %H:%M",
        "tass_es_sentiment_train": None,
    }
    splits = {}
    for name, time_format in time_formats.items():
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["text"].strip()]
        if time_format is None:
            order = np.random.default_rng(1).permutation(len(rows))
            rows = [rows[i] for i in order]
        else:
            rows.sort(key=lambda row: datetime.strptime(row["created"], time_format).timestamp())  # noqa: DTZ007
        posts = [Post(without_addresses(r["text"]), LABELS.get(r["sentiment"], r["sentiment"])) for r in rows]
        num_training = round(len(posts) * (1 - HELD_OUT_SHARE))
        training_texts = {post.text for post in posts[:num_training]}
        splits[name] = (
            posts[:num_training],
            [post for post in posts[num_training:] if post.text not in training_texts],
        )
    return splits


@dataclass(frozen=True, slots=True)
class Features:
    """Features of posts: vector of the encoder, character n-grams, words and pairs of words."""

    encoder: Encoder
    pieces: dict[str, float]
    words: dict[str, float]

    @classmethod
    def fit(cls, encoder: Encoder, posts: list[Post]) -> Features:
        """Return the features with the n-grams of training posts."""
        texts = [post.text for post in posts]
        return cls(
            encoder,
            CharNgramTfidf.fit_weights(texts, min_texts=MIN_TEXTS_OF_PIECE),
            CharNgramTfidf.fit_weights(texts, min_texts=MIN_TEXTS_OF_WORDS, ngrams=word_ngrams),
        )

    def of(self, posts: list[Post]) -> tuple[NDArray[np.float32], csr_matrix]:
        """Return the vectors of n posts, (n, dimensions), and their n-grams, (n, pieces + words)."""
        pieces, words = CharNgramTfidf(self.pieces), CharNgramTfidf(self.words, ngrams=word_ngrams)
        vectors, ngrams = [], []
        for start in range(0, len(posts), 200):
            texts = [post.text for post in posts[start : start + 200]]
            vectors.append(self.encoder.encode(texts).vectors)
            ngrams.append(hstack([csr_matrix(pieces.transform(texts)), csr_matrix(words.transform(texts))]))
        return np.concatenate(vectors), csr_matrix(vstack(ngrams))


@dataclass(frozen=True, slots=True)
class Regression:
    """One sentiment against the others: weights (features, 3) and bias (3,), in the order of `NAMES`."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float32] | csr_matrix,
        labels: NDArray[np.str_],
        importance: NDArray[np.float64],
        inverse_regularisation: float,
    ) -> Regression:
        """Fit three logistic regressions."""
        fits = [
            LogisticRegression(C=inverse_regularisation, solver="liblinear", tol=1e-3, random_state=1).fit(
                features, labels == name, sample_weight=importance
            )
            for name in NAMES
        ]
        return cls(
            np.vstack([each.coef_[0] for each in fits]).T.astype(np.float32),
            np.array([each.intercept_[0] for each in fits], np.float32),
        )

    def log_chances(self, features: NDArray[np.float32] | csr_matrix) -> NDArray[np.float32]:
        """Return the logarithms of the chances (n, 3)."""
        chances = 1 / (1 + np.exp(-np.asarray(features @ self.weights + self.bias)))
        logarithms: NDArray[np.float32] = np.log(chances / chances.sum(axis=1, keepdims=True))
        return logarithms


@dataclass(frozen=True, slots=True)
class Classifier:
    """Regression over vectors and regression over n-grams."""

    of_vectors: Regression
    of_ngrams: Regression

    @classmethod
    def fit(cls, vectors: NDArray[np.float32], ngrams: csr_matrix, sets: list[list[Post]]) -> Classifier:
        """Fit both regressions to the posts of training sets."""
        labels, importance = np.array([post.sentiment for posts in sets for post in posts]), balanced_weights(sets)
        return cls(
            Regression.fit(vectors, labels, importance, INVERSE_REGULARISATION_VECTORS),
            Regression.fit(ngrams, labels, importance, INVERSE_REGULARISATION_NGRAMS),
        )

    def predict(self, vectors: NDArray[np.float32], ngrams: csr_matrix) -> list[str]:
        """Return the most probable sentiment of each row."""
        logarithms = VECTOR_SHARE * self.of_vectors.log_chances(vectors)
        logarithms = logarithms + (1 - VECTOR_SHARE) * self.of_ngrams.log_chances(ngrams)
        return [NAMES[column] for column in logarithms.argmax(axis=1)]


def balanced_weights(sets: list[list[Post]]) -> NDArray[np.float64]:
    """Return the weight of each post, so that the sentiments of each set weigh the same."""
    weights = []
    for posts in sets:
        counts = Counter(post.sentiment for post in posts)
        weights += [len(posts) / (len(counts) * counts[post.sentiment]) for post in posts]
    return np.array(weights)


def build_graph(classifier: Classifier, pieces: int) -> onnx.ModelProto:
    """Return the graph: vectors (n, dimensions), pieces and words → chances (n, 3), in the order of `NAMES`."""
    of_pieces, of_words = np.split(classifier.of_ngrams.weights, [pieces])
    parts = {"vectors": classifier.of_vectors.weights, "pieces": of_pieces, "words": of_words}
    shares = {"vectors": VECTOR_SHARE, "ngrams": 1 - VECTOR_SHARE}
    bias = {"vectors": classifier.of_vectors.bias, "ngrams": classifier.of_ngrams.bias}
    nodes = [helper.make_node("MatMul", [name, f"of_{name}"], [f"sum_of_{name}"]) for name in parts]
    nodes.append(helper.make_node("Add", ["sum_of_pieces", "sum_of_words"], ["sum_of_ngrams"]))
    for name in shares:
        nodes += [
            helper.make_node("Add", [f"sum_of_{name}", f"bias_of_{name}"], [f"odds_of_{name}"]),
            helper.make_node("Sigmoid", [f"odds_of_{name}"], [f"each_of_{name}"]),
            helper.make_node("ReduceSum", [f"each_of_{name}", "sentiments"], [f"total_of_{name}"], keepdims=1),
            helper.make_node("Div", [f"each_of_{name}", f"total_of_{name}"], [f"chances_of_{name}"]),
            helper.make_node("Log", [f"chances_of_{name}"], [f"logarithms_of_{name}"]),
            helper.make_node("Mul", [f"logarithms_of_{name}", f"share_of_{name}"], [f"part_of_{name}"]),
        ]
    nodes += [
        helper.make_node("Add", ["part_of_vectors", "part_of_ngrams"], ["logarithms"]),
        helper.make_node("Softmax", ["logarithms"], ["chances"], axis=1),
    ]
    onnx_graph = helper.make_graph(
        nodes,
        "sentiment",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(part)]) for name, part in parts.items()],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, ["n", len(NAMES)])],
        [
            *(numpy_helper.from_array(np.ascontiguousarray(part), f"of_{name}") for name, part in parts.items()),
            *(numpy_helper.from_array(value, f"bias_of_{name}") for name, value in bias.items()),
            *(
                numpy_helper.from_array(np.array([share], np.float32), f"share_of_{name}")
                for name, share in shares.items()
            ),
            numpy_helper.from_array(np.array([1], np.int64), "sentiments"),
        ],
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    encoder = Encoder.load(arguments.models)
    sets = read_sets(arguments.data)
    training_sets = [posts for posts, _ in sets.values()]
    training_posts = [post for posts in training_sets for post in posts]
    features = Features.fit(encoder, training_posts)
    classifier = Classifier.fit(*features.of(training_posts), training_sets)
    metrics: dict[str, dict[str, float]] = {}
    for name, (_, held_out) in sets.items():
        truth, predicted = [post.sentiment for post in held_out], classifier.predict(*features.of(held_out))
        metrics[name] = {
            "posts": float(len(held_out)),
            "accuracy": round(float(accuracy_score(truth, predicted)), 4),
            "macro_f1": round(float(f1_score(truth, predicted, average="macro")), 4),
        }
        print(name, metrics[name], flush=True)
    folder = arguments.models / "sentiment"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"pieces": folder / "pieces.json", "words": folder / "words.json"}
    for name, weights in (("pieces", features.pieces), ("words", features.words)):
        files[name].write_text(json.dumps(weights, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    onnx.save(build_graph(classifier, len(features.pieces)), folder / "model.onnx")
    card = ModelCard(
        name="sentiment",
        version="1.1",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        task=f"Sentiment of a text. In: vectors (n, {encoder.dimensions}) float32 of models/encoder; pieces (n, "
        f"{len(features.pieces)}) and words (n, {len(features.words)}) float32, "
        f"TF-IDF of pieces.json and words.json. Out: chances (n, 3) float32 of {', '.join(NAMES)}.",
        sha256=sha256_of(folder / "model.onnx"),
        parameters=sum(part.weights.size + part.bias.size for part in (classifier.of_vectors, classifier.of_ngrams)),
        data=[
            f"{len(training_posts)} posts: Spanish and US airline posts, TASS (research use); users and links "
            "taken out",
        ],
        split="The last fifth of each set by time is reported and was seen by nothing; of TASS, which tells no time, a "
        "random fifth. The authors of posts are not known, so the same one may be on both sides.",
        metrics=metrics,
        settings={
            "sentiments": list(NAMES),
            **{f"{name}_sha256": sha256_of(path) for name, path in files.items()},
            "encoder_sha256": encoder.model.card.sha256,
        },
        limits=[
            "It was trained on short posts: a polite complaint of a page sounds better to it than it is.",
            "Irony is beyond it.",
        ],
        made_by="python -m training.sentiment.train",
        licence="Apache-2.0 (weights); trained on the data above, see NOTICE",
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
