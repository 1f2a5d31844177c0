"""Search of approved answers in the language of the question: a conditional logit with the option "none of them".

Each answer is compared with the question by meaning (embeddings), by words (BM25; Robertson et al., 1994), by topics
of a thesaurus, weighted by how rare they are among the answers, and by the kinds of request that the request
classifier of mails sees in both. A conditional logit (McFadden, 1974) turns these features into a probability for
each answer and one for none.
docs/models/assistant.md has the figures; training/assistant fits the weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from processors.assistant.asked_facts import holds_asked_fact
from processors.assistant.lexicon import BEYOND_TABLES, concepts, lexicon
from processors.assistant.text import normalise
from processors.festival.tables import ApprovedAnswer
from processors.support.requests import RequestClassifier
from processors.support.words import content_words

WEIGHTS = np.array([1.548, 1.272, 1.04, 1.002, 4.105, 2.514, 1.076, 0.378, 0.0, 2.347])
"""Weights of the features, in the order of `AnswerIndex.features`, fitted on training/assistant."""

NONE = 8.2
"""Utility of "none of them", fitted with the weights."""

MIN_PROBABILITY = 0.5
"""Probability from which an answer is given: cross-validated, 4 % of the questions then get a wrong one."""

ANSWER_TOPIC_WEIGHT = 0.75
"""Weight of a topic that only the answer has, beside one that the approved question has."""

LIST_TOPIC = "prohibited"
"""Topic of an approved question whose answer is a list of things, each of which may be asked about."""

_WORD, _SENTENCE_END = re.compile(r"\w+"), re.compile(r"(?<=[.;:])\s+")

STEM = 5
"""Letters of a word that are compared."""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An approved answer, and the probability that it is the right one."""

    answer: ApprovedAnswer
    probability: float


