"""Evaluation of recommendations: known artists, artists that nobody has played, and festivals by their line-ups."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from processors.festival.tables import FestivalTables, read_festival
from processors.recommendations.act_recommender import ActRecommender, Taste
from processors.recommendations.arms import (
    Arm,
    MatrixFactorizationArm,
    PopularityArm,
    collaborative_blend,
    cosine_neighbours,
    linear_autoencoder,
    random_walk,
    standardized,
)
from processors.recommendations.content import (
    Descriptions,
    TagVectors,
    content_neighbours,
    inverse_document_frequencies,
    mean_tag_vectors,
)
from processors.recommendations.interactions import Interactions
from processors.recommendations.lineups import lineup_scores, simulated_lineups
from processors.recommendations.listening_files import (
    ListeningFileError,
    TaggedPlays,
    read_public_split,
    read_tagged_plays,
)
from processors.recommendations.ranking_metrics import best, graded_ndcg, recall_and_ndcg
from processors.recommendations.song2vec import SongVectorsArm
from schemas.ids import ActId

BEST = 20
"""Length of the lists that are scored."""

FEW_LISTENERS = 5
"""Artists with fewer listeners are hidden from the training and then recommended by their tags alone."""

FESTIVALS, ACTS = 200, 30
"""Simulated line-ups, and acts on each."""

HIDDEN_LIKES = 0.4
"""Share of an attendee's likes that is hidden, to be recommended from the others."""

BEST_ACTS = 10
"""Length of the list of acts that is scored."""

Progress = Callable[[int, int], None]
Figures = dict[str, float]


def evaluate(
    folder: Path, tag_vectors: TagVectors, *, seed: int = 0, progress: Progress = lambda done, total: None
) -> dict[str, Figures | int]:
    """Measure the arms on the listening data of a folder.

    Args:
        folder: with `train.txt` and `test.txt` in it or in `public_split/`; or with `user_artists.dat`, `artists.dat`
            and `tags.csv`; or with `acts.csv` and `listeners.csv` of a festival; or with several of these.
        tag_vectors: sentence encoder for tags.
        seed: of splits and of simulated line-ups.
        progress: is given the number of steps done and of all.

    Raises:
        ListeningFileError: neither is there, or a file is invalid.
    """
    split = next((one for one in (folder, folder / "public_split") if (one / "train.txt").is_file()), None)
    tagged = (folder / "user_artists.dat").is_file()
    festival = (folder / "listeners.csv").is_file()
    if split is None and not tagged and not festival:
        raise ListeningFileError(
            f"{folder}: no train.txt and test.txt, no user_artists.dat, and no listeners.csv; name another folder"
        )
    report: dict[str, Figures | int] = {}
    steps = (split is not None) + 2 * tagged + festival
    if split is not None:
        train, test = read_public_split(split)
        report |= known_artists(train, test)
        progress(1, steps)
    if tagged:
        plays = read_tagged_plays(folder)
        report["hidden artists"] = hidden_artists(plays, tag_vectors)
        progress((split is not None) + 1, steps)
        report["festivals"] = festivals(plays, seed)
    if festival:
        report["acts"] = acts_of_festival(read_festival(folder), tag_vectors, seed)
    progress(steps, steps)
    return report


def known_artists(train: Interactions, test: Interactions) -> dict[str, Figures | int]:
    """Return recall and NDCG of each arm; artists that the listener is known to play are not recommended."""
    factorization, walk = MatrixFactorizationArm.fit(train.matrix), random_walk(train.matrix)
    arms: dict[str, Arm] = {
        "popularity": PopularityArm(train.matrix),
        "nearest neighbours": cosine_neighbours(train.matrix),
        "linear autoencoder": linear_autoencoder(train.matrix),
        "song2vec": SongVectorsArm.fit(train.matrix),
        "random walk": walk,
        "matrix factorization": factorization,
        "combined": collaborative_blend(factorization, walk),
    }
    report: dict[str, Figures | int] = {"listeners": len(train.listeners), "artists": len(train.artists)}
    for name, arm in arms.items():
        begin = time.perf_counter()
        chosen = best(arm.scores(train.matrix), BEST, exclude=train.matrix)
        seconds = time.perf_counter() - begin
        recall, ndcg = recall_and_ndcg(chosen, test.matrix)
        report[name] = {
            "recall_at_20": float(recall.mean()),
            "ndcg_at_20": float(ndcg.mean()),
            "recall_standard_error": float(recall.std() / np.sqrt(len(recall))),
            "milliseconds_per_listener": 1000 * seconds / len(train.listeners),
        }
    return report


