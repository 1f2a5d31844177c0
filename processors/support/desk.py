"""The support desk as one row of state: every mail once, its cluster, topics and priority, and what was taught."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.support.answers import AnswerCatalogue
from processors.support.cluster import Cluster, ClusterExample, ClusteringState
from processors.support.clusters import Assignment, IncrementalClustering
from processors.support.facts import extract_facts
from processors.support.mail_analysis import AnalyzedMail
from processors.support.priority import PriorityClassifier, PriorityDecision
from processors.support.privacy import mask_personal_data
from processors.support.request_kinds import RequestKindStatistics
from processors.support.requests import RequestClassifier
from processors.support.set_aside import ADVERTISING, set_aside_reason
from processors.support.topics import TopicClassifier
from processors.support.words import content_words
from schemas.errors import PulsoError
from schemas.support import MailTopic as Topic
from schemas.support import SupportCorrection, SupportTriage

REMEMBERED = 2_048
"""messages whose ids are known, so that a mail that is fetched twice is counted once"""

REPEATS = 512
"""senders with their words that are counted, so that two machines that answer each other are seen"""

MOST_TAUGHT, TAUGHT = 500, 400
"""corrections that are kept, the newest; and characters of each"""

KINDS_WEIGHT, LOOSER = 1.1, 0.08
"""What the kinds of request weigh in clusters beside the meaning, and how much less similarity clusters then ask for,
as far as the kinds tell this desk's mails apart"""

DIGEST = 8
SUMMARY = 160

_NOBODY = bytes(DIGEST)


class CorrectionError(PulsoError, ValueError):
    """A correction can't be used; the message says why."""


class TopicExample(Struct, frozen=True):
    """A text that a person put under a topic."""

    topic: str
    text: str
    """masked"""
    sender: str = ""
    message: str = ""
    """digests, as in `ClusterExample`"""


class DeskState(Struct):
    """The row."""

    offset: int = -1
    mails: int = 0
    recent: bytes = b""
    """digests of the last messages, newest last"""
    senders: bytes = b""
    """of their senders, in the same order"""
    clusters: ClusteringState = field(default_factory=ClusteringState)
    kinds: RequestKindStatistics = field(default_factory=RequestKindStatistics)
    repeats: dict[str, int] = field(default_factory=dict)
    """digests of senders with their words, and how often they came; the newest last"""
    encoder: str = ""
    """what gave the vectors of the clusters"""
    correction_offset: int = -1
    taught: list[TopicExample] = field(default_factory=list)


