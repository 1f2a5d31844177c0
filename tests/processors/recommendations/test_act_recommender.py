from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from processors.accents import comparable_name
from processors.recommendations.act_recommender import ActRecommender, Taste
from processors.recommendations.content import mean_tag_vectors
from processors.recommendations.taste_model import TasteModel
from schemas.ids import ActId
from schemas.programme import Act


def letters(tags: Sequence[str]) -> NDArray[np.float32]:
    """Vectors by letters, in place of the sentence encoder."""
    vectors = np.array([[tag.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for tag in tags], np.float32)
    return (
        vectors.reshape(len(tags), 26) / np.maximum(np.linalg.norm(vectors.reshape(len(tags), 26), axis=1), 1)[:, None]
    )


def act(name: str, *genres: str, similar: tuple[str, ...] = (), popularity: float = 0.5) -> Act:
    return Act(id=ActId(name), name=name, genres=genres, similar=tuple(map(ActId, similar)), popularity=popularity)


ACTS = [
    act("Faro", "rock", "indie"),
    act("Nube", "rock"),
    act("Cobre", "jazz", "piano"),
    act("Lima", "jazz"),
    act("Olmo", "folk", similar=("Faro",)),
    act("Zarza", "techno", popularity=0.9),
]


def recommended(taste: Taste, recommender: ActRecommender | None = None) -> list[str]:
    return [one.act for one in (recommender or ActRecommender(ACTS, letters)).recommend(taste, 3)]


def test_liked_act_brings_those_described_alike_with_the_reason() -> None:
    first, second, *_ = ActRecommender(ACTS, letters).recommend(Taste(liked=[ActId("Faro")]), 3)
    assert {first.act, second.act} == {"Nube", "Olmo"}
    assert (first.reason, first.because) == ("similar", "Faro")


def test_refused_act_is_not_recommended() -> None:
    taste = Taste(liked=[ActId("Faro")], disliked=[ActId("Nube")])
    assert "Nube" not in recommended(taste)
    assert "Faro" not in recommended(taste)


def test_named_genre_is_the_reason() -> None:
    first = ActRecommender(ACTS, letters).recommend(Taste(genres=["jazz"]), 1)[0]
    assert (first.act, first.reason, first.because) == ("Lima", "genre", "jazz")


def test_unknown_taste_gets_the_best_known_acts() -> None:
    first = ActRecommender(ACTS, letters).recommend(Taste(), 1)[0]
    assert (first.act, first.reason, first.because) == ("Zarza", "popular", "")


def test_likes_of_other_attendees_count() -> None:
    recommender = ActRecommender(ACTS, letters)
    before = recommended(Taste(liked=[ActId("Cobre")]), recommender)
    recommender.learn_from_attendees([[ActId("Cobre"), ActId("Zarza")]] * 20 + [[ActId("Faro")]] * 20)
    after = recommender.recommend(Taste(liked=[ActId("Cobre")]), 3)
    assert before[0] == "Lima"
    assert ("Zarza", "others", "Cobre") in [(one.act, one.reason, one.because) for one in after]


def test_unknown_acts_and_artists_are_ignored() -> None:
    taste = Taste(liked=[ActId("nobody")], disliked=[ActId("none")], played={"No One": 3.0})
    assert recommended(taste) == recommended(Taste())


@pytest.fixture
def model() -> TasteModel:
    names = ("Nübe", "The Jazzers")
    tags: tuple[dict[str, float], ...] = ({"rock": 1.0}, {"jazz": 2.0})
    walk = sp.csr_matrix(np.array([[0, 0.5], [0.5, 0]], np.float32))
    factors = np.random.default_rng(0).normal(size=(2, 64)).astype(np.float32)
    return TasteModel(names, (factors,), walk, tags, mean_tag_vectors(tags, letters))


def test_imported_plays_are_known_by_comparable_names(model: TasteModel) -> None:
    recommender = ActRecommender(ACTS, letters, model)
    first = recommender.recommend(Taste(played={"the jazzers": 12.0}), 1)[0]
    assert first.act == "Lima"
    assert first.because == "The Jazzers"


def test_model_file_keeps_everything(tmp_path: Path, model: TasteModel) -> None:
    model.save(tmp_path / "model.npz")
    read = TasteModel.read(tmp_path / "model.npz", "taste@1")
    assert read.names == model.names
    assert read.tags == model.tags
    assert np.allclose(read.factors[0], model.factors[0], atol=1e-2)
    assert np.allclose(read.walk.toarray(), model.walk.toarray())
    assert read.identity == "taste@1"


def test_shipped_model_matches_its_card() -> None:
    model = TasteModel.load()
    assert len(model.names) == len(model.tags) == model.factors[0].shape[0] == model.walk.shape[0]
    assert model.columns()[comparable_name("BJÖRK")] == model.columns()["bjork"]


@pytest.mark.parametrize(
    ("name", "expected"), [("AC/DC", "ac dc"), ("!!!", "!!!"), ("Mónica Naranjo", "monica naranjo")]
)
def test_comparable_names(name: str, expected: str) -> None:
    assert comparable_name(name) == expected
