"""How a text sounds: negative, neutral or positive."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, open_model
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses

SentimentLabel = Literal["negative", "neutral", "positive"]


class SentimentClassifier:
    """Weighs how texts sound; safe to use from several threads.

    >>> encoder = Encoder.load()
    >>> sentiment = SentimentClassifier.load(encoder)
    >>> texts = ["Una vergüenza de organización, no vuelvo", "What a wonderful weekend, thank you!"]
    >>> [sentiment.of(text, encoder.encode([text]).vectors[0])[0] for text in texts]
    ['negative', 'positive']
    """

    def __init__(self, model: Model, encoder: Encoder) -> None:
        """Raises ModelError if a file is not the one of the card, or the model was made for another encoder."""
        settings = model.card.settings
        self.model = model
        self._names = [cast(SentimentLabel, name) for name in settings["sentiments"]]
        self._grams = CharNgramTfidf.of(model, encoder)

    @classmethod
    def load(cls, encoder: Encoder, folder: Path | None = None) -> SentimentClassifier:
        """The shipped model, or the one in `folder`/sentiment, checked against its card and the encoder.

        Raises:
            ModelError: the model folder is incomplete, or does not match its card or the encoder.
        """
        return cls(open_model("sentiment", folder=folder), encoder)

    def of(self, text: str, vector: NDArray[np.float32]) -> tuple[SentimentLabel, float]:
        """How a text most probably sounds, and the chance of that.

        Args:
            vector: of the text, as the encoder gives it.
        """
        pieces = self._grams.encode([without_addresses(text)])
        chances = self.model.session.run(["chances"], {"vectors": vector[None], "pieces": pieces})[0][0]
        best = int(chances.argmax())
        return self._names[best], float(chances[best])
