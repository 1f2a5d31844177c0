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
Step = Callable[[Vectors, Sequence[str]], list[str]]
"""Function from the vectors and texts of some mails to the cluster of each."""

BATCH = 100


@dataclass(frozen=True, slots=True)
class Peer:
    """A method and the size of its runs.

    Attributes:
        name: name in the table.
        begin: creates the method.
        most: mails of a scored run.
        orders: number of scored runs.
    """

    name: str
    begin: Callable[[], Step]
    most: int = 1_500
    orders: int = 3

    def run(self, vectors: Vectors, words: Sequence[str], order: NDArray[np.int64]) -> list[str]:
        """Return the clusters of mails in an order."""
        step, found = self.begin(), []
        for first in range(0, len(order), BATCH):
            places = order[first : first + BATCH]
            found += step(vectors[places], [words[place] for place in places])
        return found


def peers(number: int) -> Iterator[Peer]:
    """Yield all methods.

    Args:
        number: number of topics, for the methods that need it.
    """
    yield Peer("BERTopic online, given the number", lambda: bertopic(number))
    yield Peer("DBSTREAM", dbstream, most=500, orders=1)
    yield Peer("TextClust", text_clust, most=500, orders=1)


def dbstream() -> Step:
    """Density-based clustering of the vectors."""
    from river import cluster

    model = cluster.DBSTREAM(clustering_threshold=0.8, fading_factor=0.001, minimum_weight=1)

    def step(vectors: Vectors, words: Sequence[str]) -> list[str]:
        del words
        found = []
        for vector in vectors:
            given = dict(enumerate(vector.tolist()))
            model.learn_one(given)
            found.append(str(model.predict_one(given)))
        return found

    return step


def text_clust() -> Step:
    """Micro-clusters of the words."""
    from river import cluster, feature_extraction

    model = feature_extraction.BagOfWords(lowercase=True, strip_accents=True) | cluster.TextClust(
        real_time_fading=False
    )

    def step(vectors: Vectors, words: Sequence[str]) -> list[str]:
        del vectors
        found = []
        for text in words:
            model.learn_one(text)
            found.append(str(model.predict_one(text)))
        return found

    return step


def bertopic(number: int) -> Step:
    """BERTopic, in batches."""
    from bertopic import BERTopic
    from bertopic.vectorizers import OnlineCountVectorizer
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import IncrementalPCA

    model = BERTopic(
        umap_model=IncrementalPCA(n_components=5),
        hdbscan_model=MiniBatchKMeans(n_clusters=number, random_state=0, n_init=3),
        vectorizer_model=OnlineCountVectorizer(decay=0.01),
    )

    def step(vectors: Vectors, words: Sequence[str]) -> list[str]:
        model.partial_fit([text or "nothing" for text in words], vectors.astype(np.float64))
        return [str(topic) for topic in model.topics_]

    return step
