"""Taste model, learnt from what many people play: factors, neighbours and descriptions of known artists, in one file.

The file `model.npz` lies in `models/taste` beside its card. training/taste makes it from Last.fm 2K.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from processors.accents import comparable_name
from processors.models.inference import checked_weights, models_folder
from processors.recommendations.arms import (
    BlendedArm,
    MatrixFactorizationArm,
    SimilarArtistsArm,
    collaborative_blend,
)

FILE_NAME = "model.npz"


@dataclass(frozen=True, slots=True)
class TasteModel:
    """Artists that many people play.

    Attributes:
        names: of m artists.
        factors: one (m, d) float32 array for each start of the matrix factorization.
        walk: (m, m) probabilities of the random walk.
        tags: weight of each tag, for each artist.
        vectors: (m, 256) float32 mean sentence vectors of the tags.
        identity: name and hash, as results give it.
    """

    names: tuple[str, ...]
    factors: tuple[NDArray[np.float32], ...]
    walk: sp.csr_matrix
    tags: tuple[dict[str, float], ...]
    vectors: NDArray[np.float32]
    identity: str = ""

    def arm(self) -> BlendedArm:
        """Return the collaborative arm over the artists of this model."""
        return collaborative_blend(MatrixFactorizationArm(list(self.factors)), SimilarArtistsArm(self.walk))

    def columns(self) -> dict[str, int]:
        """Return the column of each artist by its comparable name; the better-known one where two are the same."""
        return {comparable_name(name): column for column, name in reversed(list(enumerate(self.names)))}

    def save(self, path: Path) -> None:
        """Write the file; factors and probabilities in half precision."""
        vocabulary = sorted({tag for one in self.tags for tag in one})
        column = {tag: index for index, tag in enumerate(vocabulary)}
        described = [(column[tag], weight) for one in self.tags for tag, weight in one.items()]
        np.savez_compressed(
            path,
            factors=np.stack(self.factors).astype(np.float16),
            walk_data=self.walk.data.astype(np.float16),
            walk_indices=self.walk.indices.astype(np.int32),
            walk_indptr=self.walk.indptr.astype(np.int32),
            vectors=self.vectors.astype(np.float16),
            names=_as_bytes(list(self.names)),
            vocabulary=_as_bytes(vocabulary),
            tag_columns=np.array([tag for tag, _ in described], np.int32),
            tag_weights=np.array([weight for _, weight in described], np.float16),
            tag_counts=np.array([len(one) for one in self.tags], np.int32),
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> TasteModel:
        """Load the shipped model, or the one in `folder`/taste, checked against its card.

        Raises:
            ModelError: the model is incomplete or does not match its card.
        """
        card, path = checked_weights((folder or models_folder()) / "taste", FILE_NAME)
        return cls.read(path, f"{card.name}@{card.sha256[:12]}")

    @classmethod
    def read(cls, path: Path, identity: str = "") -> TasteModel:
        """Read a file that `save` wrote."""
        with np.load(path) as file:
            names, vocabulary = _as_texts(file["names"]), _as_texts(file["vocabulary"])
            walk = (file["walk_data"].astype(np.float32), file["walk_indices"], file["walk_indptr"])
            described = zip(file["tag_columns"].tolist(), file["tag_weights"].tolist(), strict=True)
            tags = tuple(
                {vocabulary[tag]: weight for tag, weight in (next(described) for _ in range(count))}
                for count in file["tag_counts"].tolist()
            )
            return cls(
                names=tuple(names),
                factors=tuple(file["factors"].astype(np.float32)),
                walk=sp.csr_matrix(walk, shape=(len(names), len(names))),
                tags=tags,
                vectors=file["vectors"].astype(np.float32),
                identity=identity,
            )


def _as_bytes(texts: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8)


def _as_texts(array: NDArray[np.uint8]) -> list[str]:
    return [str(text) for text in json.loads(array.tobytes())]
