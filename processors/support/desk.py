"""The support desk as one row of state: every mail once, its cluster, language, priority and topic."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.support.clusters import Assigned, Cluster, Clusters, ClustersState
from processors.support.encoder import Encoder
from processors.support.language import Language, language
from processors.support.mail_text import own_words, sentences_of, without_addresses
from processors.support.priority import Priorities
from processors.support.privacy import masked
from processors.support.topics import Topics
from processors.support.words import content_words
from schemas.events import Mail
from schemas.results import SupportTriage

REMEMBERED = 2_048
"""messages whose ids are known, so that a mail that is fetched twice is counted once"""

DIGEST = 8
SUMMARY = 160


class Stored(Struct):
    """The row."""

    offset: int = -1
    mails: int = 0
    recent: bytes = b""
    """digests of the last messages, newest last"""
    clusters: ClustersState = field(default_factory=ClustersState)


class Read(Struct, frozen=True):
    """A mail that was read, before it is filed."""

    mail: Mail
    words: str
    vector: NDArray[np.float32]
    language: Language
    sentences: tuple[str, ...]
    """empty when there is only one"""
    vectors: NDArray[np.float32]
    """theirs"""


class Desk:
    """Reads mails in batches, files them one by one in their order.

    Args:
        row: as `to_row` gave it.
        topics: named by the venue; none if left out.
    """

    def __init__(self, row: bytes | None, encoder: Encoder, topics: Topics | None = None) -> None:
        self._stored = msgspec.json.decode(row, type=Stored) if row else Stored()
        self._clusters = Clusters(self._stored.clusters)
        self._encoder = encoder
        self._topics = topics
        self._priorities = Priorities(encoder)
        recent = self._stored.recent
        self._recent = dict.fromkeys(recent[i : i + DIGEST] for i in range(0, len(recent), DIGEST))

    @property
    def mails(self) -> int:
        """Filed so far."""
        return self._stored.mails

    @property
    def clusters(self) -> Sequence[Cluster]:
        """Alive."""
        return self._clusters.kept

    def to_row(self) -> bytes:
        """The whole state as JSON."""
        self._stored.recent = b"".join(self._recent)
        return msgspec.json.encode(self._stored)

    def apply(self, read: Read, offset: int, event_id: str) -> SupportTriage | None:
        """File one mail; None when it was filed before.

        Args:
            offset: of the record, in the one partition of the topic.
            event_id: goes into the result.
        """
        if offset <= self._stored.offset:
            return None
        self._stored.offset = offset
        mail = read.mail
        if not self._first_time(mail.id):
            return None
        self._stored.mails += 1
        text = masked(read.words)
        ranked = self._priorities.of(read.words, read.vector, read.sentences, read.vectors, automatic=mail.automatic)
        reason = text if ranked.sentence is None else masked(read.sentences[ranked.sentence])
        assigned = self._file(read, event_id, text)
        return SupportTriage(
            event_id=event_id,
            message=mail.id,
            thread=mail.thread,
            time=mail.time,
            language=read.language,
            priority=ranked.priority,
            topic=self._topics.of(read.vector) if self._topics and not mail.automatic else None,
            cluster=assigned.cluster.id if assigned else None,
            cluster_label=assigned.cluster.label if assigned else "",
            cluster_size=assigned.cluster.size if assigned else 0,
            cluster_is_new=assigned.new if assigned else False,
            surge=assigned.cluster.surge if assigned else 0.0,
            summary=(text if len(text) <= SUMMARY else reason)[:SUMMARY],
            model=self._encoder.identity,
        )

    def _file(self, read: Read, event_id: str, text: str) -> Assigned | None:
        """Auto-replies, and texts of which nothing is understood, belong to no cluster."""
        if read.mail.automatic or not read.vector.any():
            return None
        name = blake2b(event_id.encode(), digest_size=5).hexdigest()
        return self._clusters.assign(read.vector, read.mail.time, name, text[:SUMMARY], content_words(text))

    def _first_time(self, message: str) -> bool:
        digest = blake2b(message.encode(), digest_size=DIGEST).digest()
        if digest in self._recent:
            return False
        self._recent[digest] = None
        while len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return True


def read_mails(mails: Sequence[Mail], encoder: Encoder) -> list[Read]:
    """Own words, vector and language of each; depends on nothing that was read before."""
    words = [own_words(mail.subject, mail.text) for mail in mails]
    whole = encoder.encode([without_addresses(text) for text in words])
    read = []
    for mail, text, vector, odds in zip(mails, words, whole.vectors, whole.spanish, strict=True):
        sentences = sentences_of(text)
        several = tuple(sentences) if len(sentences) > 1 else ()
        read.append(Read(mail, text, vector, language(text, float(odds)), several, encoder.encode(several).vectors))
    return read