class SupportDesk:
    """Files mails one by one in their order, and learns from corrections in theirs.

    Args:
        row: as `to_row` gave it.
        topics: named by the venue; none if left out.
        answers: approved ones; nothing is suggested without.
    """

    def __init__(
        self,
        row: bytes | None,
        requests: RequestClassifier,
        topics: TopicClassifier | None = None,
        answers: AnswerCatalogue | None = None,
    ) -> None:
        self._stored = msgspec.json.decode(row, type=DeskState) if row else DeskState()
        if self._stored.encoder not in ("", requests.identity):
            # Vectors of another model say nothing here: clusters begin anew. What was taught is kept as text.
            self._stored.clusters = ClusteringState()
        self._stored.encoder = requests.identity
        self._clusters = IncrementalClustering(self._stored.clusters)
        self._requests = requests
        self._named = topics or TopicClassifier({}, requests)
        self._topics = self._named.with_examples((one.topic, one.text) for one in self._stored.taught)
        self._answers = answers or AnswerCatalogue([])
        self._priorities = PriorityClassifier(requests)
        self._advertising = requests.names.index(ADVERTISING)
        recent, senders = self._stored.recent, self._stored.senders.ljust(len(self._stored.recent), b"\0")
        self._recent = {recent[i : i + DIGEST]: senders[i : i + DIGEST] for i in range(0, len(recent), DIGEST)}

    @property
    def mails(self) -> int:
        """Filed so far."""
        return self._stored.mails

    @property
    def clusters(self) -> Sequence[Cluster]:
        """Alive."""
        return self._clusters.kept

    @property
    def topics(self) -> Sequence[str]:
        """Names of the topics, those that were taught last."""
        return self._topics.names

    def to_row(self) -> bytes:
        """The whole state as JSON."""
        self._stored.recent = b"".join(self._recent)
        self._stored.senders = b"".join(self._recent.values())
        return msgspec.json.encode(self._stored)

    def apply(self, read: AnalyzedMail, offset: int, event_id: str) -> SupportTriage | None:
        """File one mail; None when it was filed before.

        Args:
            offset: of the record, in the one partition of the topic.
            event_id: goes into the result.
        """
        if offset <= self._stored.offset:
            return None
        self._stored.offset = offset
        mail = read.mail
        if not self._first_time(mail.id, mail.sender):
            return None
        self._stored.mails += 1
        ranked = self._priorities.of(read)
        found = [] if mail.automatic else self._topics.of(read.whole, read.each)
        set_aside = (
            set_aside_reason(read, self._advertising, self._repeats(read)) if ranked.priority != "urgent" else None
        )
        assigned = self._file(read, event_id) if set_aside is None else None
        if assigned and found:
            assigned.count([found[0].name])
        facts = extract_facts(f"{mail.subject}\n{read.words}")
        suggestion = None
        if set_aside is None and found:
            suggestion = self._answers.suggest(found, read.language, facts, ranked.priority, mail.attachments)
        return SupportTriage(
            event_id=event_id,
            message=mail.id,
            thread=mail.thread,
            time=mail.time,
            language=read.language,
            priority="low" if set_aside else ranked.priority,
            sentiment=read.sounds,
            facts={
                kind: tuple(map(mask_personal_data, values)) if kind != "order" else values
                for kind, values in facts.items()
            },
            set_aside=set_aside,
            suggestion=suggestion,
            topic=found[0] if found else None,
            second_topic=found[1] if len(found) > 1 else None,
            cluster=assigned.cluster.id if assigned else None,
            cluster_label=assigned.cluster.label if assigned else "",
            cluster_size=assigned.cluster.size if assigned else 0,
            cluster_is_new=assigned.new if assigned else False,
            cluster_ended=assigned.merged if assigned else None,
            cluster_split=assigned.split or () if assigned else (),
            surge=assigned.cluster.surge if assigned else 0.0,
            summary=self._summary(read, ranked, found),
            model=self._requests.identity,
        )

    def correct(self, correction: SupportCorrection, offset: int) -> bool:
        """Learn from a person; False when it was done before.

        Raises:
            CorrectionError: it lacks what its action needs, or names a cluster that is forgotten.
        """
        if offset <= self._stored.correction_offset:
            return False
        self._stored.correction_offset = offset
        if correction.action == "erase":
            if not correction.sender and not correction.message:
                raise CorrectionError("erase needs a sender or a message")
            self._erase(correction)
            return True
        topic = " ".join(correction.topic.split())
        if not topic:
            raise CorrectionError(f"{correction.action} needs the name of a topic")
        message = _digest(correction.message) if correction.message else b""
        sender = self._recent.get(message, b"")
        if correction.action == "topic":
            if not correction.text.strip():
                raise CorrectionError("topic needs the text that shows it")
            self._teach(
                [TopicExample(topic, mask_personal_data(correction.text)[:TAUGHT], sender.hex(), message.hex())]
            )
            return True
        cluster = next(iter(self._clusters.leads(correction.cluster or "")), None)
        if cluster is None:
            raise CorrectionError(f"no cluster is called {correction.cluster!r}; it may have been forgotten")
        self._teach([TopicExample(topic, one.text, one.sender, one.message) for one in cluster.shown])
        return True

    def _teach(self, taught: list[TopicExample]) -> None:
        """Keep the newest; a text that was taught before changes its topic."""
        texts = {one.text for one in taught}
        before = [one for one in self._stored.taught if one.text not in texts]
        self._stored.taught = [*before, *taught][-MOST_TAUGHT:]
        self._relearn()

    def _erase(self, correction: SupportCorrection) -> None:
        sender = _digest(_address(correction.sender)).hex() if correction.sender else None
        message = _digest(correction.message).hex() if correction.message else None

        def unwanted(one: ClusterExample | TopicExample) -> bool:
            return one.sender == sender or one.message == message

        self._clusters.erase(unwanted)
        self._stored.taught = [one for one in self._stored.taught if not unwanted(one)]
        self._relearn()

    def _relearn(self) -> None:
        self._topics = self._named.with_examples((one.topic, one.text) for one in self._stored.taught)

    def _file(self, read: AnalyzedMail, event_id: str) -> Assignment | None:
        """Auto-replies, and texts of which nothing is understood, belong to no cluster."""
        mail, vector = read.mail, read.whole.vectors[0]
        if mail.automatic or not vector.any():
            return None
        name = blake2b(event_id.encode(), digest_size=5).hexdigest()
        text = mask_personal_data(read.words)
        example = ClusterExample(
            text[:SUMMARY], read.language, 0.0, _digest(_address(mail.sender)).hex(), _digest(mail.id).hex()
        )
        asked = self._topics.asked(read.whole, read.each)
        asked = asked / asked.sum()
        self._stored.kinds.count(asked)
        trust = self._stored.kinds.trust()
        weights = np.ones(len(vector) + len(asked), np.float32)
        weights[len(vector) :] = KINDS_WEIGHT * trust
        self._clusters.weigh(weights / np.sqrt(1 + (KINDS_WEIGHT * trust) ** 2), LOOSER * trust)
        both = np.concatenate([meaning(read, self._topics.loud(read.each)), np.sqrt(asked)])
        return self._clusters.assign(both, mail.time, name, example, content_words(text))

    def _summary(self, read: AnalyzedMail, ranked: PriorityDecision, topics: Sequence[Topic]) -> str:
        """The sentence that gave the priority, or asks for the topic; all of a short mail."""
        text = mask_personal_data(read.words)
        place = ranked.sentence
        if place is None and topics and len(text) > SUMMARY:
            place = self._topics.sentence(topics[0].name, read.each)
        if len(text) <= SUMMARY or place is None:
            return text[:SUMMARY]
        return mask_personal_data(read.sentences[place])[:SUMMARY]

    def _repeats(self, read: AnalyzedMail) -> int:
        """How often the sender has sent these words lately, this time included; once if nobody is named."""
        if not read.mail.sender:
            return 1
        name = _digest(f"{_address(read.mail.sender)}\n{read.words}").hex()
        repeats = self._stored.repeats
        repeats[name] = repeats.pop(name, 0) + 1
        while len(repeats) > REPEATS:
            del repeats[next(iter(repeats))]
        return repeats[name]

    def _first_time(self, message: str, sender: str) -> bool:
        digest = _digest(message)
        if digest in self._recent:
            return False
        self._recent[digest] = _digest(_address(sender)) if sender else _NOBODY
        while len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return True


def meaning(read: AnalyzedMail, loud: NDArray[np.float32]) -> NDArray[np.float32]:
    """A unit vector: half of all of a mail, half of its sentences as far as they ask something.

    Args:
        loud: how far each sentence does.
    """
    vector: NDArray[np.float32] = read.whole.vectors[0]
    if len(loud) and loud.sum() > 0:
        asking = loud @ read.each.vectors
        vector = vector + asking / max(float(np.linalg.norm(asking)), 1e-6)
        vector = vector / max(float(np.linalg.norm(vector)), 1e-6)
    return vector


def _address(sender: str) -> str:
    """The address in `Ana Gil <Ana@Example.org>`, in lower case."""
    return sender.rpartition("<")[2].strip("> \t").lower()


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST).digest()
