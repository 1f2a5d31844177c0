"""Support: mails, their triage, corrections, approved answers; their Kafka topics; mailboxes of the venue file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from pydantic import Field

from schemas.addresses import MailboxUrl
from schemas.fields import LONGEST_TOPIC, NAMED, Count, Identifier, Instant, NonNegative, Probability, Text
from schemas.ids import EventId, MailboxId
from schemas.topic import DAY, Topic
from schemas.venue_parts import NAME, Part


class Mail(Struct, frozen=True, kw_only=True):
    """A message to the support mailbox, decoded to text."""

    id: Identifier
    thread: Identifier
    time: Instant
    sender: Annotated[str, Meta(max_length=400)] = field(name="from", default="")
    subject: Annotated[str, Meta(max_length=2_000)] = ""
    text: Text = ""
    attachments: Annotated[int, Meta(ge=0)] = 0
    automatic: bool = False
    """Automatic reply or bounce (RFC 3834), which must never be answered."""
    no_reply: bool = False
    """From a mailing list or a program that writes for others: people are heard, but no reply is suggested."""
    old: bool = False
    """It arrived long before it was fetched: it is filed, and alarms nobody."""


class SupportCorrection(Struct, frozen=True, kw_only=True):
    """A person's correction of the support desk, or request to erase somebody's mail."""

    id: Identifier
    time: Instant
    by: Identifier
    action: Literal["topic", "promote", "erase"]
    """topic: `text` is an example of `topic`. promote: the examples of `cluster` become examples of `topic`. erase:
    remove what is stored of the mails of `sender`, or of `message`."""
    topic: Annotated[str, Meta(max_length=LONGEST_TOPIC)] = ""
    text: Annotated[str, Meta(max_length=4_000)] = ""
    message: Identifier | None = None
    cluster: Identifier | None = None
    sender: Annotated[str, Meta(max_length=400)] = ""
    """Mail address."""


AnswerText = Annotated[str, Meta(max_length=4_000)]


class ApprovedAnswer(Struct, frozen=True, kw_only=True):
    """An answer to a topic in one language; the latest one replaces that of the file of answers."""

    id: Identifier
    topic: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOPIC)]
    language: Literal["es", "en"]
    question: AnswerText
    """Question as on the page of questions."""
    answer: AnswerText
    """Text that may name facts in braces, such as {order}, and never contains those of one mail."""
    without_facts: AnswerText = ""
    """Text for a mail that lacks one of the facts, and for the page of questions."""
    automatic: bool = False
    """True if it may be sent without a person when the confidence in the topic is high enough."""
    by: Identifier
    """Person who is responsible for it."""
    time: Instant
    withdrawn: bool = False
    """True to withdraw it: the file of answers applies again."""


def answer_key(topic: str, language: str) -> str:
    """Return the key of an answer's records.

    >>> answer_key("refund", "es")
    'refund/es'
    """
    return f"{topic}/{language}"


class MailTopic(Struct, frozen=True, kw_only=True):
    """Topic of a mail."""

    name: str
    confidence: Probability


class Reason(Struct, frozen=True, kw_only=True):
    """A reason for or against a suggestion, which a page shows in its reader's language."""

    kind: Literal["topic", "fact", "missing", "also"]
    """topic: the mail's topic. fact: a fact that was filled in. missing: a fact that the mail lacks. also: another
    topic that the mail asks about."""
    name: str
    """Name of the topic or fact."""
    value: str = ""
    """Confidence in the topic, or value of the fact."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """A suggested reply: an approved answer with the mail's facts filled in."""

    answer: Identifier
    """Topic of the approved answer."""
    text: str
    why: str
    """Reasons in English, for the person who decides."""
    confidence: Probability
    automatic: bool = False
    """True if the answer may be sent without a person, and the confidence is at least its limit."""
    reasons: tuple[Reason, ...] = ()
    """Reasons as data, in the order of `why`."""


SetAside = Literal["spam", "phishing", "automatic", "loop"]
"""Reason for which a mail must never be answered."""


