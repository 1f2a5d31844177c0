"""Urgency of a mail: log odds that somebody must act within minutes, and the sentence that says so.

Three logistic regressions give log odds for the whole mail and for each sentence: over stems of words, over concepts of
seven languages, and over the sentence vector. A fourth one weighs, for each of them, the whole mail, the sentences that
are most and least urgent, and their sum, so that a story of danger in the past doesn't count; a sentence that would be
an urgent mail beyond doubt does, in the longest one. docs/models/urgency.md has the formulas and the figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import ModelError, checked_weights, models_folder
from processors.support.encoder import Encoder
from processors.support.mail_analysis import AnalyzedMail
from processors.support.urgency_terms import concept_terms, stem_terms, tokens_of

FILE_NAME = "model.npz"

FAMILIES: Final = ("stems", "concepts", "vectors")
"""Features of the three regressions, in the order of the rows of `UrgencyModel.text_log_odds`."""

POOLED = 6
"""Numbers that describe the log odds of a mail's texts by one regression."""

SENTENCE_DOUBT = 5.0
"""Log odds by which a sentence must be clearer than a mail: among twenty calm ones it decides alone, as in "by the
way, my wife is not breathing". Chosen so that most short urgent mails stand out among calm ones."""

MAX_LOG_ODDS = 20.0
"""Limit of the log odds of a text, so that their exponentials stay finite."""

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TermRegression:
    """Logistic regression over terms that are weighted by inverse document frequency, each text scaled to unit length.

    Attributes:
        weights: of each term, its inverse document frequency, and that times its coefficient.
        intercept: log odds of a text without known terms.
    """

    weights: Mapping[str, tuple[float, float]]
    intercept: float

    def log_odds(self, terms: set[str]) -> float:
        """Return the log odds of a text with these terms.

        >>> TermRegression({"fire": (3.0, 6.0), "thanks": (4.0, -4.0)}, -1.0).log_odds({"fire", "thanks", "new"})
        -0.6
        """
        known = [self.weights[term] for term in terms if term in self.weights]
        if not known:
            return self.intercept
        length = math.sqrt(sum(frequency * frequency for frequency, _ in known))
        return self.intercept + sum(product for _, product in known) / length


