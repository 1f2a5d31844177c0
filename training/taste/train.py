"""Train models/taste: `python -m training.taste.train --data DIR`, some seconds on one core.

DIR has `user_artists.dat`, `artists.dat` and `tags.csv` of Last.fm 2K (HetRec 2011). Artists with fewer than five
listeners are left out. The settings were chosen on a fifth of the training plays of the public split; README.md has the
figures, `pulso evaluate recommend DIR` measures them again.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import numpy as np
import yaml

from processors.models.inference import ModelCard, models_folder, sha256_of
from processors.recommendations.arms import MatrixFactorizationArm, random_walk
from processors.recommendations.content import mean_tag_vectors
from processors.recommendations.evaluation import FEW_LISTENERS
from processors.recommendations.listening_files import TaggedPlays, read_tagged_plays
from processors.recommendations.taste_model import FILE_NAME, TasteModel
from processors.support.encoder import Encoder

MIN_ARTISTS_OF_TAG = 2
"""Tags of one artist only relate it to nothing."""


def fit(data: TaggedPlays) -> TasteModel:
    """Return factors, neighbours and tags of the artists that enough people play."""
    listeners = np.asarray(data.plays.matrix.sum(axis=0)).ravel()
    known = data.plays.restricted_to(listeners >= FEW_LISTENERS)
    by_listeners = np.argsort(-np.asarray(known.matrix.sum(axis=0)).ravel(), kind="stable")
    plays = known.matrix[:, by_listeners].tocsr()
    artists = [known.artists[column] for column in by_listeners]
    counts: dict[str, int] = {}
    for artist in artists:
        for tag in data.tags.get(artist, {}):
            counts[tag] = counts.get(tag, 0) + 1
    tags = tuple(
        {
            tag: float(np.log1p(users))
            for tag, users in sorted(data.tags.get(artist, {}).items())
            if counts[tag] >= MIN_ARTISTS_OF_TAG
        }
        for artist in artists
    )
    names = tuple(data.names.get(artist, artist) for artist in artists)
    factors = MatrixFactorizationArm.fit(plays).factors
    vectors = mean_tag_vectors(tags, lambda texts: Encoder.load().encode(texts).vectors)
    return TasteModel(names, tuple(factors), random_walk(plays).similarities, tags, vectors)


def main() -> None:
    """Write model.npz and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = models_folder() / "taste"
    folder.mkdir(exist_ok=True)
    model = fit(read_tagged_plays(parser.parse_args().data))
    model.save(folder / FILE_NAME)
    card = ModelCard(
        name="taste",
        version="1.0",
        date=date.today().isoformat(),  # noqa: DTZ011 - the day of training
        task="Scores of artists for the artists that a listener plays: item factors of alternating least squares from "
        "three starts, neighbours of a random walk, tags and their sentence vectors. In: names of artists. Out: a "
        "score of each artist.",
        sha256=sha256_of(folder / FILE_NAME),
        parameters=sum(one.size for one in model.factors) + model.walk.nnz,
        data=["Last.fm 2K (HetRec 2011, Cantador et al.): 92,834 plays by 1,892 users, and tags; research use"],
        split="The model is fitted on all plays. Its figures are of the same method on the public split of the same "
        "source (LightGCN's), whose test plays chose nothing; settings were chosen on a fifth of the training plays.",
        metrics={
            "public split, test plays": {"recall_at_20": 0.2836, "ndcg_at_20": 0.2226},
            "artists with fewer than five listeners, by tags": {"recall_at_20": 0.0893, "ndcg_at_20": 0.0911},
        },
        settings={"artists": len(model.names), "factors": int(model.factors[0].shape[1])},
        limits=[
            "Listeners of 2011, most of them in Europe and America; newer artists are recommended by their tags only.",
            "Artists with fewer than five listeners are not in it.",
        ],
        made_by="python -m training.taste.train --data DIR",
        licence="Apache-2.0",
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=120)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
