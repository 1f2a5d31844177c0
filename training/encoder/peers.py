"""Other ways to cluster a stream of mails, as their own documentation uses them.

DBSTREAM (Hahsler and Bolaños, 2016) and TextClust (Carnein et al., 2017) are River's as they come, TextClust on the
words. BERTopic's online mode (Grootendorst, 2022) is its documented one: incremental PCA to five dimensions, mini-batch
k-means, which must be told the number, and a count of words that fades; it takes mails in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Step = Callable[[Vectors, Sequence[str]], list[str]]
"""Takes vectors and words of some mails, tells the cluster of each."""

BATCH = 100


@dataclass(frozen=True, slots=True)
class Peer:
    """A method, how to begin it, and how much of it can be waited for.

    Attributes:
        most: mails of a scored run.
        orders: scored runs.
    """

    name: str
    begin: Callable[[], Step]
    most: int = 1_500
    orders: int = 3

    def run(self, vectors: Vectors, words: Sequence[str], order: NDArray[np.int64]) -> list[str]:
        """Clusters of mails in an order."""
        step, found = self.begin(), []
        for first in range(0, len(order), BATCH):
            places = order[first : first + BATCH]
            found += step(vectors[places], [words[place] for place in places])
        return found


def peers(number: int) -> Iterator[Peer]:
    """All of them.

    Args:
        number: of topics, for who must be told.
    """
    yield Peer("BERTopic online, told the number", lambda: bertopic(number))
    yield Peer("DBSTREAM", dbstream, most=500, orders=1)
    yield Peer("TextClust", text_clust, most=500, orders=1)


def dbstream() -> Step:
    """Density-based, on the vectors."""
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
    """Micro-clusters of words."""
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
    """Batches of mails, each learnt once."""
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
