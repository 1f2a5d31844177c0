"""Topics that the support desk names itself: each has examples, and corrections are examples, too.

A mail is compared with each example twice: by meaning, and by the kinds of request that both are likely to be
(`processors.support.requests`). The two are multiplied and summed over a topic's examples, so that one example, or
one correction, that is very near decides alone, and several that are fairly near decide together.
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
from schemas.support import MailTopic as Topic

Vector = NDArray[np.float32]

SHARPNESS = 6.0
"""of the kernel exp(6·cosine). With `FLOOR` chosen on one half of our festival mails; training/requests/README.md"""

FLOOR = 0.01
"""agreement of kinds that any two texts have, so that topics of which no kind is known still go by meaning"""

LEAST = 1.0
"""Weight below which a mail is about none of the topics. It costs none of our mails that were right, and lets two of
five mails whose topic was taken out be seen as new."""

DOUBT = 1.0
"""weight that is always thought to lie elsewhere: it keeps the confidence of a weak best low"""

BY_SENTENCE = 0.25
"""what the surest sentence adds to the confidences of the whole mail"""

SECOND_SENTENCE = 0.6
"""confidence of a sentence in another topic from which the mail has a second topic"""

QUIET: Final = ("nothing asked", "thanks and praise")
"""kinds that say nothing of what a mail asks, wherever something else in it does"""

_LOUD = 0.3
"""chance of any other kind in a sentence from which a mail asks something"""


class TopicsFileError(PulsoError, ValueError):
    """The file of topics can't be used."""


class TopicSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says of one topic.

    Attributes:
        examples: as people write them.
        names: by language, for people who read another one than that of the topic's own name.
    """

    examples: Annotated[list[str], Meta(min_length=1)]
    names: dict[str, str] = {}


def read_topics(path: Path) -> dict[str, TopicSettings]:
    """YAML `{topic: {examples: [text, …], names: {language: name}}}`, or shorter `{topic: [text, …]}`.

    Raises:
        TopicsFileError: not such a file, or a topic without examples.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise TopicsFileError(f"{path}: {error}") from error
    if not isinstance(given, dict) or not given:
        raise TopicsFileError(f"{path} must be {{topic: [example, …]}}")
    found: dict[str, TopicSettings] = {}
    for name, value in given.items():
        if not 1 <= len(str(name).strip()) <= LONGEST_TOPIC:
            raise TopicsFileError(f"{path}: a topic's name has 1 to {LONGEST_TOPIC} letters, unlike {str(name)[:20]!r}")
        try:
            found[str(name)] = msgspec.convert({"examples": value} if isinstance(value, list) else value, TopicSettings)
        except msgspec.ValidationError as error:
            raise TopicsFileError(
                f"{path}: topic {name!r} needs a list of examples, each a text, and may have names by language: {error}"
            ) from error
    return found


def topic_names(topics: Mapping[str, TopicSettings]) -> dict[str, dict[str, str]]:
    """Names by topic and language."""
    return {name: topic.names for name, topic in topics.items()}


def topic_examples(topics: Mapping[str, TopicSettings]) -> dict[str, list[str]]:
    """What `TopicClassifier` learns."""
    return {name: topic.examples for name, topic in topics.items()}


