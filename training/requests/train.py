"""Train the request classifier: `python -m training.requests.train` writes models/requests (graph, n-grams, card).

Logistic regressions over the encoder's vector and TF-IDF of character n-grams. Request kinds are trained on our own
sentences in `sentences.yaml`; danger on those, on `danger.yaml` and on processors/support/priorities.yaml, against
everyday sentences and posts (`background`). It takes some minutes, and is needed after every new encoder.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from processors.models.inference import ModelCard, sha256_of
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.priority import EXAMPLES_FILE
from processors.support.urgency import urgency_signs

SENTENCES_FILE = Path(__file__).with_name("sentences.yaml")
NO_REQUEST = "nothing asked"
DANGEROUS_KINDS = (
    "illness and injury",
    "crush and structure",
    "fire, gas and current",
    "violence and threats",
    "missing people and despair",
)
DANGER_FILE = SENTENCES_FILE.with_name("danger.yaml")
C_KINDS, C_DANGER = 30.0, 10.0
"""Inverse regularisation strengths, chosen on the half `choose` of the festival mails."""

KERNEL_SHARPNESS, DEFAULT_HARMLESS_COSINE = 12.0, 0.35
"""Sharpness of the kernel exp(12 · cosine) over examples, and the cosine of an additional example without danger."""

POST_FILES = (
    "banking77_train.csv",
    "event_ticketing.csv",
    "intents_es_train.csv",
    "airline_es_sentiment_train.csv",
    "tass_es_sentiment_train.csv",
    "airline_us_sentiment.csv",
)
EVERYDAY_SENTENCES, POSTS_PER_SET, BACKGROUND_WEIGHT = 4_000, 300, 0.5
"""Sentences of Tatoeba, posts of each set, and the weight of one of them beside one of our own."""

NUM_FOLDS, SEED = 5, 1


def read_sentences(path: Path = SENTENCES_FILE) -> tuple[list[str], list[str]]:
    """Return the sentences, and the request kind of each."""
    kinds: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    texts = [text for sentences in kinds.values() for text in sentences]
    return texts, [kind for kind, sentences in kinds.items() for _ in sentences]


def background(data: Path) -> list[str]:
    """Return texts in which hardly anybody is in danger; Tatoeba sentences that name a danger are left out."""
    texts: list[str] = []
    for name in POST_FILES:
        with (data / name).open(encoding="utf-8-sig", newline="") as file:
            rows = [row["text"] for row in csv.DictReader(file)]
        texts += random.Random(1).sample(rows, POSTS_PER_SET)
    lines = (data / "tatoeba_en_es.tsv").read_text(encoding="utf-8").splitlines()[1:]
    random.Random(3).shuffle(lines)
    everyday = [
        text for line in lines[:EVERYDAY_SENTENCES] for text in line.split("\t")[:2] if not urgency_signs(text).urgent
    ]
    return texts + everyday[:EVERYDAY_SENTENCES]


def fit_danger(
    features: NDArray[np.float32], danger: Sequence[bool], everyday: NDArray[np.float32]
) -> LogisticRegression:
    """Fit the regression of danger; both classes have the same total weight."""
    truth = np.array([*danger, *([False] * len(everyday))])
    weights = np.where(np.arange(len(truth)) < len(features), 1.0, BACKGROUND_WEIGHT)
    weights[truth] *= weights[~truth].sum() / truth.sum() / 2
    return LogisticRegression(C=C_DANGER, max_iter=1000).fit(np.vstack([features, everyday]), truth, weights)


def build_graph(
    classifier: LogisticRegression,
    danger: LogisticRegression,
    dangerous: NDArray[np.float32],
    harmless: NDArray[np.float32],
    names: list[str],
) -> onnx.ModelProto:
    """Return the graph: vectors (n, dimensions), pieces (n, columns) → chances (n, kinds), danger (n,).

    Danger is the mean of the regression's log odds and of the log ratio of two kernel densities.

    Args:
        classifier: regression of the request kinds.
        danger: regression of danger.
        dangerous: vectors of sentences with danger, (sentences, dimensions).
        harmless: vectors of the other sentences.
        names: request kinds, in the order of the output.
    """
    dimensions = dangerous.shape[1]
    order = [list(classifier.classes_).index(name) for name in names]
    weights = np.vstack([classifier.coef_[order], danger.coef_]).T.astype(np.float32)
    columns = weights.shape[0] - dimensions
    bias = np.concatenate([classifier.intercept_[order], danger.intercept_]).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["vectors", "of_vectors"], ["a"]),
        helper.make_node("MatMul", ["pieces", "of_pieces"], ["b"]),
        helper.make_node("Sum", ["a", "b", "bias"], ["odds"]),
        helper.make_node("Split", ["odds", "sizes"], ["of_kinds", "of_danger"], axis=1),
        helper.make_node("Softmax", ["of_kinds"], ["chances"], axis=1),
        helper.make_node("MatMul", ["vectors", "risky"], ["near_risky"]),
        helper.make_node("ReduceLogSumExp", ["near_risky"], ["risk"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["vectors", "calm"], ["near_calm"]),
        helper.make_node("ReduceLogSumExp", ["near_calm"], ["seen_calm"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["seen_calm", "many_calm"], ["mean_calm"]),
        helper.make_node("Sub", ["seen_calm", "seen_calm"], ["zero"]),
        helper.make_node("Add", ["zero", "usual"], ["usual_calm"]),
        helper.make_node("Concat", ["mean_calm", "usual_calm"], ["both_calm"], axis=1),
        helper.make_node("ReduceLogSumExp", ["both_calm"], ["calmness"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["risk", "many_risky"], ["mean_risky"]),
        helper.make_node("Sub", ["mean_risky", "calmness"], ["by_kernel"]),
        helper.make_node("Mean", ["of_danger", "by_kernel"], ["both"]),
        helper.make_node("Squeeze", ["both", "last"], ["danger"]),
    ]
    onnx_graph = helper.make_graph(
        nodes,
        "requests",
        [
            helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", dimensions]),
            helper.make_tensor_value_info("pieces", TensorProto.FLOAT, ["n", columns]),
        ],
        [
            helper.make_tensor_value_info("chances", TensorProto.FLOAT, ["n", len(names)]),
            helper.make_tensor_value_info("danger", TensorProto.FLOAT, ["n"]),
        ],
        [
            numpy_helper.from_array(np.array([len(names), 1]), "sizes"),
            numpy_helper.from_array(np.array([1]), "last"),
            numpy_helper.from_array((KERNEL_SHARPNESS * dangerous.T).astype(np.float32), "risky"),
            numpy_helper.from_array((KERNEL_SHARPNESS * harmless.T).astype(np.float32), "calm"),
            # Σ/√n is between a sum and a mean: the number of examples is weak evidence of frequency.
            numpy_helper.from_array(np.array([np.log(len(dangerous)) / 2], np.float32), "many_risky"),
            numpy_helper.from_array(np.array([np.log(len(harmless)) / 2], np.float32), "many_calm"),
            numpy_helper.from_array(np.array([KERNEL_SHARPNESS * DEFAULT_HARMLESS_COSINE], np.float32), "usual"),
            numpy_helper.from_array(weights[:dimensions], "of_vectors"),
            numpy_helper.from_array(weights[dimensions:], "of_pieces"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def cross_validated_metrics(features: NDArray[np.float32], kinds: list[str]) -> dict[str, float]:
    """Return cross-validated figures on the sentences; their n-gram weights were fitted on all of them."""
    folds = StratifiedKFold(NUM_FOLDS, shuffle=True, random_state=SEED)
    predicted = cross_val_predict(make_classifier(), features, kinds, cv=folds)
    danger = [kind in DANGEROUS_KINDS for kind in kinds]
    return {
        "accuracy": round(float(accuracy_score(kinds, predicted)), 4),
        "macro_f1": round(float(f1_score(kinds, predicted, average="macro")), 4),
        "danger_f1": round(float(f1_score(danger, [kind in DANGEROUS_KINDS for kind in predicted])), 4),
    }


def make_classifier() -> LogisticRegression:
    """Return the regression, with balanced classes because some kinds have three times the sentences of others."""
    return LogisticRegression(C=C_KINDS, max_iter=2000, class_weight="balanced")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    arguments = parser.parse_args()
    encoder = Encoder.load(arguments.models)
    texts, kinds = read_sentences()
    names = list(dict.fromkeys(kinds))
    priority_examples: dict[str, list[str]] = yaml.safe_load(EXAMPLES_FILE.read_text(encoding="utf-8"))
    danger_examples: dict[str, list[str]] = yaml.safe_load(DANGER_FILE.read_text(encoding="utf-8"))
    other_texts = [
        *priority_examples["urgent"],
        *danger_examples["yes"],
        *priority_examples["high"],
        *priority_examples["normal"],
        *priority_examples["low"],
        *danger_examples["no"],
    ]
    num_dangerous = len(priority_examples["urgent"]) + len(danger_examples["yes"])
    weights = CharNgramTfidf.fit_weights(texts + other_texts)
    tfidf = CharNgramTfidf(weights)

    def features_of(texts: list[str]) -> NDArray[np.float32]:
        return np.hstack([encoder.encode(texts).vectors, tfidf.transform(texts)])

    features = features_of(texts)
    kind_classifier = make_classifier().fit(features, kinds)
    everyday = background(arguments.data)
    own_features = np.vstack([features, features_of(other_texts)])
    truth = np.array(
        [*(kind in DANGEROUS_KINDS for kind in kinds), *(index < num_dangerous for index in range(len(other_texts)))]
    )
    danger_classifier = fit_danger(own_features, truth.tolist(), features_of(everyday))
    vectors = own_features[:, : encoder.dimensions]
    folder = arguments.models / "requests"
    folder.mkdir(parents=True, exist_ok=True)
    ngram_file = folder / "pieces.json"
    ngram_file.write_text(json.dumps(weights, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    onnx.save(
        build_graph(kind_classifier, danger_classifier, vectors[truth], vectors[~truth], names), folder / "model.onnx"
    )
    card = ModelCard(
        name="requests",
        version="1.0",
        date=date.today().isoformat(),  # noqa: DTZ011 - a day, not a moment
        task=f"Request kind of a sentence, and danger to people. In: vectors (n, {encoder.dimensions}) float32 of "
        f"models/encoder; pieces (n, {len(weights)}) float32, TF-IDF of pieces.json. Out: chances (n, {len(names)}) "
        "float32 of the kinds in settings.requests, each row sums to one; danger (n,) float32, log odds that people "
        "are at risk.",
        sha256=sha256_of(folder / "model.onnx"),
        parameters=int(kind_classifier.coef_.size + kind_classifier.intercept_.size + danger_classifier.coef_.size + 1),
        data=[
            f"{len(texts)} sentences of our own in Spanish and English, training/requests/sentences.yaml",
            f"{len(other_texts)} more of our own, dangerous or not: danger.yaml, processors/support/priorities.yaml",
            f"{len(everyday)} texts in which no one is in danger: Tatoeba (CC BY 2.0 FR), Banking77 (CC BY 4.0), event "
            "ticketing (CDLA-Sharing 1.0), Facebook intents (CC BY-SA 4.0), airline and TASS posts (research use)",
        ],
        split="Five folds of the sentences. The mails of tests/processors/support are in "
        "none of them; half of those mails chose the regularisation, training/requests/README.md reports the other.",
        metrics={"sentences, five folds": cross_validated_metrics(features, kinds)},
        settings={
            "requests": names,
            "nothing": NO_REQUEST,
            "danger": list(DANGEROUS_KINDS),
            "pieces_sha256": sha256_of(ngram_file),
            "encoder_sha256": encoder.model.card.sha256,
        },
        limits=[
            "Festivals only, Spanish and English; a text that is like no sentence has its probability spread.",
            "The same people wrote the sentences and the mails on which it was measured.",
            "Probabilities are of one sentence; a mail asks several things.",
        ],
        made_by="python -m training.requests.train",
        licence="Apache-2.0",
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")
    print(card.metrics)


if __name__ == "__main__":
    main()
