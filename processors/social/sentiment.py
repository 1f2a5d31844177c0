"""Sentiment of a text: negative, neutral or positive.

Logistic regression over the sentence embedding and TF-IDF of words, of pairs of words and of character n-grams.
docs/models/sentiment.md has the formula and the figures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, open_model
from processors.social.post_words import word_ngrams
from processors.support.char_ngrams import CharNgramTfidf
from processors.support.encoder import Encoder
from processors.support.mail_text import without_addresses

SentimentLabel = Literal["negative", "neutral", "positive"]


class SentimentClassifier:
    """Classifies the sentiment of texts; safe to use from several threads.

    >>> encoder = Encoder.load()
    >>> sentiment = SentimentClassifier.load(encoder)
    >>> texts = ["Una vergüenza de organización, no vuelvo", "What a wonderful weekend, thank you!"]
    >>> [sentiment.classify(text, encoder.encode([text]).vectors[0])[0] for text in texts]
    ['negative', 'positive']
    """

    def __init__(self, model: Model, encoder: Encoder) -> None:
        """Combine a model with the encoder that it was trained with.

        Raises:
            ModelError: a file differs from the card, or the model was trained with another encoder.
        """
        settings = model.card.settings
        self.model = model
        self._names = [cast(SentimentLabel, name) for name in settings["sentiments"]]
        self._pieces = CharNgramTfidf.for_model(model, encoder)
        self._words = CharNgramTfidf.for_model(model, encoder, name="words", ngrams=word_ngrams)

    @classmethod
    def load(cls, encoder: Encoder, folder: Path | None = None) -> SentimentClassifier:
        """Load the shipped model, or the one in `folder`/sentiment, checked against its card and the encoder.

        Raises:
            ModelError: the model folder is incomplete, or does not match its card or the encoder.
        """
        return cls(open_model("sentiment", folder=folder), encoder)

    def classify(self, text: str, vector: NDArray[np.float32]) -> tuple[SentimentLabel, float]:
        """Return the most probable sentiment, and its probability.

        Args:
            text: the text.
            vector: its embedding, (256,), from the encoder.
        """
        texts = [without_addresses(text)]
        inputs = {
            "vectors": vector[None],
            "pieces": self._pieces.transform(texts),
            "words": self._words.transform(texts),
        }
        probabilities = self.model.session.run(["chances"], inputs)[0][0]
        best = int(probabilities.argmax())
        return self._names[best], float(probabilities[best])
