"""Priority of a mail: danger in one of its sentences, then kernel-weighted nearest examples of high, normal and low.

1. **Urgent** if the log odds of danger of one sentence (`RequestClassifier`), corrected by keyword signs and by how
   calm the whole mail is, reach a threshold. A mail of a word or three, and an automatic reply, must name a danger;
   one that is named in a language that the models do not know, or no more than a call for help, is enough.
2. Otherwise the class with the largest kernel sum over example mails (kernel classification; Nadaraya, 1964; Watson,
   1964) with the kernel exp(12 · cosine), plus keyword signs.

docs/models/urgency.md has the formulas and the figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import yaml
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.mail_analysis import AnalyzedMail
from processors.support.requests import RequestAnalysis, RequestClassifier
from processors.support.signature import is_phone_note
from processors.support.urgency import UrgencySigns, urgency_signs

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

URGENT_LOG_ODDS, DANGER_SIGN_LOG_ODDS, HARMLESS_SIGN_LOG_ODDS = -2.1, 0.75, -1.5
"""Log odds of danger from which a sentence makes a mail urgent; and what a word that names a danger, and a phrase about
lost things, rules or places, add to them.

Chosen, as `CALM_WEIGHT`, on one half of the festival mails and danger mails; training/requests/README.md gives the
figures of the other half."""

OTHER_LANGUAGE_LOG_ODDS = 0.0
"""The same for a mail that names no danger in a language that the model was not trained on, whose odds are noise."""

CALM_WEIGHT, MIN_CALM_LOG_ODDS = 0.8, -2.5
"""Weight with which the log odds of the whole mail lower those of its sentences, and the lower bound of the former.

"The children can't sleep" is danger by itself, and not in a mail about loud music. The bound keeps a clear call for
help urgent in the politest mail. This halves the false alarms at the same recall."""

KIND_WEIGHT, MIN_KIND_PROBABILITY = 0.6, 0.01
"""Weight of the log odds of the dangerous request kinds beside those of danger, and the lower bound of their
probability."""

_MIN_TEXT_CHARACTERS, _MIN_WORDS = 2, 4
"""Characters of a mail, and words of a mail or a sentence, below which they say too little."""

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

    def classify(self, analysis: AnalyzedMail) -> PriorityDecision:
        """Return the priority of a mail.

        Danger is sought in each sentence, because a long mail as a whole is calm even with a call for help in it.
        """
        if len(analysis.text.strip()) < _MIN_TEXT_CHARACTERS:
            return PriorityDecision("low")
        signs = [urgency_signs(text) for text in (analysis.text, *analysis.sentences)]
        worst = self._most_dangerous(analysis, signs)
        if worst is not None:
            return PriorityDecision("urgent", worst - 1 if worst else None)
        if analysis.automatic:
            return PriorityDecision("low")
        whole = self._probabilities(signs[0], analysis.whole.vectors[0])
        priority = PRIORITIES[1 + int(whole[1:].argmax())]
        if priority == "high" and not signs[0].high and _word_count(analysis) < _MIN_WORDS:
            priority = "normal"
        if not analysis.sentences:
            return PriorityDecision(priority)
        by_sentence = np.stack(
            [
                self._probabilities(of_sentence, vector)
                for of_sentence, vector in zip(signs[1:], analysis.by_sentence.vectors, strict=True)
            ]
        )
        worst = int(by_sentence[:, 1].argmax())
        if priority != "high" and by_sentence[worst, 1] >= MIN_HIGH_PROBABILITY:
            return PriorityDecision("high", worst)
        return PriorityDecision(priority)

    def _most_dangerous(self, analysis: AnalyzedMail, signs: Sequence[UrgencySigns]) -> int | None:
        """Return the index of the text that makes a mail urgent, 0 for the whole mail; None if it is not."""
        if signs[0].call:
            return 0
        danger = self._danger_log_odds(analysis, signs)
        foreign = [index for index, one in enumerate(signs) if one.foreign]
        worst = foreign[-1] if foreign else int(danger.argmax())
        if analysis.automatic or _word_count(analysis) < _MIN_WORDS:
            named = signs[0].urgent or signs[0].foreign
            few = not analysis.automatic  # one word that names a danger is all that somebody in danger may write
            return worst if named and (few or danger[worst] >= URGENT_LOG_ODDS) else None
        if foreign:
            return worst
        if analysis.language != "other" or signs[0].urgent:
            return worst if danger[worst] >= URGENT_LOG_ODDS else None
        # In a language that the model does not know, a phrase about a lost thing or a rule outweighs its odds.
        danger = np.where([one.harmless for one in signs], -np.inf, danger)
        worst = int(danger.argmax())
        return worst if danger[worst] >= OTHER_LANGUAGE_LOG_ODDS else None

    def _danger_log_odds(self, analysis: AnalyzedMail, signs: Sequence[UrgencySigns]) -> NDArray[np.float64]:
        """Return the corrected log odds of danger of the whole mail, then of each sentence; `signs` in that order."""
        texts = (analysis.text, *analysis.sentences)
        rows = RequestAnalysis.stack([analysis.whole, analysis.by_sentence])
        kinds = rows.probabilities[:, self._requests.dangerous].sum(axis=1)
        kinds = np.clip(kinds, MIN_KIND_PROBABILITY, 1 - MIN_KIND_PROBABILITY)
        danger = (rows.danger_log_odds + KIND_WEIGHT * np.log(kinds / (1 - kinds))) / (1 + KIND_WEIGHT)
        calm = min(0.0, max(MIN_CALM_LOG_ODDS, float(danger[0])))
        named = np.array([one.urgent for one in signs])
        harmless = np.array([one.harmless for one in signs])
        # A fragment such as a subject says too little to alarm anyone, unless it names a danger or is the whole mail.
        fragment = np.array([index > 0 and len(text.split()) < _MIN_WORDS for index, text in enumerate(texts)])
        corrected = danger + DANGER_SIGN_LOG_ODDS * named + HARMLESS_SIGN_LOG_ODDS * harmless
        danger = np.where(fragment & ~named, -np.inf, corrected)
        danger[1:] += CALM_WEIGHT * calm
        return danger

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
