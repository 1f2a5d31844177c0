"""Support: mails, their triage, corrections and approved answers; their topics; the mailboxes of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from pydantic import Field

from schemas.fields import LONGEST_TOPIC, Count, Identifier, Instant, NonNegative, Probability, Text
from schemas.topic import DAY, Topic
from schemas.venue_parts import Name, Part


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
    """RFC 3834: an auto-reply or a bounce, which must never be answered."""


class SupportCorrection(Struct, frozen=True, kw_only=True):
    """What a person taught the support desk, or asked of it."""

    id: Identifier
    time: Instant
    by: Identifier
    action: Literal["topic", "promote", "erase"]
    """topic: `text` is about `topic`. promote: the mails of `cluster` are about `topic`. erase: forget what was kept of
    the mails of `sender`, or of `message`."""
    topic: Annotated[str, Meta(max_length=LONGEST_TOPIC)] = ""
    text: Annotated[str, Meta(max_length=4_000)] = ""
    message: Identifier | None = None
    cluster: Identifier | None = None
    sender: Annotated[str, Meta(max_length=400)] = ""
    """mail address"""


AnswerText = Annotated[str, Meta(max_length=4_000)]


class ApprovedAnswer(Struct, frozen=True, kw_only=True):
    """One answer in one language; the last of a topic and language counts, before the file of answers."""

    id: Identifier
    topic: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOPIC)]
    language: Literal["es", "en"]
    question: AnswerText
    """as the page of questions asks it"""
    answer: AnswerText
    """may name facts in braces, such as {order}; never the facts of one mail"""
    without_facts: AnswerText = ""
    """instead, where a mail lacks one of them, and on the page of questions"""
    automatic: bool = False
    """may be sent without a person, where the topic is sure enough"""
    by: Identifier
    """who answers for it"""
    time: Instant
    withdrawn: bool = False
    """the file of answers counts again"""


def answer_key(topic: str, language: str) -> str:
    """Key of an answer's records.

    >>> answer_key("refund", "es")
    'refund/es'
    """
    return f"{topic}/{language}"


class MailTopic(Struct, frozen=True, kw_only=True):
    """What a mail is about."""

    name: str
    confidence: Probability


class Reason(Struct, frozen=True, kw_only=True):
    """One thing that a suggestion rests on, or that speaks against it, for a page to put into its reader's words."""

    kind: Literal["topic", "fact", "missing", "also"]
    """the mail's topic, a fact of it that was filled in, a fact that it lacks, and another topic that it asks about"""
    name: str
    """of the topic or fact"""
    value: str = ""
    """confidence in the topic, or what the mail says"""


class Suggestion(Struct, frozen=True, kw_only=True):
    """A reply that a person may send: an approved answer with the mail's facts filled in."""

    answer: Identifier
    """name of the approved answer"""
    text: str
    why: str
    """what the suggestion rests on, for the person who decides; in English"""
    confidence: Probability
    automatic: bool = False
    """the answer may be sent without a person, and the confidence is above its limit"""
    reasons: tuple[Reason, ...] = ()
    """`why` in parts, in the same order"""


SetAside = Literal["spam", "phishing", "automatic", "loop"]


class SupportTriage(Struct, frozen=True, kw_only=True):
    """One mail, read. Addresses, phone and card numbers are masked in every text of it."""

    event_id: Identifier
    message: Identifier
    thread: Identifier
    time: Instant
    language: str
    priority: Literal["urgent", "high", "normal", "low"]
    topic: MailTopic | None = None
    cluster: Identifier | None = None
    cluster_label: str = ""
    cluster_size: Count = 0
    cluster_is_new: bool = False
    surge: NonNegative = 0.0
    """arrivals of the cluster now ÷ its usual pace"""
    summary: str = ""
    model: str
    second_topic: MailTopic | None = None
    """where the mail asks two things"""
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    facts: dict[str, tuple[str, ...]] = {}
    """what the mail names: order, amount, date, time, quantity, place; in its own words, but for the order unmasked"""
    set_aside: SetAside | None = None
    """why the mail must never be answered"""
    suggestion: Suggestion | None = None
    cluster_ended: Identifier | None = None
    """name of a cluster that ended in this one by this mail: it leads here from now on"""
    cluster_split: tuple[Identifier, ...] = ()
    """names of a cluster that was split by this mail, which goes on, and of the new one that has some of its mails"""


class MailboxSettings(Part):
    """Where support mail is read from. The password comes from PULSO_MAILBOX_PASSWORD."""

    id: Name = "support"
    url: str = Field(description="imap(s)://user@host[:port]/folder, or a Maildir, an mbox or a folder of .eml")
    poll_seconds: float = Field(default=30, ge=1, description="used where the server has no IDLE")


MAILS = Topic(
    "support.emails",
    "thread",
    Mail,
    "pulso.mail.v1",
    "One message to the support mailbox.",
    partitions=1,  # clusters are of all mail together, and one partition carries hundreds of mails a second
    retention_ms=3 * DAY,
    sensitive=True,
)


CORRECTIONS = Topic(
    "support.corrections",
    "id",
    SupportCorrection,
    "pulso.support.correction.v1",
    "What a person taught the support desk, or asked it to forget.",
    partitions=1,  # as the mails: both change one row
    retention_ms=3 * DAY,
    sensitive=True,
)


TRIAGE = Topic("support.triage", "thread", SupportTriage, "pulso.support.triage.v1", "One mail, read.")


ANSWERS = Topic(
    "support.answers",
    "topic/language",
    ApprovedAnswer,
    "pulso.support.answer.v1",
    "What a person approved as the answer to a topic.",
    partitions=1,  # whoever answers reads all of it
    compacted=True,
)
