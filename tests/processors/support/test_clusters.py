"""Clusters are extended, merged, split and evicted, and a restart changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from processors.support.cluster import ClusterExample, ClusteringState
from processors.support.clustering import IncrementalClustering

START = datetime(2026, 7, 4, 18, tzinfo=UTC)


def mail_vectors(topics: int, each: int, spread: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return unit vectors around topic directions that share a common component, and their topics."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(topics, 64)) + 2 * random.normal(size=64)
    labels = random.permutation(np.repeat(np.arange(topics), each))
    vectors = centres[labels] + spread * random.normal(size=(len(labels), 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def assign_all(clusters: IncrementalClustering, vectors: NDArray[np.float32], first: int = 0) -> list[str]:
    return [
        clusters.assign(
            v, START + timedelta(minutes=first + i), f"m{first + i}", ClusterExample("text"), ["word"]
        ).cluster.id
        for i, v in enumerate(vectors)
    ]


def test_clusters_separate_topics_with_a_common_direction() -> None:
    vectors, labels = mail_vectors(8, 60, 0.7)
    assert adjusted_rand_score(labels, assign_all(IncrementalClustering(ClusteringState()), vectors)) > 0.8


def test_restart_changes_no_cluster() -> None:
    vectors, _ = mail_vectors(6, 30, 1.0)
    uninterrupted = assign_all(IncrementalClustering(ClusteringState()), vectors)
    state = ClusteringState()
    before = assign_all(IncrementalClustering(state), vectors[:77])
    restored = msgspec.json.decode(msgspec.json.encode(state), type=ClusteringState)
    assert before + assign_all(IncrementalClustering(restored), vectors[77:], 77) == uninterrupted


def test_limit_evicts_old_small_clusters() -> None:
    random = np.random.default_rng(1).normal(size=(80, 64)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    clusters = IncrementalClustering(ClusteringState(), join=0.99, max_clusters=10)
    assign_all(clusters, random)
    assert len(clusters.clusters) == 10
    assert {cluster.id for cluster in clusters.clusters} == {f"m{i}" for i in range(70, 80)}


def test_large_cluster_outlives_small_ones() -> None:
    vectors = np.eye(64, dtype=np.float32)
    clusters = IncrementalClustering(ClusteringState(), join=0.9, max_clusters=5)
    assign_all(clusters, np.repeat(vectors[:1], 30, axis=0))
    assign_all(clusters, vectors[1:20], 30)
    assert "m0" in {cluster.id for cluster in clusters.clusters}


def test_merged_clusters_keep_all_mails_and_old_names() -> None:
    vectors, _ = mail_vectors(6, 60, 1.0)
    clusters = IncrementalClustering(ClusteringState(), join=0.35, merge=0.45)
    merged = []
    for i, vector in enumerate(vectors):
        assigned = clusters.assign(vector, START + timedelta(minutes=i), f"m{i}", ClusterExample("text"), ["word"])
        merged += [assigned.merged] if assigned.merged else []
    assert merged
    for name in merged:  # an old name finds an existing cluster after any number of mergers
        assert clusters.find(name)
    assert clusters.find("nobody") == []
    assert sum(cluster.size for cluster in clusters.clusters) == len(vectors)
    assert min(cluster.first for cluster in clusters.clusters) == START


LOOSE_THRESHOLDS = {"join": 0.2, "merge": 0.95}


def diverging_vectors() -> NDArray[np.float32]:
    """Return vectors of four topics, two of which are identical in the first 32 mails and diverge later."""
    random = np.random.default_rng(5)
    axes = np.eye(64)[:5]
    raw_vectors = []
    for index in range(160):
        topic = index % 4
        angle = (0.0 if index < 32 else np.pi / 5) * (1, -1, 0, 0)[topic]
        centre = axes[topic] if topic > 1 else np.cos(angle) * axes[0] + np.sin(angle) * axes[1]
        raw_vectors.append(centre + axes[4] + 0.05 * random.normal(size=64))
    vectors = np.array(raw_vectors)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_cluster_of_two_topics_is_split_and_name_finds_both() -> None:
    clusters, splits = IncrementalClustering(ClusteringState(), **LOOSE_THRESHOLDS), []
    for i, vector in enumerate(diverging_vectors()):
        example = ClusterExample(f"text {i % 4}", sender=f"s{i % 4}")
        assigned = clusters.assign(vector, START + timedelta(minutes=i), f"m{i}", example, [f"word{'abcd'[i % 4]}"])
        assigned.count_topics([f"topic {i % 4}"])
        splits += [assigned.split] if assigned.split else []
    assert len(splits) == 1
    old, new = splits[0]
    assert [cluster.id for cluster in clusters.find(old)] == [old, new]
    parts = clusters.find(old)
    assert {part.topics.top(1)[0] for part in parts} == {"topic 0", "topic 1"}
    assert {part.words.top(1)[0] for part in parts} == {"worda", "wordb"}
    assert all({example.text for example in part.examples} & {"text 0", "text 1"} for part in parts)
    assert all(part.rate.recent > 0 for part in parts)
    assert len(clusters.clusters) == 4
    assert sum(cluster.size for cluster in clusters.clusters) == 160
    erased = clusters.erase_examples(lambda example: example.sender in ("s0", "s1"))
    assert erased
    assert not parts[0].all_examples
    assert not parts[1].all_examples


def test_two_topics_stay_one_cluster_without_splits() -> None:
    clusters = IncrementalClustering(ClusteringState(), **LOOSE_THRESHOLDS, split=-2)
    assign_all(clusters, diverging_vectors())
    assert len(clusters.clusters) == 3


def test_restart_changes_no_split() -> None:
    vectors = diverging_vectors()
    uninterrupted = assign_all(IncrementalClustering(ClusteringState(), **LOOSE_THRESHOLDS), vectors)
    for stop in (40, 47, 60):
        state = ClusteringState()
        before = assign_all(IncrementalClustering(state, **LOOSE_THRESHOLDS), vectors[:stop])
        restored = msgspec.json.decode(msgspec.json.encode(state), type=ClusteringState)
        assert (
            before + assign_all(IncrementalClustering(restored, **LOOSE_THRESHOLDS), vectors[stop:], stop)
            == uninterrupted
        )


def test_late_mail_does_not_set_the_cluster_time_back() -> None:
    clusters = IncrementalClustering(ClusteringState())
    vector = np.eye(8, dtype=np.float32)[0]
    clusters.assign(vector, START, "a", ClusterExample("text"), [])
    cluster = clusters.assign(vector, START - timedelta(hours=5), "b", ClusterExample("text"), []).cluster
    assert cluster.last == START
    assert cluster.rate.recent == 2


def test_examples_of_each_language_can_be_erased() -> None:
    clusters = IncrementalClustering(ClusteringState())
    random = np.random.default_rng(2)
    for number in range(12):
        vector = np.ones(16) + 0.1 * random.normal(size=16)
        example = ClusterExample(f"text {number}", ("es", "en", "en")[number % 3], sender=f"s{number % 4}")
        clusters.assign((vector / np.linalg.norm(vector)).astype(np.float32), START, f"m{number}", example, [])
    (cluster,) = clusters.clusters
    languages = [example.language for example in cluster.all_examples]
    assert all(2 <= languages.count(language) <= 4 for language in ("es", "en"))
    assert cluster.typical_text("es") != cluster.typical_text("en")
    erased = cluster.all_examples[0].sender
    assert clusters.erase_examples(lambda example: example.sender == erased) >= 1
    assert all(example.sender != erased for example in cluster.all_examples)
    assert cluster.size == 12
