"""Other methods for clustering a stream of mails, with the settings of their own documentation.

DBSTREAM (Hahsler and Bolaños, 2016) and TextClust (Carnein et al., 2017) are River's with default settings, TextClust
on the words. BERTopic's online mode (Grootendorst, 2022) is the documented one: incremental PCA to five dimensions,
mini-batch k-means, which needs the number of clusters, and decaying word counts; it gets mails in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
ClusterStep = Callable[[Vectors, Sequence[str]], list[str]]
"""Function from the vectors and texts of some mails to the cluster of each."""

BATCH_SIZE = 100


@dataclass(frozen=True, slots=True)
class Peer:
    """A method and the size of its runs.

    Attributes:
        name: name in the table.
        create: creates the method.
        max_mails: mails of a scored run.
        num_orders: number of scored runs.
    """

    name: str
    create: Callable[[], ClusterStep]
    max_mails: int = 1_500
    num_orders: int = 3

    def run(self, vectors: Vectors, texts: Sequence[str], order: NDArray[np.int64]) -> list[str]:
        """Return the clusters of mails in an order."""
        step, clusters = self.create(), []
        for first in range(0, len(order), BATCH_SIZE):
            indices = order[first : first + BATCH_SIZE]
            clusters += step(vectors[indices], [texts[index] for index in indices])
        return clusters


def peers(num_topics: int) -> Iterator[Peer]:
    """Yield all methods.

    Args:
        num_topics: number of topics, for the methods that need it.
    """
    yield Peer("BERTopic online, given the number", lambda: bertopic(num_topics))
    yield Peer("DBSTREAM", dbstream, max_mails=500, num_orders=1)
    yield Peer("TextClust", text_clust, max_mails=500, num_orders=1)


def dbstream() -> ClusterStep:
    """Density-based clustering of the vectors."""
    from river import cluster

    model = cluster.DBSTREAM(clustering_threshold=0.8, fading_factor=0.001, minimum_weight=1)

    def step(vectors: Vectors, texts: Sequence[str]) -> list[str]:
        del texts
        clusters = []
        for vector in vectors:
            features = dict(enumerate(vector.tolist()))
            model.learn_one(features)
            clusters.append(str(model.predict_one(features)))
        return clusters

    return step


def text_clust() -> ClusterStep:
    """Micro-clusters of the words."""
    from river import cluster, feature_extraction

    model = feature_extraction.BagOfWords(lowercase=True, strip_accents=True) | cluster.TextClust(
        real_time_fading=False
    )

    def step(vectors: Vectors, texts: Sequence[str]) -> list[str]:
        del vectors
        clusters = []
        for text in texts:
            model.learn_one(text)
            clusters.append(str(model.predict_one(text)))
        return clusters

    return step


def bertopic(num_topics: int) -> ClusterStep:
    """BERTopic, in batches."""
    from bertopic import BERTopic
    from bertopic.vectorizers import OnlineCountVectorizer
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import IncrementalPCA

    model = BERTopic(
        umap_model=IncrementalPCA(n_components=5),
        hdbscan_model=MiniBatchKMeans(n_clusters=num_topics, random_state=0, n_init=3),
        vectorizer_model=OnlineCountVectorizer(decay=0.01),
    )

    def step(vectors: Vectors, texts: Sequence[str]) -> list[str]:
        model.partial_fit([text or "nothing" for text in texts], vectors.astype(np.float64))
        return [str(topic) for topic in model.topics_]

    return step