class AnswerIndex:
    """Index of approved answers in one language.

    Args:
        answers: the answers.
        language: `es` or `en`.
        requests: request classifier, with its encoder.
    """

    def __init__(self, answers: tuple[ApprovedAnswer, ...], language: str, requests: RequestClassifier) -> None:
        self.answers = answers
        self._requests = requests
        self._weights: dict[str, float] = {}
        self._questions = [one.question_es if language == "es" else one.question_en for one in answers]
        self._texts = [one.answer_es if language == "es" else one.answer_en for one in answers]
        analysis = requests.analyze(self._questions)
        self._question_vectors, self._kinds = analysis.encoder_vectors, np.sqrt(analysis.probabilities)
        self._text_vectors = requests.encoder.encode(self._texts).vectors
        parts = [[part for part in _SENTENCE_END.split(text) if part] or [text] for text in self._texts]
        self._first_sentences = np.cumsum([0, *(len(one) for one in parts)])[:-1]
        self._sentence_vectors = requests.encoder.encode([part for one in parts for part in one]).vectors
        names = concepts()
        self._question_topics = [names.names("concepts", normalise(text)) for text in self._questions]
        self._text_topics = [names.names("concepts", normalise(text)) for text in self._texts]
        both = [f"{question} {text}" for question, text in zip(self._questions, self._texts, strict=True)]
        self._stems = [{word[:STEM] for word in content_words(text)} for text in both]
        self._bm25 = bm25s.BM25()
        corpus = [_terms(f"{question} {text}") for question, text in zip(self._questions, both, strict=True)]
        self._vocabulary = {word for words in corpus for word in words}
        if corpus:
            self._bm25.index(corpus, show_progress=False)

    def text(self, answer: ApprovedAnswer) -> str:
        """Return the approved text of an answer."""
        return self._texts[self.answers.index(answer)]

    def find(self, text: str, words: str, signals: frozenset[str]) -> FoundAnswer | None:
        """Return the most probable answer to a question; None if none of them may answer it.

        Args:
            text: as it was asked.
            words: normalised, with misspelt words corrected.
            signals: meanings of the question: an answer to "how much" has an amount, and one to "when" a time.
        """
        if not self.answers or not words:
            return None
        topics = concepts().names("concepts", words)
        utility = self.features(text, words, topics) @ WEIGHTS
        rare = topics & BEYOND_TABLES
        for row, (question, approved) in enumerate(zip(self._question_topics, self._text_topics, strict=True)):
            if not rare <= question | approved or not holds_asked_fact(words, signals, self._texts[row]):
                utility[row] = -np.inf
        best = int(utility.argmax())
        largest = max(float(utility[best]), NONE)
        total = float(np.exp(utility - largest).sum()) + math.exp(NONE - largest)
        return FoundAnswer(self.answers[best], math.exp(float(utility[best]) - largest) / total)

    def features(self, text: str, words: str, topics: frozenset[str]) -> NDArray[np.float64]:
        """Return the features of each answer.

        Returns:
            (answers, 10): cosine with the approved question, with the answer, and with its nearest sentence; BM25
            divided by its largest value; share of the question's topics that the answer has, and of the approved
            question's topics that the question has; Bhattacharyya coefficient of the kinds of request; share of the
            question's words that the answer has; 1 if the question has a topic; share of the question's words that
            the answer has or has a topic of.
        """
        kinds = self._requests.analyze([text]).probabilities[0]
        vectors = self._requests.encoder_vectors([words, text])
        covered, precise = self._topic_scores(topics)
        stems = content_words(words)
        shared = [sum(word[:STEM] in own for word in stems) / max(len(stems), 1) for own in self._stems]
        columns: Sequence[NDArray[np.generic] | list[float]] = (
            (self._question_vectors @ vectors.T).max(axis=1),
            (self._text_vectors @ vectors.T).max(axis=1),
            self._best_sentence(vectors),
            self._bm25_scores(words),
            covered,
            precise,
            self._kinds @ np.sqrt(kinds),
            shared,
            np.full(len(self.answers), float(bool(topics))),
            self._explained(words),
        )
        return np.column_stack([np.asarray(column, np.float64) for column in columns])

    def _weight(self, topic: str) -> float:
        """Return the inverse document frequency of a topic."""
        if topic not in self._weights:
            self._weights[topic] = self._inverse_document_frequency(topic)
        return self._weights[topic]

    def _inverse_document_frequency(self, topic: str) -> float:
        having = sum(topic in question for question in self._question_topics)
        return math.log(1 + len(self.answers) / (0.5 + having + 0.3 * sum(topic in text for text in self._text_topics)))

    def _best_sentence(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        if not self.answers:
            return np.zeros(0)
        cosines = (self._sentence_vectors @ vectors.T).max(axis=1)
        return np.asarray(np.maximum.reduceat(cosines, self._first_sentences), np.float64)

    def _explained(self, words: str) -> NDArray[np.float64]:
        """Return the share of a question's words that each answer has, or has a topic of.

        Words that only say what kind of fact is asked for don't count.
        """
        asking = [(begin, end) for begin, end, _ in lexicon().spans("signals", words)]
        spans = concepts().spans("concepts", words)
        wanted = content_words(words)
        explained, counted = np.zeros(len(self.answers)), 0
        for match in _WORD.finditer(words):
            begin, end = match.span()
            named = concepts().names("concepts", match.group())
            named |= {name for first, last, name in spans if first <= begin and end <= last}
            if match.group() not in wanted or (not named and any(a <= begin and end <= b for a, b in asking)):
                continue
            counted += 1
            stem = match.group()[:STEM]
            rows = zip(self._question_topics, self._text_topics, self._stems, strict=True)
            explained += [bool(named & (question | text)) or stem in own for question, text, own in rows]
        return explained / max(counted, 1)

    def _listed_only(self, topics: frozenset[str]) -> frozenset[str]:
        """Return the topics of a list that no other answer has."""
        rows = zip(self._question_topics, self._text_topics, strict=True)
        others = frozenset(one for question, text in rows if text != topics for one in question | text)
        return topics - others

    def _bm25_scores(self, words: str) -> NDArray[np.float64]:
        """Return BM25 divided by the best score, times the share of the question's words that any answer has."""
        terms = _terms(words)
        known = [term for term in terms if term in self._vocabulary]
        if not known:
            return np.zeros(len(self.answers))
        scores = np.asarray(self._bm25.get_scores(known), np.float64)
        return scores / max(float(scores.max()), 1e-9) * len(known) / len(terms)

    def _topic_scores(self, topics: frozenset[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        weights = {topic: self._weight(topic) for topic in topics}
        total = sum(weights.values()) or 1.0
        covered, precise = np.zeros(len(self.answers)), np.zeros(len(self.answers))
        for row, (question, text) in enumerate(zip(self._question_topics, self._text_topics, strict=True)):
            shares = {topic: 1.0 if topic in question else ANSWER_TOPIC_WEIGHT * (topic in text) for topic in topics}
            covered[row] = sum(weights[topic] * share for topic, share in shares.items()) / total
            own = sum(self._weight(topic) for topic in question)
            precise[row] = sum(weights[topic] for topic in topics & question) / own if own else 0.0
            if LIST_TOPIC in question and topics and (topics <= text or topics & self._listed_only(text)):
                covered[row] = precise[row] = 1.0
        return covered, precise


def _terms(text: str) -> list[str]:
    """Return the first six letters of content words: a plain stem for Spanish and English."""
    return [word[:6] for word in content_words(text)]
