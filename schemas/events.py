"""What comes in. Frames and sound travel as bytes; these are the JSON records beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas.fields import Identifier, Instant, NonNegative, Text

Quantity = Annotated[float, Meta(ge=-100_000, le=100_000, description="units; negative takes a sale back")]


class SaleLine(Struct, frozen=True, kw_only=True):
    """One product on a ticket."""

    product: Identifier
    quantity: Quantity
    unit_price: NonNegative = 0.0


class Ticket(Struct, frozen=True, kw_only=True):
    """A till's receipt: what one customer bought, in one event."""

    id: Identifier
    bar: Identifier
    till: Identifier
    time: Instant
    lines: Annotated[tuple[SaleLine, ...], Meta(min_length=1, max_length=200)]


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


class VenueContext(Struct, frozen=True, kw_only=True):
    """What is known of a zone at a time; a field left out is unchanged."""

    zone: Identifier
    time: Instant
    source: Identifier
    occupancy: NonNegative | None = None
    temperature_celsius: float | None = None
    rain_millimetres_per_hour: NonNegative | None = None
    act: str | None = None
    on_stage: bool | None = None
    doors_open: bool | None = None


AlertVerb = Literal["acknowledge", "resolve", "note", "assign", "confirm", "reject"]


class AlertAction(Struct, frozen=True, kw_only=True):
    """What a person did with an alert."""

    id: Identifier
    key: Identifier
    action: AlertVerb
    by: Identifier
    time: Instant
    note: Annotated[str, Meta(max_length=2_000)] = ""
    to: Identifier | None = None
    """whom the alert is assigned to"""


class SupportCorrection(Struct, frozen=True, kw_only=True):
    """What a person taught the support desk, or asked of it."""

    id: Identifier
    time: Instant
    by: Identifier
    action: Literal["topic", "promote", "erase"]
    """topic: `text` is about `topic`. promote: the mails of `cluster` are about `topic`. erase: forget what was kept of
    the mails of `sender`, or of `message`."""
    topic: Annotated[str, Meta(max_length=100)] = ""
    text: Annotated[str, Meta(max_length=4_000)] = ""
    message: Identifier | None = None
    cluster: Identifier | None = None
    sender: Annotated[str, Meta(max_length=400)] = ""
    """mail address"""
