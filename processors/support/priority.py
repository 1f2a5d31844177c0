"""Priority of a mail: urgency of its texts, then kernel-weighted nearest examples of high, normal and low.

1. **Urgent** if the log odds of `UrgencyModel` reach its threshold. A mail of a word or three is urgent only if it
   names a danger or is no more than a call for help; one of up to six words if it does. An automatic reply must name
   one, or leave no doubt.
2. Otherwise the class with the largest kernel sum over example mails (kernel classification; Nadaraya, 1964; Watson,
   1964) with the kernel exp(12 · cosine), plus keyword signs.

docs/models/urgency.md has the formulas and the figures.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import yaml
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.danger_words import is_call_for_help, names_danger
from processors.support.fraud_signs import MAX_CHARACTERS, is_sales_pitch
from processors.support.mail_analysis import AnalyzedMail
from processors.support.requests import RequestClassifier
from processors.support.signature import is_phone_note
from processors.support.urgency import UrgencySigns, urgency_signs
from processors.support.urgency_model import UrgencyModel
from processors.support.words import fold_text

Vectors = NDArray[np.float32]
Priority = Literal["urgent", "high", "normal", "low"]
PRIORITIES: Final[tuple[Priority, ...]] = ("urgent", "high", "normal", "low")

EXAMPLES_FILE = Path(__file__).with_name("priorities.yaml")

KERNEL_SHARPNESS = 12.0
"""Sharpness s of the kernel exp(s · cosine), at which the four or five nearest examples decide."""

DEFAULT_NORMAL_COSINE = 0.35
"""Cosine of an additional normal example, so that a mail that is like no example is normal."""

SIGN_LOG_ODDS = (1.5, 0.7, 0.7)
"""Log odds that a keyword sign of urgent, high or low adds; a sign alone does not outweigh a clear meaning."""

MIN_HIGH_PROBABILITY = 0.85
"""Probability of high of one sentence from which the whole mail is high."""

AUTOMATIC_LOG_ODDS = 3.0
"""Log odds above the threshold from which an automatic reply or a sales pitch is urgent although it names no danger."""

_MIN_TEXT_CHARACTERS, _MIN_WORDS = 2, 4
"""Characters and words of a mail below which it says too little."""

_MAX_PHRASE_WORDS = 6
"""Words of a mail in which a phrase that names a danger is enough: none of 1,725 mails is calm then."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_FILE_NAME = re.compile(r"\S*(?:\w_\w|\d)\S*|\S+\.(?:jpe?g|png|gif|heic|pdf|docx?|mp4|mov|zip|txt)\b", re.IGNORECASE)
"""A word; numbers and names of files ("IMG_2034") say nothing."""


class PriorityDecision(Struct, frozen=True):
    """Priority of a mail, and the sentence that caused it."""

    priority: Priority
    sentence: int | None = None
    """Index of the most urgent sentence; None if the mail as a whole caused the priority."""


