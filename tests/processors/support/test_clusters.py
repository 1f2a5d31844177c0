"""Clusters are extended and grouped anew in bounded state, names lead to their mails, and a restart changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from processors.support.cluster import Cluster, ClusterExample, ClusteringState, ClusterPart
from processors.support.cluster_identity import carry_names
from processors.support.clustering import IncrementalClustering
from processors.support.surge import ArrivalRate

START = datetime(2026, 7, 4, 18, tzinfo=UTC)
SMALL = {"max_parts": 40, "kept_parts": 30, "max_clusters": 20}
"""Bounds that a few hundred mails reach."""


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


def restore(state: ClusteringState) -> ClusteringState:
    return msgspec.json.decode(msgspec.json.encode(state), type=ClusteringState)


def test_clusters_separate_topics_with_a_common_direction() -> None:
    vectors, labels = mail_vectors(8, 60, 0.7)
    clustering = IncrementalClustering(ClusteringState())
    assert adjusted_rand_score(labels, assign_all(clustering, vectors)) > 0.8
    assert len([cluster for cluster in clustering.clusters if cluster.size > 1]) <= 16


def test_restart_changes_no_cluster() -> None:
    vectors, _ = mail_vectors(6, 60, 1.0)
    uninterrupted = assign_all(IncrementalClustering(ClusteringState(), **SMALL), vectors)
    for stop in (15, 16, 77, 200):
        state = ClusteringState()
        before = assign_all(IncrementalClustering(state, **SMALL), vectors[:stop])
        restored = IncrementalClustering(restore(state), **SMALL)
        assert before + assign_all(restored, vectors[stop:], stop) == uninterrupted


def test_parts_and_clusters_are_bounded_and_no_mail_is_lost() -> None:
    random = np.random.default_rng(1).normal(size=(120, 64)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    state = ClusteringState()
    clustering = IncrementalClustering(state, max_parts=20, kept_parts=15, max_clusters=10)
    for index in range(120):
        assign_all(clustering, random[index : index + 1], index)
        assert len(state.parts) <= 20
        assert sum(cluster.size for cluster in clustering.clusters) == index + 1
    assert len(clustering.clusters) <= 20
    assert all(clustering.current_cluster(f"m{index}") for index in range(120))


def test_changes_of_a_grouping_lead_old_names_to_their_mails() -> None:
    vectors, _ = mail_vectors(6, 60, 1.0)
    clustering, ended, split, names = IncrementalClustering(ClusteringState(), **SMALL), {}, {}, set()
    for i, vector in enumerate(vectors):
        assigned = clustering.assign(vector, START + timedelta(minutes=i), f"m{i}", ClusterExample("text"), ["word"])
        ended |= assigned.ended
        split |= assigned.split
        names.add(assigned.cluster.id)
        assert not assigned.ended.keys() & {cluster.id for cluster in clustering.clusters}
    assert ended
    for name in names:  # an old name finds an existing cluster after any number of groupings
        assert clustering.find(name)
    assert clustering.find("nobody") == []
    assert sum(cluster.size for cluster in clustering.clusters) == len(vectors)
    assert min(cluster.first for cluster in clustering.clusters) == START
    assert clustering.current_cluster("nobody") is None


def part(name: str, size: int, owner: str) -> ClusterPart:
    return ClusterPart(name, b"", size, START, ArrivalRate(START), owner=owner)


def test_group_keeps_the_name_with_most_of_its_mails() -> None:
    parts = [part("a", 5, "a"), part("b", 3, "a"), part("c", 2, "c"), part("d", 1, "d")]
    ended, split = carry_names(parts, np.array([0, 1, 0, 0]))
    assert [one.cluster for one in parts] == ["a", "b", "a", "a"]
    assert (ended, split) == ({"c": "a", "d": "a"}, {"b": "a"})


def test_new_group_is_not_called_as_another() -> None:
    parts = [part("a", 2, "x"), part("b", 9, "a"), part("c", 8, "x")]
    ended, split = carry_names(parts, np.array([0, 1, 2]))
    assert [one.cluster for one in parts] == ["a-2", "a", "x"]
    assert (ended, split) == ({}, {"a-2": "x"})


def test_name_that_ended_finds_its_mails_when_they_part_again() -> None:
    state = ClusteringState()
    state.record_merge("b", "a")
    state.record_split("a", "b")
    assert state.current_names("b") == ["b"]
    assert state.current_names("a") == ["a", "b"]


def test_moved_part_takes_counts_along() -> None:
    vectors = np.zeros((40, 8), np.float32)
    vectors[:20, 0] = vectors[20:, 1] = 1
    clustering = IncrementalClustering(ClusteringState())
    for i, vector in enumerate(vectors):
        example = ClusterExample(f"text {i // 20}", question=f"Question {i // 20}?")
        at = START + timedelta(minutes=i)
        clustering.assign(vector, at, f"m{i}", example, [f"word{'ab'[i // 20]}"]).count_topics([f"topic {i // 20}"])
    first, second = sorted(clustering.clusters, key=lambda cluster: cluster.first)
    assert (first.label, first.keywords, first.topic, first.size) == ("Question 0?", ["worda"], "topic 0", 20)
    assert (second.label, second.keywords, second.topic, second.size) == ("Question 1?", ["wordb"], "topic 1", 20)
    both = Cluster("both", [*first.parts, *second.parts])
    assert both.rate.recent == pytest.approx(first.rate.recent * np.exp(-20 / 15) + second.rate.recent)
    assert both.keywords == ["worda", "wordb"]


def test_late_mail_does_not_set_the_cluster_time_back() -> None:
    clusters = IncrementalClustering(ClusteringState())
    vector = np.eye(8, dtype=np.float32)[0]
    clusters.assign(vector, START, "a", ClusterExample("text"), [])
    cluster = clusters.assign(vector, START - timedelta(hours=5), "b", ClusterExample("text"), []).cluster
    assert cluster.last == START
    assert cluster.rate.recent == 2
    assert cluster.first == START - timedelta(hours=5)


def test_examples_of_each_language_can_be_erased() -> None:
    clusters = IncrementalClustering(ClusteringState())
    random = np.random.default_rng(2)
    for number in range(12):
        vector = np.ones(16) + 0.1 * random.normal(size=16)
        example = ClusterExample(f"text {number}", ("es", "en", "en")[number % 3], sender=f"s{number % 4}")
        clusters.assign((vector / np.linalg.norm(vector)).astype(np.float32), START, f"m{number}", example, [])
    cluster = max(clusters.clusters, key=lambda one: one.size)
    assert {example.language for example in cluster.examples} == {"es", "en"}
    assert cluster.typical_text("es") != cluster.typical_text("en")
    erased = cluster.examples[0].sender
    assert clusters.erase_examples(lambda example: example.sender == erased) >= 1
    assert all(example.sender != erased for one in clusters.clusters for example in one.examples)


def test_erased_mail_that_is_alone_is_forgotten_with_its_vector() -> None:
    state = ClusteringState()
    clustering = IncrementalClustering(state)
    for number, vector in enumerate(np.eye(8, dtype=np.float32)[:2]):
        clustering.assign(vector, START, f"m{number}", ClusterExample("text", sender=f"s{number}"), [])
    assert clustering.erase_examples(lambda example: example.sender == "s0") == 1
    assert [part.id for part in state.parts] == ["m1"]
    assert clustering.assign(np.eye(8, dtype=np.float32)[1], START, "m2", ClusterExample(""), []).cluster.size == 2


def test_row_of_an_earlier_version_continues_with_its_clusters() -> None:
    old = {"id": "k", "centroid": np.ones(8, np.float16).tobytes(), "size": 7, "first": START,
           "pace": {"at": START}, "examples": [{"text": "hi"}], "surge": 2.0, "half": None}  # fmt: skip
    state = msgspec.json.decode(msgspec.json.encode({"kept": [old], "mails": 7}), type=ClusteringState)
    (cluster,) = IncrementalClustering(state).clusters
    assert (cluster.id, cluster.size, cluster.label) == ("k", 7, "hi")