def hidden_artists(data: TaggedPlays, tag_vectors: TagVectors) -> Figures:
    """Hide artists with few listeners, and rank them among each other by their tags.

    The baseline ranks them by the number of tags that people gave; the number of listeners of a hidden artist is what
    is to be predicted, so it is no baseline, but its recall is given as the limit of what popularity can reach.
    """
    listeners = np.asarray(data.plays.matrix.sum(axis=0)).ravel()
    known = data.plays.restricted_to(listeners >= FEW_LISTENERS)
    hidden = data.plays.restricted_to(listeners < FEW_LISTENERS)
    known_tags, hidden_tags = _weights(data, known), _weights(data, hidden)
    frequencies = inverse_document_frequencies([*known_tags, *hidden_tags])
    vectors = mean_tag_vectors([*known_tags, *hidden_tags], tag_vectors)
    played = Descriptions(known_tags, frequencies, vectors[: len(known_tags)])
    new = Descriptions(hidden_tags, frequencies, vectors[len(known_tags) :])
    tagged = np.array([sum(one.values()) for one in hidden_tags], np.float32)
    scored = {
        "by_tags": content_neighbours(played, new).scores(known.matrix),
        "popularity": np.tile(tagged, (known.matrix.shape[0], 1)),
        "listeners_of_hidden_artists": PopularityArm(hidden.matrix).scores(known.matrix),
    }
    figures: Figures = {"hidden": len(hidden.artists), "hidden_with_tags": int(new.described.sum())}
    for name, scores in scored.items():
        recall, ndcg = recall_and_ndcg(best(scores, BEST), hidden.matrix)
        figures[f"recall_at_20_{name}"] = float(recall.mean())
        figures[f"ndcg_at_20_{name}"] = float(ndcg.mean())
    return figures


def festivals(data: TaggedPlays, seed: int) -> Figures:
    """Rank simulated festivals for each listener; a festival's gain is the number of its acts that were held out.

    Line-ups are simulated, so the figures compare arms and say nothing of real festivals.
    """
    listeners = np.asarray(data.plays.matrix.sum(axis=0)).ravel()
    known = data.plays.restricted_to(listeners >= FEW_LISTENERS)
    train, test = known.split(0.2, seed)
    tags = _weights(data, known)
    lineups = simulated_lineups(
        tags, np.asarray(train.matrix.sum(axis=0), np.float64).ravel() + 1, festivals=FESTIVALS, acts=ACTS, seed=seed
    )
    gains = np.asarray((test.matrix @ lineups.T).todense(), np.float64)
    factorization, walk = MatrixFactorizationArm.fit(train.matrix), random_walk(train.matrix)
    scores = factorization.scores(train.matrix)
    blend = collaborative_blend(factorization, walk).scores(train.matrix)
    ranked = {
        "popularity_summed": _summed(PopularityArm(train.matrix).scores(train.matrix), lineups),
        "matrix_factorization_summed": _summed(scores, lineups),
        "combined_summed": _summed(blend, lineups),
        "combined_by_expected_plays": lineup_scores(blend, lineups, train.matrix),
    }
    return {f"ndcg_at_5_{name}": float(graded_ndcg(one, gains, 5).mean()) for name, one in ranked.items()}


def acts_of_festival(tables: FestivalTables, tag_vectors: TagVectors, seed: int) -> Figures:
    """Hide a part of each attendee's likes, and recommend acts from the rest; popularity is the baseline."""
    generator = np.random.default_rng(seed)
    recommender = ActRecommender(list(tables.acts.values()), tag_vectors)
    kept: list[list[ActId]] = []
    hidden: list[set[ActId]] = []
    for listener in tables.listeners.values():
        is_hidden = generator.random(len(listener.liked)) < HIDDEN_LIKES
        kept.append([act for act, hide in zip(listener.liked, is_hidden, strict=True) if not hide])
        hidden.append({act for act, hide in zip(listener.liked, is_hidden, strict=True) if hide})
    recommender.learn_from_attendees(kept)
    by_popularity = sorted(tables.acts.values(), key=lambda act: -act.popularity)
    recalls: dict[str, list[float]] = {"recommended": [], "popularity": []}
    milliseconds = []
    for listener, likes, wanted in zip(tables.listeners.values(), kept, hidden, strict=True):
        if not wanted:
            continue
        taste = Taste(liked=likes, disliked=list(listener.disliked), genres=list(listener.genres))
        begin = time.perf_counter()
        chosen = [one.act for one in recommender.recommend(taste, BEST_ACTS)]
        milliseconds.append(1000 * (time.perf_counter() - begin))
        known = {*likes, *listener.disliked}
        popular = [act.id for act in by_popularity if act.id not in known][:BEST_ACTS]
        for name, acts in (("recommended", chosen), ("popularity", popular)):
            recalls[name].append(len(wanted.intersection(acts)) / min(BEST_ACTS, len(wanted)))
    return {
        "attendees": len(milliseconds),
        "recall_at_10": float(np.mean(recalls["recommended"])),
        "recall_at_10_popularity": float(np.mean(recalls["popularity"])),
        "milliseconds_p95": float(np.percentile(milliseconds, 95)),
    }


def _summed(scores: np.ndarray, lineups: sp.csr_matrix) -> np.ndarray:
    return np.asarray(standardized(scores) @ lineups.T.toarray(), np.float32)


def _weights(data: TaggedPlays, plays: Interactions) -> list[dict[str, float]]:
    """Return the weight of each tag of each artist: logarithmic in the number of listeners who gave it."""
    return [
        {tag: float(np.log1p(users)) for tag, users in data.tags.get(artist, {}).items()} for artist in plays.artists
    ]
