"""Priority of a mail: which examples of each priority its sentences are nearest to, and what its words hint at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import yaml
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.encoder import Encoder
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

SURE_URGENT, SURE_HIGH = 0.6, 0.85
"""probability from which one sentence of a mail is enough to raise the whole"""

_SHORTEST = 3


class Ranked(Struct, frozen=True):
    """A priority, and the sentence that is the reason for it."""

    priority: Priority
    sentence: int | None = None
    """place of the sentence that is the most urgent; None when the mail as a whole gave it"""


class Priorities:
    """Examples of each priority, encoded.

    Args:
        encoder: the one whose vectors will be asked about.

    >>> priorities = Priorities(Encoder.load())
    >>> def ask(text: str) -> str:
    ...     return priorities.of(text, priorities.encoder.encode([text]).vectors[0]).priority
    >>> ask("Hay una pelea junto a la barra"), ask("My little boy is missing!"), ask("Where is the emergency exit?")
    ('urgent', 'urgent', 'normal')
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._examples = _encoded(encoder)

    def of(
        self,
        text: str,
        vector: Vectors,
        sentences: Sequence[str] = (),
        vectors: Vectors | None = None,
        *,
        automatic: bool = False,
    ) -> Ranked:
        """Impact and urgency of a mail.

        Danger is sought in each sentence, because a cry for help drowns in politeness when a long mail is taken as one.

        Args:
            text: the customer's own words.
            vector: of the whole text.
            sentences: of the text, if there are several; empty otherwise.
            vectors: theirs, (sentences, dimensions).
            automatic: an auto-reply or a bounce, which no one waits on.
        """
        if automatic or len(text.strip()) < _SHORTEST:
            return Ranked("low")
        whole = self._probabilities(text, vector)
        found = PRIORITIES[int(whole.argmax())]
        if vectors is None or not len(sentences):
            return Ranked(found)
        each = np.stack([self._probabilities(one, v) for one, v in zip(sentences, vectors, strict=True)])
        worst = int(each[:, 0].argmax())
        if found == "urgent" or each[worst, 0] >= SURE_URGENT:
            return Ranked("urgent", worst)
        worst = int(each[:, 1].argmax())
        if found != "high" and each[worst, 1] >= SURE_HIGH:
            return Ranked("high", worst)
        return Ranked(found)

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
def _encoded(encoder: Encoder) -> list[Vectors]:
    examples = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return [encoder.encode(examples[name]).vectors for name in PRIORITIES]