class PriorityClassifier:
    """Classifies the priority of mails.

    Args:
        requests: the classifier that analyzed the mails.

    Raises:
        ModelError: the urgency model is incomplete, or was trained with another encoder.

    >>> from datetime import UTC, datetime
    >>> from processors.support.encoder import Encoder
    >>> from processors.support.mail_analysis import analyze_mail
    >>> from schemas.support import Mail
    >>> requests = RequestClassifier.load(Encoder.load())
    >>> priorities = PriorityClassifier(requests)
    >>> def classify(text: str) -> str:
    ...     mail = Mail(id="m", thread="t", time=datetime(2026, 7, 4, tzinfo=UTC), text=text)
    ...     return priorities.classify(analyze_mail(mail, requests)).priority
    >>> classify("Hay una pelea junto a la barra"), classify("My boy is missing!"), classify("Where is the exit?")
    ('urgent', 'urgent', 'normal')
    """

    def __init__(self, requests: RequestClassifier) -> None:
        self._requests = requests
        self._examples = _example_vectors(requests)
        self._urgency = UrgencyModel.load(requests.encoder)

    def classify(self, analysis: AnalyzedMail) -> PriorityDecision:
        """Return the priority of a mail."""
        if len(analysis.text.strip()) < _MIN_TEXT_CHARACTERS:
            return PriorityDecision("low")
        signs = urgency_signs(analysis.text)
        worst = self._most_urgent(analysis, signs)
        if worst is not None:
            return PriorityDecision("urgent", worst - 1 if worst else None)
        if analysis.automatic:
            return PriorityDecision("low")
        whole = self._probabilities(signs, analysis.whole.vectors[0])
        priority = PRIORITIES[1 + int(whole[1:].argmax())]
        if priority == "high" and not signs.high and _word_count(analysis) < _MIN_WORDS:
            priority = "normal"
        if not analysis.sentences:
            return PriorityDecision(priority)
        by_sentence = np.stack(
            [
                self._probabilities(urgency_signs(sentence), vector)
                for sentence, vector in zip(analysis.sentences, analysis.by_sentence.vectors, strict=True)
            ]
        )
        worst = int(by_sentence[:, 1].argmax())
        if priority != "high" and by_sentence[worst, 1] >= MIN_HIGH_PROBABILITY:
            return PriorityDecision("high", worst)
        return PriorityDecision(priority)

    def _most_urgent(self, analysis: AnalyzedMail, signs: UrgencySigns) -> int | None:
        """Return the index of the text that makes a mail urgent, 0 for the whole mail; None if it is not."""
        folded = fold_text(analysis.text)
        if is_call_for_help(folded):
            return 0
        named = signs.urgent or names_danger(folded)
        words = _word_count(analysis)
        if not analysis.automatic and (words < _MIN_WORDS or (named and words <= _MAX_PHRASE_WORDS)):
            return 0 if named else None
        odds, worst = self._urgency.log_odds(analysis)
        doubtful = not named and (analysis.automatic or is_sales_pitch(folded[:MAX_CHARACTERS]))
        doubt = AUTOMATIC_LOG_ODDS if doubtful else 0.0
        return worst if odds >= self._urgency.min_log_odds + doubt else None

    def _probabilities(self, signs: UrgencySigns, vector: Vectors) -> NDArray[np.float64]:
        """Return the probabilities of the four priorities, (4,)."""
        if not vector.any():
            # No word piece is in the vocabulary of the encoder: only the keyword signs are left.
            odds = np.array([3.0 * signs.urgent, 2.0 * signs.high, 1.0, 1.5 * signs.low])
        else:
            kernels = [np.exp(KERNEL_SHARPNESS * (examples @ vector).astype(np.float64)) for examples in self._examples]
            kernels[2] = np.append(kernels[2], np.exp(KERNEL_SHARPNESS * DEFAULT_NORMAL_COSINE))
            # Σ/√n is between a mean and a sum: the number of examples says a little about how frequent a priority is.
            odds = np.array([np.log(kernel.sum() / np.sqrt(len(kernel))) for kernel in kernels])
            hints = (signs.urgent, signs.high, signs.low)
            odds[[0, 1, 3]] += [weight * hint for weight, hint in zip(SIGN_LOG_ODDS, hints, strict=True)]
        exponentials = np.exp(odds - odds.max())
        out: NDArray[np.float64] = exponentials / exponentials.sum()
        return out


def _word_count(analysis: AnalyzedMail) -> int:
    """Return the number of words of a mail, without the names of files and what a telephone adds."""
    return 0 if is_phone_note(analysis.text) else len(_WORD.findall(_FILE_NAME.sub(" ", analysis.text)))


@lru_cache(maxsize=4)
def _example_vectors(requests: RequestClassifier) -> list[Vectors]:
    examples = yaml.safe_load(EXAMPLES_FILE.read_text(encoding="utf-8"))
    return [requests.vectors(examples[name]) for name in PRIORITIES]
