"""Train the sentiment classifier: `python -m training.sentiment.train` writes models/sentiment (graph, n-grams, card).

Multinomial logistic regression over the encoder's vector and TF-IDF of character n-grams, on labelled posts. It takes
some minutes, and is needed after every new encoder.
"""

from __future__ import annotations

import argparse
import csv
import json
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
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses

NAMES = ("negative", "neutral", "positive")
LABELS = {"N": "negative", "NEU": "neutral", "NONE": "neutral", "P": "positive"}
HELD_OUT_SHARE = 0.2
"""Share of each set that is held out: the latest posts if the set has times."""

INVERSE_REGULARISATION, MIN_TEXTS = 3.0, 8
"""Inverse regularisation strength, and minimum number of texts with an n-gram; chosen within the training split."""


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


def build_graph(classifier: LogisticRegression, dimensions: int) -> onnx.ModelProto:
    """Return the graph: vectors (n, dimensions), pieces (n, columns) → chances (n, 3), in the order of `NAMES`."""
    order = [list(classifier.classes_).index(name) for name in NAMES]
    weights = classifier.coef_[order].T.astype(np.float32)
    bias = classifier.intercept_[order].astype(np.float32)
    onnx_graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["vectors", "of_vectors"], ["a"]),
            helper.make_node("MatMul", ["pieces", "of_pieces"], ["b"]),
            helper.make_node("Sum", ["a", "b", "bias"], ["odds"]),
            helper.make_node("Softmax", ["odds"], ["chances"], axis=1),
        ],
        "sentiment",
        [
            helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", dimensions]),
            helper.make_tensor_value_info("pieces", TensorProto.FLOAT, ["n", len(weights) - dimensions]),
        ],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, ["n", len(NAMES)])],
        [
            numpy_helper.from_array(weights[:dimensions], "of_vectors"),
            numpy_helper.from_array(weights[dimensions:], "of_pieces"),
            numpy_helper.from_array(bias, "bias"),
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
    training_posts = [post for posts, _ in sets.values() for post in posts]
    weights = CharNgramTfidf.fit_weights((post.text for post in training_posts), min_texts=MIN_TEXTS)
    tfidf = CharNgramTfidf(weights)

    def features(posts: list[Post]) -> csr_matrix:
        parts = []
        for start in range(0, len(posts), 500):
            texts = [post.text for post in posts[start : start + 500]]
            vectors: NDArray[np.float32] = encoder.encode(texts).vectors
            parts.append(hstack([csr_matrix(vectors), csr_matrix(tfidf.transform(texts))]))
        return csr_matrix(vstack(parts))

    classifier = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=300, class_weight="balanced").fit(
        features(training_posts), [post.sentiment for post in training_posts]
    )
    metrics: dict[str, dict[str, float]] = {}
    for name, (_, held_out) in sets.items():
        truth, predicted = [post.sentiment for post in held_out], classifier.predict(features(held_out))
        metrics[name] = {
            "posts": float(len(held_out)),
            "accuracy": round(float(accuracy_score(truth, predicted)), 4),
            "macro_f1": round(float(f1_score(truth, predicted, average="macro")), 4),
        }
        print(name, metrics[name], flush=True)
    folder = arguments.models / "sentiment"
    folder.mkdir(parents=True, exist_ok=True)
    ngram_file = folder / "pieces.json"
    ngram_file.write_text(json.dumps(weights, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    onnx.save(build_graph(classifier, encoder.dimensions), folder / "model.onnx")
    card = ModelCard(
        name="sentiment",
        version="1.0",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        task=f"Sentiment of a text. In: vectors (n, {encoder.dimensions}) float32 of models/encoder; pieces (n, "
        f"{len(weights)}) float32, TF-IDF of pieces.json. Out: chances (n, 3) float32 of {', '.join(NAMES)}.",
        sha256=sha256_of(folder / "model.onnx"),
        parameters=int(classifier.coef_.size + classifier.intercept_.size),
        data=[
            f"{len(training_posts)} posts: Spanish and US airline posts, TASS (research use); users and links "
            "taken out",
        ],
        split="The last fifth of each set by time is reported and was seen by nothing; of TASS, which tells no time, a "
        "random fifth. The authors of posts are not known, so the same one may be on both sides.",
        metrics=metrics,
        settings={
            "sentiments": list(NAMES),
            "pieces_sha256": sha256_of(ngram_file),
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
