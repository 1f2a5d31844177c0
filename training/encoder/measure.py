"""Measure the exported encoder, and write the figures into its card: `python -m training.encoder.measure`.

Clusters are measured beside the same algorithm on TF-IDF vectors with their own best threshold.
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from processors.models.inference import read_card
from processors.support.cluster import ClusterExample, ClusteringState
from processors.support.clustering import MAX_COST, IncrementalClustering
from processors.support.encoder import Encoder
from training.encoder.sentences import read_sentences

LABELLED_SETS = ("event_ticketing.csv", "banking77_train.csv", "intents_es_train.csv")
COSTS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SEEDS, MAX_MAILS, MAX_PAIRS = (1, 2, 3), 3_000, 1_000

Vectors = NDArray[np.float32]


def cluster_stream(vectors: Vectors, max_cost: float = MAX_COST) -> list[str]:
    """Return the cluster that each mail is assigned to on arrival, one mail a minute."""
    clusters, start = IncrementalClustering(ClusteringState(), max_cost=max_cost), datetime(2026, 1, 1, tzinfo=UTC)
    return [
        clusters.assign(vector, start + timedelta(minutes=i), str(i), ClusterExample(""), []).cluster.id
        for i, vector in enumerate(vectors)
    ]


def clustering_metrics(topics: list[str], clusters: list[str]) -> dict[str, float]:
    """Return ARI, NMI and the number of clusters."""
    return {
        "ari": round(float(adjusted_rand_score(topics, clusters)), 4),
        "nmi": round(float(normalized_mutual_info_score(topics, clusters)), 4),
        "clusters": float(len(set(clusters))),
    }


def mean_metrics(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure over the seeds."""
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}


def measure_set(path: Path, encoder: Encoder, *, print_thresholds: bool) -> dict[str, float]:
    """Return means over seeded shuffles, for ours and TF-IDF; `print_thresholds` also prints other thresholds."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["text"], row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
    ours: list[dict[str, float]] = []
    tfidf_metrics: dict[float, list[dict[str, float]]] = {cost: [] for cost in COSTS}
    encoder_metrics: dict[float, list[dict[str, float]]] = {cost: [] for cost in COSTS}
    for seed in SEEDS:
        sample = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))[:MAX_MAILS]]
        texts, topics = [text for text, _ in sample], [topic for _, topic in sample]
        vectors = encoder.encode(texts).vectors
        ours.append(clustering_metrics(topics, cluster_stream(vectors)))
        tfidf = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode").fit_transform(texts)
        reduced = TruncatedSVD(256, random_state=1).fit_transform(tfidf)
        reduced = (reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-6)).astype(np.float32)
        for cost in COSTS:
            tfidf_metrics[cost].append(clustering_metrics(topics, cluster_stream(reduced, cost)))
            if print_thresholds:
                encoder_metrics[cost].append(clustering_metrics(topics, cluster_stream(vectors, cost)))
    if print_thresholds:
        print({cost: mean_metrics(metrics) for cost, metrics in encoder_metrics.items()})
    best = max((mean_metrics(metrics) for metrics in tfidf_metrics.values()), key=lambda row: row["ari"])
    return (
        mean_metrics(ours) | {"topics": float(len({t for _, t in rows}))} | {f"tfidf_{k}": v for k, v in best.items()}
    )


def translation_metrics(encoder: Encoder, folder: Path) -> dict[str, float]:
    """Return, on held-out pairs, how often the translation is nearest of a thousand, and the language accuracy."""
    sentences = read_sentences(folder)
    english, spanish = sentences.english[: sentences.num_held_out], sentences.spanish[: sentences.num_held_out]
    indices = list({text: index for index, text in reversed(list(enumerate(english)))}.values())[:MAX_PAIRS]
    english_encoded, spanish_encoded = (
        encoder.encode([texts[index] for index in indices]) for texts in (english, spanish)
    )
    similarities = spanish_encoded.vectors @ english_encoded.vectors.T
    return {
        "translation_found": round(float((similarities.argmax(axis=1) == np.arange(len(indices))).mean()), 4),
        "cosine": round(float(np.diag(similarities).mean()), 4),
        "language_accuracy": round(
            float(np.mean([*(english_encoded.spanish_log_odds < 0), *(spanish_encoded.spanish_log_odds > 0)])), 4
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--all-thresholds", action="store_true", help="print other thresholds for every set")
    arguments = parser.parse_args()
    encoder = Encoder.load(arguments.models)
    figures = {"held-out pairs": translation_metrics(encoder, arguments.data)}
    for name in LABELLED_SETS:
        # The threshold is chosen on the first set only.
        print_thresholds = name == LABELLED_SETS[0] or arguments.all_thresholds
        figures[name.removesuffix(".csv")] = measure_set(
            arguments.data / name, encoder, print_thresholds=print_thresholds
        )
        print(name, figures[name.removesuffix(".csv")], flush=True)
    path = arguments.models / "encoder"
    card = read_card(path).model_copy(update={"metrics": figures})
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (path / "card.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
