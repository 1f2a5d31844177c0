"""Topic classification by example: kernel-weighted nearest examples, to which staff corrections are added.

A mail is compared with each example of a topic twice: by the cosine of the embeddings, and by the agreement of the
request kind probabilities. The product of both is summed over the topic's examples, so that one example or correction
that is very near decides alone, and several that are fairly near decide together (kernel classification; Nadaraya,
1964; Watson, 1964). docs/models/topic-classification.md has the formulas and the figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import yaml
from msgspec import Meta, Struct
from numpy.typing import NDArray

from processors.support.requests import RequestAnalysis, RequestClassifier
from schemas.errors import PulsoError
from schemas.fields import LONGEST_TOPIC
from schemas.support import MailTopic

Vector = NDArray[np.float32]

KERNEL_SHARPNESS = 8.0
"""Sharpness s of the kernel exp(s · cosine); chosen with `BREADTH_EXPONENT` on the half `choose` of the festival mails,
half of the intents of Banking77, event ticketing and Spanish commands."""

BREADTH_EXPONENT, MIN_DIVISOR = 0.5, 0.5
"""Power of its breadth by which the weight of a topic is divided, and lower bound of the divisor: a topic that nothing
is near to ("thank you") must not gain more than twice.

The breadth is the mean weight that the topic has for the examples of the others: a topic whose examples are near to
everything ("I want my money back") would take the mails of its neighbours."""

MIN_KIND_AGREEMENT = 0.01
"""Agreement of request kinds that any two texts have, so that topics of no known kind are still found by meaning."""

MIN_TOPIC_WEIGHT = 2.0
"""Weight below which a mail has no topic.

On the half `choose` of the festival mails it costs one mail in a hundred and fifty that was right; two of five mails
whose topic was removed stay without one."""

OTHER_WEIGHT = 4.0
"""Weight of "none of the topics" in the confidence, which keeps that of a weak best topic low."""

SENTENCE_WEIGHT = 0.25
"""Weight of the surest sentence beside the whole mail."""

MIN_SECOND_CONFIDENCE, MIN_SECOND_SHARE = 0.6, 0.2
"""Confidence of a sentence, and of the whole mail, in another topic from which a mail has a second topic."""

PHATIC_KINDS: Final = ("nothing asked", "thanks and praise")
"""Request kinds that do not count where something else in the mail asks something."""

_MIN_ASKING_PROBABILITY = 0.3
"""Probability of all other kinds of a sentence from which a mail asks something."""


class TopicsFileError(PulsoError, ValueError):
    """The file of topics can't be used; the message states where and why."""


class TopicSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One topic of the file of topics.

    Attributes:
        examples: texts as customers write them.
        names: name by language, for staff who read another language than that of the topic's own name.
    """

    examples: Annotated[list[str], Meta(min_length=1)]
    names: dict[str, str] = {}


def read_topics(path: Path) -> dict[str, TopicSettings]:
    """Read YAML `{topic: {examples: [text, …], names: {language: name}}}`, or shorter `{topic: [text, …]}`.

    Raises:
        TopicsFileError: the file is not valid, or a topic has no examples.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise TopicsFileError(f"{path}: {error}") from error
    if not isinstance(content, dict) or not content:
        raise TopicsFileError(f"{path} must be {{topic: [example, …]}}")
    topics: dict[str, TopicSettings] = {}
    for name, value in content.items():
        if not 1 <= len(str(name).strip()) <= LONGEST_TOPIC:
            raise TopicsFileError(
                f"{path}: {str(name)[:20]!r} is not a valid topic: its name must have 1 to {LONGEST_TOPIC} letters"
            )
        try:
            topics[str(name)] = msgspec.convert(
                {"examples": value} if isinstance(value, list) else value, TopicSettings
            )
        except msgspec.ValidationError as error:
            raise TopicsFileError(
                f"{path}: topic {name!r} needs a list of examples, each a text, and may have names by language: {error}"
            ) from error
    return topics


def topic_names(topics: Mapping[str, TopicSettings]) -> dict[str, dict[str, str]]:
    """Return the names by topic and language."""
    return {name: topic.names for name, topic in topics.items()}


def topic_examples(topics: Mapping[str, TopicSettings]) -> dict[str, list[str]]:
    """Return the examples by topic."""
    return {name: topic.examples for name, topic in topics.items()}


