"""Recommended acts of a festival for one attendee, each with the reason.

Four sources of scores, standardised and added with the same weight where the attendee has given enough for them: acts
that are described like what the attendee likes; acts of the genres that the attendee named; acts that other attendees
like together with these; and, for acts that many people know, what listeners elsewhere play with the same artists.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.accents import comparable_name
from processors.recommendations.arms import cosine_neighbours, standardized
from processors.recommendations.content import (
    Descriptions,
    TagVectors,
    inverse_document_frequencies,
    mean_tag_vectors,
)
from processors.recommendations.taste_model import TasteModel
from schemas.ids import ActId
from schemas.programme import Act
from schemas.recommendations import ReasonKind

GENRE_WEIGHT, MOOD_WEIGHT, LANGUAGE_WEIGHT = 2.0, 1.0, 0.5
"""Weights of the parts of an act's description."""

ATTENDEES_SHRINKAGE = 5.0
"""Shrinkage of similarities between acts that attendees like together: there are hundreds of them, not thousands."""

MAX_PLAYED_ARTISTS = 500
"""Artists of an import that are used, the most played ones."""


class Taste(Struct, kw_only=True):
    """Taste of one attendee.

    Attributes:
        liked: acts that the attendee likes, the last one last.
        disliked: acts that are not for the attendee.
        genres: genres that the attendee named.
        played: number of plays by artist, from an import.
    """

    liked: list[ActId] = field(default_factory=list)
    disliked: list[ActId] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    played: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommended act.

    Attributes:
        score: comparable within one list.
        reason: kind of the reason.
        because: name of the act, artist or genre that contributed most; empty for `popular`.
    """

    act: ActId
    score: float
    reason: ReasonKind
    because: str


class ActRecommender:
    """Recommends acts of one festival.

    Args:
        acts: acts of the programme.
        tag_vectors: sentence encoder for genres and moods.
        model: artists that many people play; None to go without.
        heard: further weights of tags by act, from sound that `pulso tag` heard, for acts whose description is short.
    """

    def __init__(
        self,
        acts: Sequence[Act],
        tag_vectors: TagVectors,
        model: TasteModel | None = None,
        heard: Mapping[ActId, Mapping[str, float]] | None = None,
    ) -> None:
        self._acts = list(acts)
        self._column = {act.id: column for column, act in enumerate(self._acts)}
        self._tag_vectors = _CachedTagVectors(tag_vectors)
        self._popularity = np.array([act.popularity for act in self._acts], np.float32)
        tags = [_description(act, (heard or {}).get(act.id, {})) for act in self._acts]
        played_tags = list(model.tags) if model else []
        self._frequencies = inverse_document_frequencies([*tags, *played_tags])
        self._described = Descriptions(tags, self._frequencies, mean_tag_vectors(tags, self._tag_vectors))
        self._alike = self._similar_acts()
        self._others = np.zeros_like(self._alike)
        self._model = model
        self._artists = model.columns() if model else {}
        self._arm = model.arm() if model else None
        self._known = np.array([self._artists.get(comparable_name(act.name), -1) for act in self._acts])

    def learn_from_attendees(self, likes: Collection[Collection[ActId]]) -> None:
        """Replace what is known of acts that attendees like together.

        Args:
            likes: the liked acts of each attendee; no pseudonyms are needed.
        """
        cells = [(row, self._column[act]) for row, liked in enumerate(likes) for act in liked if act in self._column]
        if cells:
            rows, columns = np.array(cells).T
            shape = (len(likes), len(self._acts))
            matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
            self._others = cosine_neighbours(matrix, ATTENDEES_SHRINKAGE).similarities.toarray()

    def recommend(self, taste: Taste, count: int) -> list[Recommendation]:
        """Return the best acts that the attendee has neither liked nor refused, the best first."""
        liked = [self._column[act] for act in taste.liked if act in self._column]
        sources = self._sources(taste, liked)
        total = np.sum([_standardized(scores) for _, scores, _ in sources], axis=0) + 1e-3 * self._popularity
        excluded = {*liked, *(self._column[act] for act in taste.disliked if act in self._column)}
        order = [column for column in np.argsort(-total, kind="stable") if column not in excluded]
        return [self._explained(int(column), float(total[column]), sources) for column in order[:count]]

    def _sources(self, taste: Taste, liked: list[int]) -> list[_Source]:
        sources: list[_Source] = []
        names = [self._acts[column].name for column in liked]
        if liked:
            sources.append(("similar", self._alike[liked].sum(axis=0), (self._alike[liked], names)))
            together = self._others[liked]
            if together.any():
                sources.append(("others", together.sum(axis=0), (together, names)))
        if taste.genres:
            genres = [{genre: 1.0} for genre in taste.genres]
            by_genre = self._similarities_to(genres, mean_tag_vectors(genres, self._tag_vectors))
            sources.append(("genre", by_genre.sum(axis=0), (by_genre, taste.genres)))
        sources += self._sources_of_played(taste.played)
        return sources or [("popular", self._popularity, (np.zeros((0, len(self._acts)), np.float32), []))]

    def _sources_of_played(self, played: Mapping[str, float]) -> list[_Source]:
        if self._model is None or self._arm is None:
            return []
        most = sorted(played, key=lambda name: -played[name])[:MAX_PLAYED_ARTISTS]
        columns = list(dict.fromkeys(self._artists[key] for key in map(comparable_name, most) if key in self._artists))
        if not columns:
            return []
        names = [self._model.names[column] for column in columns]
        described = self._similarities_to([self._model.tags[c] for c in columns], self._model.vectors[columns])
        sources: list[_Source] = [("similar", described.sum(axis=0), (described, names))]
        if (self._known >= 0).any():
            row = sp.csr_matrix(
                (np.ones(len(columns), np.float32), (np.zeros(len(columns), int), columns)),
                shape=(1, len(self._model.names)),
            )
            scores = standardized(self._arm.scores(row))[0]
            elsewhere = np.where(self._known >= 0, scores[self._known], np.float32(0))
            together = self._model.walk[columns][:, np.maximum(self._known, 0)].toarray() * (self._known >= 0)
            sources.append(("others", elsewhere, (together, names)))
        return sources

    def _similarities_to(
        self, tags: Sequence[Mapping[str, float]], vectors: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return Descriptions(tags, self._frequencies, vectors).similarities(self._described)

    def _similar_acts(self) -> NDArray[np.float32]:
        """Return (m, m) similarities; acts that the programme calls similar gain as much as the most alike have."""
        alike = self._described.similarities(self._described)
        np.fill_diagonal(alike, 0)
        most = float(alike.max(initial=0.0))
        for act in self._acts:
            for other in act.similar:
                if (column := self._column.get(other)) is not None:
                    alike[self._column[act.id], column] += most
                    alike[column, self._column[act.id]] += most
        return alike

    def _explained(self, column: int, score: float, sources: list[_Source]) -> Recommendation:
        """Return the recommendation with the single like, artist or genre that adds most to its strongest source."""
        kind, _, (contributions, names) = max(sources, key=lambda source: float(_standardized(source[1])[column]))
        if kind == "popular" or not contributions[:, column].any():
            return Recommendation(self._acts[column].id, score, "popular", "")
        return Recommendation(self._acts[column].id, score, kind, names[int(contributions[:, column].argmax())])


class _CachedTagVectors:
    """Vectors of tags, each encoded once; attendees name the same few genres."""

    def __init__(self, tag_vectors: TagVectors) -> None:
        self._encode = lru_cache(maxsize=4096)(lambda tag: tag_vectors([tag])[0])
        self._none = tag_vectors([])

    def __call__(self, tags: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._encode(tag) for tag in tags]) if tags else self._none


_Source = tuple[ReasonKind, NDArray[np.float32], tuple[NDArray[np.float32], list[str]]]
"""Kind, (m,) scores of acts, and what they are made of: (k, m) contributions of k named things."""


def _description(act: Act, heard: Mapping[str, float]) -> dict[str, float]:
    tags = dict(heard)
    tags |= dict.fromkeys(act.moods, MOOD_WEIGHT) | dict.fromkeys(act.genres, GENRE_WEIGHT)
    if act.language:
        tags[act.language] = LANGUAGE_WEIGHT
    return tags


def _standardized(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(standardized(scores[None])[0], np.float32)