class SupportTriage(Struct, frozen=True, kw_only=True):
    """Result for one mail. Addresses, telephone and card numbers are masked in all of its texts."""

    event_id: Annotated[EventId, NAMED]
    message: Identifier
    thread: Identifier
    time: Instant
    language: str
    priority: Literal["urgent", "high", "normal", "low"]
    topic: MailTopic | None = None
    cluster: Identifier | None = None
    """Name of its cluster; one of a single mail is a mail that is not grouped yet."""
    cluster_label: str = ""
    """Most typical question of the cluster, shortened."""
    cluster_size: Count = 0
    cluster_is_new: bool = False
    surge: NonNegative = 0.0
    """Mails of the cluster in the last quarter of an hour, divided by its baseline."""
    summary: str = ""
    model: str
    second_topic: MailTopic | None = None
    """Second topic, if the mail asks two things."""
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    facts: dict[str, tuple[str, ...]] = {}
    """Values that the mail names, by fact (order, amount, date, time, quantity, place); masked, except the order."""
    set_aside: SetAside | None = None
    """Reason for which the mail must never be answered."""
    suggestion: Suggestion | None = None
    cluster_ended: Identifier | None = None
    """No longer written: see `clusters_ended`."""
    cluster_split: tuple[Identifier, ...] = ()
    """No longer written: see `clusters_split`."""
    old: bool = False
    """True for a mail that arrived long before it was fetched: it raises no alert."""
    cluster_part: Identifier | None = None
    """Name of the part of the cluster that the mail is in, which may pass to another cluster later."""
    cluster_words: tuple[str, ...] = ()
    """Most frequent words of the cluster."""
    clusters_ended: dict[str, str] = {}
    """Names of clusters that ended when this mail came, and of those that have most of their mails."""
    clusters_split: dict[str, str] = {}
    """Names of clusters that were split off when this mail came, and of those that had most of their mails."""


class ClusterSummary(Struct, frozen=True, kw_only=True):
    """A cluster of mails that ask for the same."""

    id: Identifier
    mails: Count
    topic: str = ""
    """Most frequent topic of its mails; empty if they have none."""
    text: str = ""
    """Text of its most typical mail, with personal data masked; empty if it was erased."""
    label: str = ""
    """Its most typical question, shortened, with personal data masked."""


class ClusterOverview(Struct, frozen=True, kw_only=True):
    """All current clusters of the support desk."""

    time: Instant
    """Time of the latest mail or correction."""
    clusters: tuple[ClusterSummary, ...]


class MailboxSettings(Part):
    """A mailbox of the support desk.

    Its password is read from PULSO_MAILBOX_PASSWORD_ID, such as PULSO_MAILBOX_PASSWORD_SUPPORT for the id `support`,
    or from PULSO_MAILBOX_PASSWORD.
    """

    id: Annotated[MailboxId, NAME] = MailboxId("support")
    url: MailboxUrl = Field(
        description="imap(s)://user@host[:port]/folder, or a Maildir, an mbox or a folder of .eml files"
    )
    poll_seconds: float = Field(default=30, ge=1, description="seconds between two looks, if the server has no IDLE")
    old_after_hours: float = Field(
        default=12, gt=0, description="hours after its arrival from which a mail is filed, but alarms nobody"
    )
    since: datetime | None = Field(
        default=None,
        description="mail that arrived before this time is left unread; without an offset in the venue's time zone",
    )


MAILS = Topic(
    "support.emails",
    "thread",
    Mail,
    "pulso.mail.v1",
    "One message to the support mailbox.",
    partitions=1,  # all mail is clustered together, and one partition carries hundreds of mails a second
    retention_ms=3 * DAY,
    sensitive=True,
    from_source=True,
)


CORRECTIONS = Topic(
    "support.corrections",
    "id",
    SupportCorrection,
    "pulso.support.correction.v1",
    "A correction of the support desk, or a request to erase somebody's mail.",
    partitions=1,  # as for mails: both change the same state row
    retention_ms=3 * DAY,
    sensitive=True,
)


TRIAGE = Topic("support.triage", "thread", SupportTriage, "pulso.support.triage.v1", "Result for one mail.")


CLUSTERS = Topic(
    "support.clusters",
    "desk",
    ClusterOverview,
    "pulso.support.clusters.v1",
    "The current clusters of the support desk, from which `pulso faq` makes its page.",
    partitions=1,  # one record
    compacted=True,
)


ANSWERS = Topic(
    "support.answers",
    "topic/language",
    ApprovedAnswer,
    "pulso.support.answer.v1",
    "The approved answer to a topic in one language.",
    partitions=1,  # every reader reads all of it
    compacted=True,
)
