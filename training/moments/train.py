"""Fit the weights of links on the posts of one programme; those of the other are only for the report.

    python -m training.moments.train

Logistic regression on pairs of a post and a set near it in time (L2, C chosen by leave-one-writer-out log loss). The
limit of the probability is the lowest at which at most 5 % of the links of left-out writers are wrong. Both choices use
`ribera` only. The posts are our own writing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from processors.moments.evaluation import read_posts, read_programme
from processors.moments.linking import PostLinker
from processors.moments.meaning import PerformanceMeaning
from processors.support.encoder import Encoder

FOLDER = Path(__file__).parent / "ribera"
TARGET = Path(__file__).parents[2] / "processors" / "moments" / "link_weights.py"
STRENGTHS = (0.3, 1.0, 3.0)
MAX_WRONG = 0.05
LIMITS = np.arange(0.3, 0.91, 0.01)


def main() -> None:
    """Fit, choose, and write the weights."""
    sets = read_programme(FOLDER / "programme.csv")
    posts = read_posts(FOLDER / "posts.csv", sets)
    encoder = Encoder.load()
    meaning = PerformanceMeaning(lambda texts: encoder.encode(texts).vectors)
    linker = PostLinker({one.stage: () for one in sets})
    rows, labels, owners, ids = [], [], [], []
    for number, post in enumerate(posts):
        (score,) = meaning.scores([post.text])
        for one, features in linker.candidates(post.text, post.time, post.place, score, sets):
            rows.append(features)
            labels.append(one.id == post.set)
            owners.append(number)
            ids.append(one.id)
    names = sorted(rows[0])
    x = np.array([[row[name] for name in names] for row in rows])
    y, owner = np.array(labels), np.array(owners)
    writers = np.array([posts[number].writer for number in owners])
    losses, left_out = {}, {}
    for strength in STRENGTHS:
        chances = np.zeros(len(y))
        for writer in sorted(set(writers)):
            kept = writers != writer
            chances[~kept] = _fit(x[kept], y[kept], strength).predict_proba(x[~kept])[:, 1]
        left_out[strength] = chances
        clipped = np.clip(chances, 1e-6, 1 - 1e-6)
        losses[strength] = -np.mean(np.where(y, np.log(clipped), np.log(1 - clipped)))
    best = min(losses, key=lambda strength: losses[strength])
    limit = _limit(left_out[best], y, owner)
    model = _fit(x, y, best)
    weights = {name: round(float(value), 4) for name, value in zip(names, model.coef_[0], strict=True)}
    lines = "\n".join(f'    "{name}": {value},' for name, value in weights.items())
    TARGET.write_text(
        '"""Weights of the model of links, written by training/moments."""\n\n'
        f"BIAS = {float(model.intercept_[0]):.4f}\nMIN_CHANCE = {limit:.2f}\n"
        f'"""Probability from which a post is linked."""\n\nWEIGHTS: dict[str, float] = {{\n{lines}\n}}\n',
        encoding="utf-8",
    )
    print(f"C {best}, limit {limit:.2f}, losses {losses}")


def _fit(x: NDArray[np.float64], y: NDArray[np.bool_], strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=5_000).fit(x, y)


def _limit(chances: NDArray[np.float64], y: NDArray[np.bool_], owner: NDArray[np.int64]) -> float:
    """Return the lowest limit with few enough wrong links; the best candidate of each post counts."""
    best = np.array([max(np.flatnonzero(owner == number), key=lambda at: chances[at]) for number in np.unique(owner)])
    for limit in LIMITS:
        linked = best[chances[best] >= limit]
        if len(linked) and np.mean(~y[linked]) <= MAX_WRONG:
            right = np.sum(y[linked]) / np.sum(y)
            print(f"left-out writers: right {right:.3f}, wrong {np.mean(~y[linked]):.3f}")
            return float(limit)
    return float(LIMITS[-1])


if __name__ == "__main__":
    main()