class TopicClassifier:
    """Classifies mails by topic.

    Args:
        examples: texts by topic.
        requests: the classifier that analyzes the mails.

    >>> from processors.support.encoder import Encoder
    >>> requests = RequestClassifier.load(Encoder.load())
    >>> topics = TopicClassifier({"parking": ["Where can I park?"], "refund": ["I want my money back"]}, requests)
    >>> text = "Hola, vamos cinco. ¿Dónde dejamos el coche?"
    >>> whole, sentences = requests.analyze([text]), requests.analyze(["¿Dónde dejamos el coche?"])
    >>> topics.classify(whole, sentences)[0].name
    'parking'
    """

    def __init__(self, examples: Mapping[str, Sequence[str]], requests: RequestClassifier) -> None:
        self._requests = requests
        self._phatic = np.array([name in PHATIC_KINDS for name in requests.names])
        self.names = list(examples)
        self._examples = {name: requests.analyze(texts) for name, texts in examples.items()}
        self._breadths = self._measure_breadths()

    def with_examples(self, examples: Iterable[tuple[str, str]]) -> TopicClassifier:
        """Return a classifier with more examples, which may be of new topics.

        Args:
            examples: topic and text of each.
        """
        by_topic: dict[str, list[str]] = {}
        for topic, text in examples:
            by_topic.setdefault(topic, []).append(text)
        extended = TopicClassifier({}, self._requests)
        extended._examples = dict(self._examples)
        for topic, texts in by_topic.items():
            extended._add_examples(topic, texts)
        extended.names = list(extended._examples)
        extended._breadths = extended._measure_breadths()
        return extended

    def _add_examples(self, topic: str, texts: Sequence[str]) -> None:
        new, old = self._requests.analyze(texts), self._examples.get(topic)
        self._examples[topic] = new if old is None else RequestAnalysis.stack([old, new])

    def classify(self, whole: RequestAnalysis, sentences: RequestAnalysis) -> list[MailTopic]:
        """Return the topic of a mail, and a second one if it asks two or may be of either; an empty list if none.

        Args:
            whole: analysis of the whole text, one row.
            sentences: analysis of its sentences; no row if there is only one.
        """
        if not self.names:
            return []
        weights = self._weights(whole.vectors, self.request_distribution(whole, sentences)[None])[0]
        best = int(weights.argmax())
        if weights[best] < MIN_TOPIC_WEIGHT:
            return []
        confidences = weights / (weights.sum() + OTHER_WEIGHT)
        surest = np.zeros(len(confidences))
        if len(sentences.vectors) > 1:
            asking = sentences.probabilities * ~self._phatic
            by_sentence = self._weights(sentences.vectors, asking)
            by_sentence *= asking.sum(axis=1, keepdims=True) / (by_sentence.sum(axis=1, keepdims=True) + OTHER_WEIGHT)
            surest = by_sentence.max(axis=0)
            confidences = (confidences + SENTENCE_WEIGHT * surest) / (1 + SENTENCE_WEIGHT)
        best = int(confidences.argmax())
        topics = [MailTopic(name=self.names[best], confidence=float(confidences[best]))]
        surest[best] = confidences[best] = 0
        for others, least in ((surest, MIN_SECOND_CONFIDENCE), (confidences, MIN_SECOND_SHARE)):
            second = int(others.argmax())
            if others[second] >= least:
                return [*topics, MailTopic(name=self.names[second], confidence=float(others[second]))]
        return topics

    def asking_weights(self, sentences: RequestAnalysis) -> NDArray[np.float32]:
        """Return the probability that each sentence asks something, (n,)."""
        out: NDArray[np.float32] = (sentences.probabilities * ~self._phatic).sum(axis=1)
        return out

    def request_distribution(self, whole: RequestAnalysis, sentences: RequestAnalysis) -> NDArray[np.float32]:
        """Return the request kinds of a mail, (kinds,): half from the whole, half from what asks something in it."""
        probabilities: NDArray[np.float32] = whole.probabilities[0]
        if len(sentences.probabilities) < 2:
            return probabilities
        asking = np.concatenate([whole.probabilities, sentences.probabilities]) * ~self._phatic
        if asking.sum(axis=1).max() < _MIN_ASKING_PROBABILITY:
            return probabilities
        out: NDArray[np.float32] = (probabilities + asking.sum(axis=0) / asking.sum()) / 2
        return out

    def topic_sentence(self, topic: str, sentences: RequestAnalysis) -> int | None:
        """Return the index of the sentence with the largest weight for a topic."""
        if topic not in self._examples or not len(sentences.vectors):
            return None
        weights = self._weights(sentences.vectors, sentences.probabilities * ~self._phatic)
        return int(weights[:, self.names.index(topic)].argmax())

    def _measure_breadths(self) -> NDArray[np.float64]:
        """Return the divisors of the topics' weights, (topics,), with the geometric mean 1 before their lower bound."""
        if len(self._examples) < 2:
            return np.ones(len(self._examples))
        every = RequestAnalysis.stack(list(self._examples.values()))
        own = np.repeat(np.arange(len(self._examples)), [len(one.vectors) for one in self._examples.values()])
        weights = self._kernel_weights(every.vectors, every.probabilities)
        others = own[:, None] != np.arange(len(self._examples))
        breadths = (weights * others).sum(axis=0) / others.sum(axis=0)
        logs = BREADTH_EXPONENT * np.log(breadths)
        out: NDArray[np.float64] = np.maximum(np.exp(logs - logs.mean()), MIN_DIVISOR)
        return out

    def _weights(self, vectors: Vector, probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the weights of all topics for n texts, (n, topics)."""
        return self._kernel_weights(vectors, probabilities) / self._breadths

    def _kernel_weights(self, vectors: Vector, probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the weights without regard to how broad a topic is, (n, topics)."""
        columns = []
        for examples in self._examples.values():
            agreement = probabilities @ examples.probabilities.T + MIN_KIND_AGREEMENT
            kernel = np.exp(KERNEL_SHARPNESS * (vectors @ examples.vectors.T))
            columns.append((agreement * kernel).sum(axis=1) / np.sqrt(len(examples.vectors)))
        return np.stack(columns, axis=1).astype(np.float64)
