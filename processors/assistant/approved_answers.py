"""Search of approved answers in the language of the question: embeddings, BM25 and a thesaurus, fused by a weighted sum.

BM25 (Robertson et al., 1994) is that of `bm25s`. The thesaurus maps words to topics; a topic weighs as much as it is rare
among the answers (inverse document frequency). docs/models/assistant.md has the figures.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import bm25s
import numpy as np
from numpy.typing import NDArray

from processors.assistant.lexicon import BEYOND_TABLES, concepts
from processors.assistant.text import normalise
from processors.festival.tables import ApprovedAnswer
from processors.support.encoder import Encoder
from processors.support.words import content_words

MEANING_WEIGHT, WORDS_WEIGHT, TOPICS_WEIGHT, PRECISION_WEIGHT = 0.6, 0.1, 0.5, 0.3
"""Weights of the cosine, of BM25, of the topics of the question that an answer has, and of the topics of an approved
question that the question has. Chosen on the tuning half of training/assistant."""

MIN_SCORE = 0.75
"""Score from which an answer is given; chosen on the same half."""

ANSWER_TOPIC_WEIGHT = 0.75
"""Weight of a topic that only the answer has, beside one that the approved question has."""

LIST_TOPIC = "prohibited"
"""Topic of an approved question whose answer is a list of things, each of which may be asked about."""

AMOUNT = re.compile(r"[€$£%]|\b(?:gratis|free|gratuit\w*|sin coste|sin comision|no fee|euros?)\b")
CLOCK = re.compile(
    r"\d{1,2}:\d{2}|\b24 (?:horas|hours)|\d{1,2} (?:de )?(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|june|july|may|august)"
)


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An approved answer and its score.

    Attributes:
        covered: share of the topics of the question that the answer has, by weight; 1 without any topic.
    """

    answer: ApprovedAnswer
    score: float
    covered: float
    cosine: float


class AnswerIndex:
    """Index of approved answers in one language.

    Args:
        answers: the answers.
        language: `es` or `en`.
        encoder: source of the vectors.
    """

    def __init__(self, answers: tuple[ApprovedAnswer, ...], language: str, encoder: Encoder) -> None:
        self.answers = answers
        self._encoder = encoder
        self._questions = [one.question_es if language == "es" else one.question_en for one in answers]
        self._texts = [one.answer_es if language == "es" else one.answer_en for one in answers]
        self._question_vectors = encoder.encode(self._questions).vectors
        self._text_vectors = encoder.encode(self._texts).vectors
        names = concepts()
        self._question_topics = [names.names("concepts", normalise(text)) for text in self._questions]
        self._text_topics = [names.names("concepts", normalise(text)) for text in self._texts]
        self._bm25 = bm25s.BM25()
        corpus = [
            _stems(f"{question} {question} {text}") for question, text in zip(self._questions, self._texts, strict=True)
        ]
        self._vocabulary = {word for words in corpus for word in words}
        if corpus:
            self._bm25.index(corpus, show_progress=False)

    def weight(self, topic: str) -> float:
        """Return the inverse document frequency of a topic."""
        having = sum(topic in question for question in self._question_topics) + 0.3 * sum(
            topic in text for text in self._text_topics
        )
        return math.log(1 + len(self.answers) / (0.5 + having))

    def text(self, answer: ApprovedAnswer) -> str:
        """Return the approved text of an answer."""
        return self._texts[self.answers.index(answer)]

    def find(self, text: str, limit: int = 3) -> list[FoundAnswer]:
        """Return the best answers to a normalised question, best first."""
        if not self.answers or not text:
            return []
        cosine = self._cosines(text)
        words = self._bm25_scores(text)
        topics = concepts().names("concepts", text)
        covered, precise = self._topic_scores(topics)
        score = MEANING_WEIGHT * cosine + WORDS_WEIGHT * words + TOPICS_WEIGHT * covered + PRECISION_WEIGHT * precise
        score = np.where(self._lack(topics & BEYOND_TABLES), 0.0, score)
        best = np.argsort(-score)[:limit]
        return [
            FoundAnswer(
                self.answers[row], float(score[row]), float(covered[row]) if topics else 1.0, float(cosine[row])
            )
            for row in best
        ]

    def _cosines(self, text: str) -> NDArray[np.float64]:
        vector = self._encoder.encode([text]).vectors[0]
        questions, texts = self._question_vectors @ vector, self._text_vectors @ vector
        return np.asarray(np.maximum(questions, 0.85 * texts), np.float64)

    def _bm25_scores(self, text: str) -> NDArray[np.float64]:
        """Return BM25 divided by the best score of the answers, and by the share of words that no answer has."""
        stems = _stems(text)
        known = [stem for stem in stems if stem in self._vocabulary]
        if not known:
            return np.zeros(len(self.answers))
        scores = np.asarray(self._bm25.get_scores(known), np.float64)
        return scores / max(float(scores.max()), 1e-9) * len(known) / len(stems)

    def _lack(self, rare: frozenset[str]) -> NDArray[np.bool_]:
        """Return True for answers without one of the topics that festivals seldom have an answer to."""
        pairs = zip(self._question_topics, self._text_topics, strict=True)
        return np.array([not rare <= (question | text) for question, text in pairs])

    def _topic_scores(self, topics: frozenset[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        weights = {topic: self.weight(topic) for topic in topics}
        total = sum(weights.values()) or 1.0
        covered, precise = np.zeros(len(self.answers)), np.zeros(len(self.answers))
        for row, (question, text) in enumerate(zip(self._question_topics, self._text_topics, strict=True)):
            covered[row] = (
                sum(
                    w * (1.0 if t in question else ANSWER_TOPIC_WEIGHT if t in text else 0.0)
                    for t, w in weights.items()
                )
                / total
            )
            own = sum(self.weight(topic) for topic in question)
            precise[row] = sum(weights[topic] for topic in topics & question) / own if own else 0.0
            if LIST_TOPIC in question and topics and topics <= text:
                covered[row] = precise[row] = 1.0
        return covered, precise


def _stems(text: str) -> list[str]:
    """Return the first six letters of content words: a plain stem for Spanish and English."""
    return [word[:6] for word in content_words(text)]


def holds_asked_value(signals: frozenset[str], text: str) -> bool:
    """Return False if a price or a time is asked for and an answer has none.

    >>> holds_asked_value(frozenset({"price"}), "We open at 14:00."), holds_asked_value(frozenset({"price"}), "It costs €6.")
    (False, True)
    """
    folded = text.lower()
    if "price" in signals and not AMOUNT.search(folded):
        return False
    return (
        not ({"when", "open", "close"} & signals and "where" not in signals)
        or CLOCK.search(normalise(text)) is not None
        or CLOCK.search(folded) is not None
    )
