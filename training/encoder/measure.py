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
from processors.support.clustering import JOIN_SIMILARITY, MERGE_SIMILARITY, IncrementalClustering
from processors.support.encoder import Encoder
from training.encoder.sentences import read_sentences

SETS = ("event_ticketing.csv", "banking77_train.csv", "intents_es_train.csv")
THRESHOLDS = (0.20, 0.25, 0.30, 0.35, 0.40, 0.45)
SEEDS, MAILS, PAIRS = (1, 2, 3), 3_000, 1_000

Vectors = NDArray[np.float32]


def stream(vectors: Vectors, join: float = JOIN_SIMILARITY, merge: float = MERGE_SIMILARITY) -> list[str]:
    """Return the cluster that each mail gets when it comes, one mail a minute."""
    clusters, began = IncrementalClustering(ClusteringState(), join=join, merge=merge), datetime(2026, 1, 1, tzinfo=UTC)
    return [
        clusters.assign(vector, began + timedelta(minutes=i), str(i), ClusterExample(""), []).cluster.id
        for i, vector in enumerate(vectors)
    ]


def score(topics: list[str], found: list[str]) -> dict[str, float]:
    """Return ARI, NMI and the number of clusters."""
    return {
        "ari": round(float(adjusted_rand_score(topics, found)), 4),
        "nmi": round(float(normalized_mutual_info_score(topics, found)), 4),
        "clusters": float(len(set(found))),
    }


def mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure over the seeds."""
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}


def measure_set(path: Path, encoder: Encoder, *, choose: bool) -> dict[str, float]:
    """Return means over seeded shuffles, beside TF-IDF; print those of other thresholds if one is to be chosen."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["text"], row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
    ours: list[dict[str, float]] = []
    plain: dict[float, list[dict[str, float]]] = {join: [] for join in THRESHOLDS}
    others: dict[float, list[dict[str, float]]] = {join: [] for join in THRESHOLDS}
    for seed in SEEDS:
        chosen = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))[:MAILS]]
        texts, topics = [text for text, _ in chosen], [topic for _, topic in chosen]
        vectors = encoder.encode(texts).vectors
        ours.append(score(topics, stream(vectors)))
        words = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode").fit_transform(texts)
        short = TruncatedSVD(256, random_state=1).fit_transform(words)
        short = (short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-6)).astype(np.float32)
        for join in THRESHOLDS:
            plain[join].append(score(topics, stream(short, join, join + 0.1)))
            if choose:
                others[join].append(score(topics, stream(vectors, join, join + 0.1)))
    if choose:
        print({join: mean(found) for join, found in others.items()})
    best = max((mean(found) for found in plain.values()), key=lambda row: row["ari"])
    return mean(ours) | {"topics": float(len({t for _, t in rows}))} | {f"tfidf_{k}": v for k, v in best.items()}


def translations(encoder: Encoder, folder: Path) -> dict[str, float]:
    """Return, on held-out pairs, how often the translation is nearest of a thousand, and the language accuracy."""
    sentences = read_sentences(folder)
    english, spanish = sentences.english[: sentences.held], sentences.spanish[: sentences.held]
    first = list({text: at for at, text in reversed(list(enumerate(english)))}.values())[:PAIRS]
    a, b = (encoder.encode([texts[at] for at in first]) for texts in (english, spanish))
    near = b.vectors @ a.vectors.T
    return {
        "translation_found": round(float((near.argmax(axis=1) == np.arange(len(first))).mean()), 4),
        "cosine": round(float(np.diag(near).mean()), 4),
        "language_accuracy": round(float(np.mean([*(a.spanish_log_odds < 0), *(b.spanish_log_odds > 0)])), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--all-thresholds", action="store_true", help="print other thresholds for every set")
    arguments = parser.parse_args()
    encoder = Encoder.load(arguments.models)
    figures = {"held-out pairs": translations(encoder, arguments.data)}
    for name in SETS:
        # The threshold is chosen on the first set only.
        choose = name == SETS[0] or arguments.all_thresholds
        figures[name.removesuffix(".csv")] = measure_set(arguments.data / name, encoder, choose=choose)
        print(name, figures[name.removesuffix(".csv")], flush=True)
    path = arguments.models / "encoder"
    card = read_card(path).model_copy(update={"metrics": figures})
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (path / "card.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
