"""The support desk: files every mail once, with cluster, topic, priority and suggestion, and learns from corrections.

All of its state is one row: a mail may start, extend, merge or split any cluster, and that must happen as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.support.answers import AnswerCatalogue
from processors.support.cluster import Cluster, ClusterExample, ClusteringState
from processors.support.clustering import Assignment, IncrementalClustering
from processors.support.facts import extract_facts
from processors.support.fraud_signs import fraud_signs
from processors.support.mail_analysis import AnalyzedMail
from processors.support.priority import PriorityClassifier, PriorityDecision
from processors.support.privacy import mask_personal_data
from processors.support.question_label import short_question
from processors.support.request_kinds import RequestKindStatistics
from processors.support.requests import RequestClassifier
from processors.support.set_aside import ADVERTISING, Repeats, set_aside_reason
from processors.support.topics import TopicClassifier
from processors.support.words import content_words
from schemas.errors import PulsoError
from schemas.ids import EventId
from schemas.support import MailTopic, SupportCorrection, SupportTriage

RECENT_MESSAGES = 4_096
"""Messages whose ids are stored, so that a mail that is fetched twice is counted once."""

REPEAT_COUNTERS = 512
"""Texts by sender that are counted, so that two machines that answer each other are noticed."""

MAX_TOPIC_EXAMPLES, MAX_EXAMPLE_CHARACTERS = 500, 400
"""Corrections that are stored, the newest, and characters of each."""

KINDS_WEIGHT, KINDS_COST = 2.0, 0.3
"""Weight of the request kinds beside the embedding in clusters, and what is then added to the cost from which groups
stay apart; both are multiplied by `RequestKindStatistics.weight`."""

DIGEST_BYTES = 8
SUMMARY_CHARACTERS = 160

_NO_SENDER = bytes(DIGEST_BYTES)


class CorrectionError(PulsoError, ValueError):
    """A correction can't be used; the message states why."""


class TopicExample(Struct, frozen=True):
    """A text that a person put under a topic."""

    topic: str
    text: str
    """Text with personal data masked."""
    sender: str = ""
    """Digest of the sender's address."""
    message: str = ""
    """Digest of the message id."""


class DeskState(Struct):
    """Persisted state of the support desk."""

    offset: int = -1
    mails: int = 0
    recent_messages: bytes = field(name="recent", default=b"")
    """Digests of the last message ids, newest last."""
    recent_senders: bytes = field(name="senders", default=b"")
    """Digests of their senders, in the same order."""
    clustering: ClusteringState = field(name="clusters", default_factory=ClusteringState)
    kind_statistics: RequestKindStatistics = field(name="kinds", default_factory=RequestKindStatistics)
    repeats: dict[str, Repeats] = field(name="loops", default_factory=dict)
    """Identical texts by digest of sender and text, newest last."""
    encoder: str = ""
    """Identity of the model whose vectors the clusters are made of."""
    correction_offset: int = -1
    topic_examples: list[TopicExample] = field(name="taught", default_factory=list)


