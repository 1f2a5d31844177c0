"""Priority of a mail: whether one of its sentences speaks of danger, and which examples of each priority it is near."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import yaml
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.mail_analysis import AnalyzedMail
from processors.support.requests import RequestClassifier
from processors.support.urgency import signs

Vectors = NDArray[np.float32]
Priority = Literal["urgent", "high", "normal", "low"]
PRIORITIES: Final[tuple[Priority, ...]] = ("urgent", "high", "normal", "low")

EXAMPLES = Path(__file__).with_name("priorities.yaml")

SHARPNESS = 12.0
"""of the kernel exp(12·cosine): the four or five nearest examples decide"""

USUAL = 0.35
"""cosine of an example of a normal mail that is always thought to be there: what is like nothing is nothing special"""

SIGN = (1.5, 0.7, 0.7)
"""what a sign of urgent, high or low adds to the log odds; a sign alone does not outweigh a clear meaning"""

SURE_HIGH = 0.85
"""probability from which one sentence of a mail is enough to raise the whole"""

SURE_URGENT, DANGER_SIGN, HARMLESS_SIGN = -2.1, 0.75, -1.5
"""Log odds of danger from which a sentence makes a mail urgent; what a word that names a danger adds to them, and words
that are of things lost, rules or places. Chosen, with `CALM_AROUND`, on one half of our festival mails and of our
danger mails: training/requests/README.md gives the figures of the other half."""

CALM_AROUND, CALMEST = 0.8, -2.5
"""How far a mail that is calm as a whole speaks against one of its sentences, and the log odds of danger below which it
counts as no calmer: "the children can't sleep" alarms by itself, and not in a mail about the music, while a clear cry
for help is heard in whatever politeness. It halves the false alarms at the same recall."""

KINDS_SAY, _CHANCE = 0.6, 0.01
"""weight of the chance that a sentence is of a dangerous kind, beside the log odds of danger; and its least"""

_SHORTEST, _FRAGMENT = 3, 4
"""letters of a mail and words of a sentence below which little is said"""


class PriorityDecision(Struct, frozen=True):
    """A priority, and the sentence that is the reason for it."""

    priority: Priority
    sentence: int | None = None
    """place of the sentence that is the most urgent; None when the mail as a whole gave it"""


class PriorityClassifier:
    """Examples of each priority, encoded.

    Args:
        requests: what read the mails that will be asked about.

    >>> from datetime import UTC, datetime
    >>> from processors.support.encoder import Encoder
    >>> from processors.support.mail_analysis import analyze_mail
    >>> from schemas.support import Mail
    >>> requests = RequestClassifier.load(Encoder.load())
    >>> priorities = PriorityClassifier(requests)
    >>> def ask(text: str) -> str:
    ...     mail = Mail(id="m", thread="t", time=datetime(2026, 7, 4, tzinfo=UTC), text=text)
    ...     return priorities.of(analyze_mail(mail, requests)).priority
    >>> ask("Hay una pelea junto a la barra"), ask("My little boy is missing!"), ask("Where is the emergency exit?")
    ('urgent', 'urgent', 'normal')
    """

    def __init__(self, requests: RequestClassifier) -> None:
        self._requests = requests
        self._examples = _encoded(requests)

    def of(self, read: AnalyzedMail) -> PriorityDecision:
        """Impact and urgency of a mail.

        Danger is sought in each sentence, because a cry for help drowns in politeness when a long mail is taken as one.
        """
        if read.mail.automatic or len(read.words.strip()) < _SHORTEST:
            return PriorityDecision("low")
        texts = (read.words, *read.sentences)
        both = read.whole.and_(read.each)
        kinds = np.clip(both.chances[:, self._requests.dangerous].sum(axis=1), _CHANCE, 1 - _CHANCE)
        danger = (both.danger + KINDS_SAY * np.log(kinds / (1 - kinds))) / (1 + KINDS_SAY)
        calm = min(0.0, max(CALMEST, float(danger[0])))
        said = [signs(text) for text in texts]
        named, harmless = (np.array([getattr(one, name) for one in said]) for name in ("urgent", "harmless"))
        # Two or three words of a subject say too little to alarm anyone, unless they name a danger or are all there is.
        short = np.array([at > 0 and len(text.split()) < _FRAGMENT for at, text in enumerate(texts)])
        danger = np.where(short & ~named, -np.inf, danger + DANGER_SIGN * named + HARMLESS_SIGN * harmless)
        danger[1:] += CALM_AROUND * calm
        worst = int(danger.argmax())
        if danger[worst] >= SURE_URGENT:
            return PriorityDecision("urgent", worst - 1 if worst else None)
        whole = self._probabilities(read.words, read.whole.vectors[0])
        found = PRIORITIES[1 + int(whole[1:].argmax())]
        if not read.sentences:
            return PriorityDecision(found)
        each = np.stack([self._probabilities(*one) for one in zip(read.sentences, read.each.vectors, strict=True)])
        worst = int(each[:, 1].argmax())
        if found != "high" and each[worst, 1] >= SURE_HIGH:
            return PriorityDecision("high", worst)
        return PriorityDecision(found)

    def _probabilities(self, text: str, vector: Vectors) -> NDArray[np.float64]:
        """Of the four priorities, (4,)."""
        said = signs(text)
        hints = (said.urgent, said.high, said.low)
        if not vector.any():
            # Not one piece is known to the encoder: only the words can speak.
            odds = np.array([3.0 * said.urgent, 2.0 * said.high, 1.0, 1.5 * said.low])
        else:
            near = [np.exp(SHARPNESS * (examples @ vector).astype(np.float64)) for examples in self._examples]
            near[2] = np.append(near[2], np.exp(SHARPNESS * USUAL))
            # Between a mean and a sum: more examples say a little about how usual a priority is.
            odds = np.array([np.log(one.sum() / np.sqrt(len(one))) for one in near])
            odds[[0, 1, 3]] += [sign * hint for sign, hint in zip(SIGN, hints, strict=True)]
        chances = np.exp(odds - odds.max())
        out: NDArray[np.float64] = chances / chances.sum()
        return out


@lru_cache(maxsize=4)
def _encoded(requests: RequestClassifier) -> list[Vectors]:
    examples = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return [requests.vectors(examples[name]) for name in PRIORITIES]