class TopicClassifier:
    """Which of the named topics a mail is about.

    Args:
        examples: texts by topic.

    >>> from processors.support.encoder import Encoder
    >>> requests = RequestClassifier.load(Encoder.load())
    >>> topics = TopicClassifier({"parking": ["Where can I park?"], "refund": ["I want my money back"]}, requests)
    >>> text = "Hola, vamos cinco. ¿Dónde dejamos el coche?"
    >>> whole, sentences = requests.analyze([text]), requests.analyze(["¿Dónde dejamos el coche?"])
    >>> topics.of(whole, sentences)[0].name
    'parking'
    """

    def __init__(self, examples: Mapping[str, Sequence[str]], requests: RequestClassifier) -> None:
        self._requests = requests
        self._quiet = np.array([name in QUIET for name in requests.names])
        self.names = list(examples)
        self._examples = {name: requests.analyze(texts) for name, texts in examples.items()}

    def with_examples(self, taught: Iterable[tuple[str, str]]) -> TopicClassifier:
        """The same topics and more examples, some of them perhaps of topics that are new.

        Args:
            taught: topic and text of each.
        """
        more: dict[str, list[str]] = {}
        for topic, text in taught:
            more.setdefault(topic, []).append(text)
        both = TopicClassifier({}, self._requests)
        both._examples = dict(self._examples)
        for topic, texts in more.items():
            both._add(topic, texts)
        both.names = list(both._examples)
        return both

    def _add(self, topic: str, texts: Sequence[str]) -> None:
        new, old = self._requests.analyze(texts), self._examples.get(topic)
        self._examples[topic] = new if old is None else old.and_(new)

    def of(self, whole: RequestAnalysis, sentences: RequestAnalysis) -> list[Topic]:
        """The topic of a mail, and a second one where it asks two things; empty when it is about none of them.

        Args:
            whole: the one text.
            sentences: of it; none if it has only one.
        """
        if not self.names:
            return []
        weights = self._weights(whole.vectors, self.asked(whole, sentences)[None])[0]
        best = int(weights.argmax())
        if weights[best] < LEAST:
            return []
        confidences = weights / (weights.sum() + DOUBT)
        if len(sentences.vectors) < 2:
            return [Topic(name=self.names[best], confidence=float(confidences[best]))]
        loud = sentences.chances * ~self._quiet
        each = self._weights(sentences.vectors, loud)
        each *= loud.sum(axis=1, keepdims=True) / (each.sum(axis=1, keepdims=True) + DOUBT)
        surest = each.max(axis=0)
        confidences = (confidences + BY_SENTENCE * surest) / (1 + BY_SENTENCE)
        best = int(confidences.argmax())
        found = [Topic(name=self.names[best], confidence=float(confidences[best]))]
        surest[best] = 0
        other = int(surest.argmax())
        if surest[other] >= SECOND_SENTENCE:
            found.append(Topic(name=self.names[other], confidence=float(surest[other])))
        return found

    def loud(self, sentences: RequestAnalysis) -> NDArray[np.float32]:
        """How far each sentence asks something, (n,)."""
        out: NDArray[np.float32] = (sentences.chances * ~self._quiet).sum(axis=1)
        return out

    def asked(self, whole: RequestAnalysis, sentences: RequestAnalysis) -> NDArray[np.float32]:
        """Kinds of request of a mail, (kinds,): half from all of it, half from its sentences that ask something."""
        chances: NDArray[np.float32] = whole.chances[0]
        if len(sentences.chances) < 2:
            return chances
        loud = np.concatenate([whole.chances, sentences.chances]) * ~self._quiet
        if loud.sum(axis=1).max() < _LOUD:
            return chances
        out: NDArray[np.float32] = (chances + loud.sum(axis=0) / loud.sum()) / 2
        return out

    def sentence(self, topic: str, sentences: RequestAnalysis) -> int | None:
        """Place of the sentence that asks most plainly for a topic."""
        if topic not in self._examples or not len(sentences.vectors):
            return None
        weights = self._weights(sentences.vectors, sentences.chances * ~self._quiet)
        return int(weights[:, self.names.index(topic)].argmax())

    def _weights(self, vectors: Vector, chances: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of n texts and all topics, (n, topics)."""
        columns = [
            ((chances @ examples.chances.T + FLOOR) * np.exp(SHARPNESS * (vectors @ examples.vectors.T))).sum(axis=1)
            / np.sqrt(len(examples.vectors))
            for examples in self._examples.values()
        ]
        return np.stack(columns, axis=1).astype(np.float64)
