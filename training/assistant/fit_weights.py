"""Fit the weights of the conditional logit that chooses approved answers, and cross-validate it.

`python -m training.assistant.fit_weights FESTIVAL` prints the weights for `processors.assistant.approved_answers`,
and the shares of right, wrong and handed-over questions at several probabilities. FESTIVAL is a folder with `faq.csv`
and the other tables; `paraphrases.txt` names the answer that each question should get, `-` for none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.model_selection import KFold

from processors.assistant.approved_answers import AnswerIndex
from processors.assistant.asked_facts import holds_asked_fact
from processors.assistant.festival import Festival
from processors.assistant.lexicon import concepts, lexicon
from processors.assistant.text import normalise
from processors.festival.tables import read_festival
from processors.support.encoder import Encoder
from processors.support.requests import RequestClassifier

PARAPHRASES = Path(__file__).with_name("paraphrases.txt")
FOLDS, L2, CLOSED = 8, 0.001, -30.0
LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7)

Rows = NDArray[np.float64]


def main(folder: Path) -> None:
    """Print the weights and the cross-validated figures."""
    tables = read_festival(folder)
    requests = RequestClassifier.load(Encoder.load())
    festival = Festival(tables, is_word=requests.encoder.is_word)
    indices = {language: AnswerIndex(tables.answers, language, requests) for language in ("es", "en")}
    names = [answer.id for answer in tables.answers]
    features, usable, right = [], [], []
    for line in PARAPHRASES.read_text(encoding="utf-8").splitlines():
        wanted, language, text = line.split("|")
        index, words = indices[language], festival.corrector.correct(normalise(text))
        topics, signals = concepts().names("concepts", words), lexicon().names("signals", words)
        features.append(index.features(text, words, topics))
        usable.append([holds_asked_fact(words, signals, index.text(answer)) for answer in tables.answers])
        right.append([name == wanted for name in names] + [wanted == "-"])
    x, v, y = np.array(features), np.array(usable), np.array(right, float)
    found = np.zeros((len(x), x.shape[1] + 1))
    for train, test in KFold(FOLDS, shuffle=True, random_state=1).split(x):
        found[test] = probabilities(fitted(x[train], v[train], y[train]), x[test], v[test])
    best = found[:, :-1].argmax(axis=1)
    chance, good = found[np.arange(len(x)), best], y[np.arange(len(x)), best] > 0
    answerable = y[:, -1] == 0
    for limit in LIMITS:
        given = chance >= limit
        shares = (good & given)[answerable].mean(), (given & ~good).mean(), (~given)[~answerable].mean()
        print(f"{limit:.1f}: right {shares[0]:.3f}, wrong {shares[1]:.3f}, handed over {shares[2]:.3f}")
    print(fitted(x, v, y).round(3).tolist())


def probabilities(weights: Rows, x: Rows, usable: NDArray[np.bool_]) -> Rows:
    """Return the probabilities of each answer and of none, (questions, answers + 1)."""
    utility = np.where(usable, x @ weights[:-1], CLOSED)
    utility = np.column_stack([utility, np.full(len(x), weights[-1])])
    exponentials = np.exp(utility - utility.max(axis=1, keepdims=True))
    shares: Rows = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


def fitted(x: Rows, usable: NDArray[np.bool_], right: Rows) -> Rows:
    """Return the weights of the features, at least 0, and the utility of none, by penalised maximum likelihood."""

    def loss(weights: Rows) -> tuple[float, Rows]:
        shares = probabilities(weights, x, usable)
        chance = (shares * right).sum(axis=1).clip(1e-9)
        slope = shares * right / chance[:, None] - shares
        gradient = np.append(np.einsum("nk,nkf->f", slope[:, :-1] * usable, x), slope[:, -1].sum())
        penalty = L2 * len(x) * np.append(weights[:-1], 0)
        return float(-np.log(chance).sum() + 0.5 * (penalty * weights).sum()), penalty - gradient

    start = np.append(np.full(x.shape[2], 3.0), 6.0)
    bounds = [(0, None)] * x.shape[2] + [(None, None)]
    solution: Rows = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return solution


if __name__ == "__main__":
    main(Path(sys.argv[1]))