@dataclass(frozen=True, slots=True)
class UrgencyModel:
    """Regressions of the texts of a mail, and of the mail.

    Attributes:
        stems: regression over stems of words.
        concepts: regression over concepts.
        vector_weights: (256,) coefficients of the sentence vector.
        vector_intercept: its intercept.
        mail_weights: (3 · `POOLED` + 2,) coefficients of the mail's numbers.
        mail_intercept: its intercept.
        min_log_odds: log odds from which a mail is urgent.
    """

    stems: TermRegression
    concepts: TermRegression
    vector_weights: NDArray[np.float32]
    vector_intercept: float
    mail_weights: Rows
    mail_intercept: float
    min_log_odds: float

    def log_odds(self, analysis: AnalyzedMail) -> tuple[float, int]:
        """Return the log odds that a mail is urgent, and the index of its most urgent text: 0 for the whole mail."""
        vectors = np.vstack([analysis.whole.encoder_vectors, analysis.by_sentence.encoder_vectors])
        texts = (analysis.text, *analysis.sentences)
        odds = self.mail_log_odds(self.text_log_odds(texts, vectors), texts)
        return float(odds.max()), 1 + int(odds[1:].argmax()) if analysis.sentences else 0

    def mail_log_odds(self, by_text: Rows, texts: Sequence[str]) -> Rows:
        """Return the log odds that a mail is urgent: by all its texts, then by each sentence as if it were a mail.

        The latter are lowered by `SENTENCE_DOUBT`.
        """
        whole = mail_numbers(by_text, texts[0]) @ self.mail_weights
        # All numbers of a mail of one sentence are the log odds of that sentence.
        alone = by_text[:, 1:].T @ self.mail_weights[:-2].reshape(len(FAMILIES), POOLED).sum(axis=1)
        words = np.log1p([len(text.split()) for text in texts[1:]])
        alone = alone + np.log1p(1) * self.mail_weights[-2] + words * self.mail_weights[-1] - SENTENCE_DOUBT
        return np.concatenate([[whole], alone]) + self.mail_intercept

    def text_log_odds(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> Rows:
        """Return the log odds of n texts with their vectors by each regression, (3, n)."""
        tokens = [tokens_of(text) for text in texts]
        return np.array(
            [
                [self.stems.log_odds(stem_terms(one)) for one in tokens],
                [self.concepts.log_odds(concept_terms(one)) for one in tokens],
                (vectors @ self.vector_weights + self.vector_intercept).tolist(),
            ]
        )

    def save(self, path: Path) -> None:
        """Write the file; it holds all but `min_log_odds`, which the card has."""
        np.savez_compressed(
            path,
            vector_weights=self.vector_weights.astype(np.float32),
            mail_weights=self.mail_weights,
            intercepts=np.array(
                [self.stems.intercept, self.concepts.intercept, self.vector_intercept, self.mail_intercept]
            ),
            stems_terms=_terms(self.stems),
            stems_weights=_numbers(self.stems),
            concepts_terms=_terms(self.concepts),
            concepts_weights=_numbers(self.concepts),
        )

    @classmethod
    def load(cls, encoder: Encoder, folder: Path | None = None) -> UrgencyModel:
        """Load the shipped model, or the one in `folder`/urgency, checked against its card and the encoder.

        Raises:
            ModelError: the model is incomplete, or does not match its card or the encoder.
        """
        return _load((folder or models_folder()) / "urgency", encoder.model.card.sha256)


@lru_cache(maxsize=4)
def _load(folder: Path, encoder_sha256: str) -> UrgencyModel:
    card, path = checked_weights(folder, FILE_NAME)
    if card.settings.get("encoder_sha256") != encoder_sha256:
        raise ModelError(
            "models/urgency was trained with another encoder: run `python -m training.urgency.train`, or restore "
            "both with `git checkout models/`"
        )
    with np.load(path) as file:
        stems, concepts, vectors, mail = file["intercepts"].tolist()
        return UrgencyModel(
            stems=TermRegression(_term_weights(file, "stems"), stems),
            concepts=TermRegression(_term_weights(file, "concepts"), concepts),
            vector_weights=file["vector_weights"],
            vector_intercept=vectors,
            mail_weights=file["mail_weights"],
            mail_intercept=mail,
            min_log_odds=float(card.settings["min_log_odds"]),
        )


def mail_numbers(by_text: Rows, text: str) -> Rows:
    """Return the numbers that describe a mail, (3 · `POOLED` + 2,).

    Args:
        by_text: log odds of the whole mail, then of each sentence, (3, n); the mail is its only sentence if n is 1.
        text: of the mail.
    """
    sentences = by_text[:, 1:] if by_text.shape[1] > 1 else by_text
    ranked = np.sort(sentences, axis=1)[:, ::-1]
    clipped = np.clip(sentences, -MAX_LOG_ODDS, MAX_LOG_ODDS)
    pooled = np.column_stack(
        [
            by_text[:, 0],
            ranked[:, 0],
            ranked[:, min(1, ranked.shape[1] - 1)],
            ranked[:, -1],
            np.log(np.exp(clipped).sum(axis=1)),
            sentences.mean(axis=1),
        ]
    )
    return np.concatenate([pooled.ravel(), [np.log1p(by_text.shape[1]), np.log1p(len(text.split()))]])


def _terms(regression: TermRegression) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(regression.weights).encode("utf-8"), np.uint8)


def _numbers(regression: TermRegression) -> NDArray[np.float32]:
    return np.array(list(regression.weights.values()), np.float32)


def _term_weights(file: Mapping[str, NDArray[np.generic]], name: str) -> dict[str, tuple[float, float]]:
    terms = file[f"{name}_terms"].tobytes().decode("utf-8").split("\n")
    return {term: (row[0], row[1]) for term, row in zip(terms, file[f"{name}_weights"].tolist(), strict=True)}