class SupportDesk:
    """Files mails one by one in their order, and applies corrections in theirs.

    Args:
        row: state as `to_row` returned it, or None.
        requests: the classifier that analyzed the mails.
        topics: topics of the venue; no topics if left out.
        answers: approved answers; nothing is suggested if left out.
    """

    def __init__(
        self,
        row: bytes | None,
        requests: RequestClassifier,
        topics: TopicClassifier | None = None,
        answers: AnswerCatalogue | None = None,
    ) -> None:
        self._state = msgspec.json.decode(row, type=DeskState) if row else DeskState()
        if self._state.encoder not in ("", requests.identity):
            # Vectors of another model can't be compared: the clusters start anew. Topic examples are stored as text.
            self._state.clustering = ClusteringState()
        self._state.encoder = requests.identity
        self._clustering = IncrementalClustering(self._state.clustering)
        self._requests = requests
        self._venue_topics = topics or TopicClassifier({}, requests)
        self._topics = self._with_corrections()
        self._answers = answers or AnswerCatalogue([])
        self._priorities = PriorityClassifier(requests)
        self._advertising = requests.names.index(ADVERTISING)
        messages = self._state.recent_messages
        senders = self._state.recent_senders.ljust(len(messages), b"\0")
        self._recent = {
            messages[i : i + DIGEST_BYTES]: senders[i : i + DIGEST_BYTES] for i in range(0, len(messages), DIGEST_BYTES)
        }

    @property
    def mails(self) -> int:
        """Number of mails filed so far."""
        return self._state.mails

    @property
    def clusters(self) -> Sequence[Cluster]:
        """Current clusters."""
        return self._clustering.clusters

    def current_cluster(self, part: str) -> str | None:
        """Return the name of the cluster that has the mails of a part now; None if it was forgotten."""
        return self._clustering.current_cluster(part)

    @property
    def topics(self) -> Sequence[str]:
        """Names of the topics, those from corrections last."""
        return self._topics.names

    def to_row(self) -> bytes:
        """Return the whole state as JSON."""
        self._state.recent_messages = b"".join(self._recent)
        self._state.recent_senders = b"".join(self._recent.values())
        return msgspec.json.encode(self._state)

    def has_applied(self, offset: int) -> bool:
        """Return whether the record of an offset was filed, so that a replay after a crash is no repeated mail."""
        return offset <= self._state.offset

    def apply(self, analysis: AnalyzedMail, offset: int, event_id: EventId) -> SupportTriage | None:
        """File one mail; return None if it was filed before.

        Args:
            analysis: the mail.
            offset: offset of its record, in the one partition of the topic.
            event_id: event id of its record; part of the result.
        """
        if offset <= self._state.offset:
            return None
        self._state.offset = offset
        mail = analysis.mail
        if not self._is_new(mail.id, mail.sender):
            return None
        self._state.mails += 1
        decision = self._priorities.classify(analysis)
        topics = [] if analysis.automatic else self._topics.classify(analysis.whole, analysis.by_sentence)
        signs = fraud_signs(f"{mail.subject}\n{analysis.text}")
        repeats = self._count_repeats(analysis)
        # Somebody may be in danger in whatever a machine sent.
        urgent = decision.priority == "urgent"
        set_aside = None if urgent else set_aside_reason(analysis, signs, self._advertising, repeats)
        masked = mask_personal_data(analysis.text)
        assignment = self._assign_cluster(analysis, masked, event_id) if set_aside is None else None
        if assignment and topics:
            assignment.count_topics([topics[0].name])
        facts = extract_facts(f"{mail.subject}\n{analysis.text}")
        suggestion = None
        if set_aside is None and topics and not (mail.no_reply or mail.old or signs.suspicious_link or signs.phishing):
            suggestion = self._answers.suggest(topics, analysis.language, facts, decision.priority, mail.attachments)
        return SupportTriage(
            event_id=event_id,
            message=mail.id,
            thread=mail.thread,
            time=mail.time,
            language=analysis.language,
            priority="low" if set_aside else decision.priority,
            sentiment=analysis.sentiment,
            facts={
                # The order number is the only fact that a reply needs unmasked.
                name: values if name == "order" else tuple(map(mask_personal_data, values))
                for name, values in facts.items()
            },
            set_aside=set_aside,
            suggestion=suggestion,
            topic=topics[0] if topics else None,
            second_topic=topics[1] if len(topics) > 1 else None,
            cluster=assignment.cluster.id if assignment else None,
            cluster_label=assignment.cluster.label if assignment else "",
            cluster_size=assignment.cluster.size if assignment else 0,
            cluster_is_new=assignment.new if assignment else False,
            cluster_part=assignment.part.id if assignment else None,
            cluster_words=tuple(assignment.cluster.keywords) if assignment else (),
            clusters_ended=assignment.ended if assignment else {},
            clusters_split=assignment.split if assignment else {},
            surge=assignment.cluster.surge if assignment and not mail.old else 0.0,
            summary=self._summary(analysis, masked, decision, topics),
            model=self._requests.identity,
            old=mail.old,
        )

    def correct(self, correction: SupportCorrection, offset: int) -> bool:
        """Apply a correction; return False if it was applied before.

        Raises:
            CorrectionError: it lacks what its action needs, or names a cluster that does not exist.
        """
        if offset <= self._state.correction_offset:
            return False
        self._state.correction_offset = offset
        if correction.action == "erase":
            if not correction.sender and not correction.message:
                raise CorrectionError("erase needs a sender or a message")
            self._erase(correction)
            return True
        topic = " ".join(correction.topic.split())
        if not topic:
            raise CorrectionError(f"{correction.action} needs the name of a topic")
        if correction.action == "topic":
            if not correction.text.strip():
                raise CorrectionError("topic needs the text that shows it")
            message = _digest(correction.message) if correction.message else b""
            sender = self._recent.get(message, b"")
            text = mask_personal_data(correction.text)[:MAX_EXAMPLE_CHARACTERS]
            self._add_topic_examples([TopicExample(topic, text, sender.hex(), message.hex())])
            return True
        cluster = next(iter(self._clustering.find(correction.cluster or "")), None)
        if cluster is None:
            raise CorrectionError(f"no cluster is called {correction.cluster!r}; it may have been removed as old")
        self._add_topic_examples(
            [TopicExample(topic, example.text, example.sender, example.message) for example in cluster.examples]
        )
        return True

    def _add_topic_examples(self, examples: list[TopicExample]) -> None:
        """Store the newest examples; a text that was stored before changes its topic."""
        texts = {example.text for example in examples}
        before = [example for example in self._state.topic_examples if example.text not in texts]
        self._state.topic_examples = [*before, *examples][-MAX_TOPIC_EXAMPLES:]
        self._topics = self._with_corrections()

    def _erase(self, correction: SupportCorrection) -> None:
        """Remove what is stored of the mails of one sender, or of one message."""
        matches = _eraser(correction)
        self._clustering.erase_examples(matches)
        self._state.topic_examples = [example for example in self._state.topic_examples if not matches(example)]
        self._topics = self._with_corrections()

    def _with_corrections(self) -> TopicClassifier:
        return self._venue_topics.with_examples((example.topic, example.text) for example in self._state.topic_examples)

    def _assign_cluster(self, analysis: AnalyzedMail, masked: str, event_id: EventId) -> Assignment | None:
        """Add a mail to its cluster; automatic replies and texts without a known word piece have none."""
        mail, vector = analysis.mail, analysis.whole.vectors[0]
        if analysis.automatic or not vector.any():
            return None
        name = blake2b(event_id.encode(), digest_size=5).hexdigest()
        example = ClusterExample(
            masked[:SUMMARY_CHARACTERS],
            analysis.language,
            0.0,
            _digest(_address(mail.sender)).hex(),
            _digest(mail.id).hex(),
            self._question(analysis),
        )
        kinds = self._topics.request_distribution(analysis.whole, analysis.by_sentence)
        kinds = kinds / kinds.sum()
        self._state.kind_statistics.add(kinds)
        weight = self._state.kind_statistics.weight()
        weights = np.ones(len(vector) + len(kinds), np.float32)
        weights[len(vector) :] = KINDS_WEIGHT * weight
        self._clustering.set_weights(weights / np.sqrt(1 + (KINDS_WEIGHT * weight) ** 2), KINDS_COST * weight)
        # √p has unit length, and the product of two is the Bhattacharyya coefficient of the distributions.
        combined = np.concatenate(
            [mail_vector(analysis, self._topics.asking_weights(analysis.by_sentence)), np.sqrt(kinds)]
        )
        return self._clustering.assign(combined, mail.time, name, example, content_words(masked), arriving=not mail.old)

    def _question(self, analysis: AnalyzedMail) -> str:
        """Return the sentence that most surely asks something, shortened and masked, by which a cluster is called."""
        asking = self._topics.asking_weights(analysis.by_sentence)
        text = analysis.sentences[int(asking.argmax())] if len(asking) else analysis.text
        return short_question(mask_personal_data(text))

    def _summary(
        self, analysis: AnalyzedMail, masked: str, decision: PriorityDecision, topics: Sequence[MailTopic]
    ) -> str:
        """Return all of a short mail; else the sentence that caused the priority or asks for the topic."""
        sentence = decision.sentence
        if sentence is None and topics and len(masked) > SUMMARY_CHARACTERS:
            sentence = self._topics.topic_sentence(topics[0].name, analysis.by_sentence)
        if len(masked) <= SUMMARY_CHARACTERS or sentence is None:
            return masked[:SUMMARY_CHARACTERS]
        return mask_personal_data(analysis.sentences[sentence])[:SUMMARY_CHARACTERS]

    def _count_repeats(self, analysis: AnalyzedMail) -> Repeats | None:
        """Count a text of a sender, and return how often it came; None without a sender, and for old mail."""
        mail = analysis.mail
        if not mail.sender or mail.old:
            return None
        name = _digest(f"{_address(mail.sender)}\n{analysis.text}").hex()
        counters = self._state.repeats
        repeats = counters.pop(name, None) or Repeats(mail.time)
        repeats.add(mail.time, _digest(mail.thread).hex(), mail.subject)
        counters[name] = repeats
        while len(counters) > REPEAT_COUNTERS:
            del counters[next(iter(counters))]
        return repeats

    def _is_new(self, message: str, sender: str) -> bool:
        digest = _digest(message)
        if digest in self._recent:
            return False
        self._recent[digest] = _digest(_address(sender)) if sender else _NO_SENDER
        while len(self._recent) > RECENT_MESSAGES:
            del self._recent[next(iter(self._recent))]
        return True


def mail_vector(analysis: AnalyzedMail, asking: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a unit vector: half from the whole mail, half from its sentences as far as they ask something.

    Args:
        analysis: the mail.
        asking: probability that each sentence asks something (`TopicClassifier.asking_weights`).
    """
    vector: NDArray[np.float32] = analysis.whole.vectors[0]
    if len(asking) and asking.sum() > 0:
        weighted = asking @ analysis.by_sentence.vectors
        vector = vector + weighted / max(float(np.linalg.norm(weighted)), 1e-6)
        vector = vector / max(float(np.linalg.norm(vector)), 1e-6)
    return vector


def _eraser(correction: SupportCorrection) -> Callable[[ClusterExample | TopicExample], bool]:
    """Return a predicate that is true for the examples of the sender or message."""
    sender = _digest(_address(correction.sender)).hex() if correction.sender else None
    message = _digest(correction.message).hex() if correction.message else None
    return lambda example: example.sender == sender or example.message == message


def _address(sender: str) -> str:
    """Return the address in `Ana Gil <Ana@Example.org>`, in lower case."""
    return sender.rpartition("<")[2].strip("> \t").lower()


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
