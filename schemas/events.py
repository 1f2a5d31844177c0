"""What comes in. Frames and sound travel as bytes; these are the JSON records beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas.fields import LONGEST_TOPIC, Identifier, Instant, NonNegative, Text

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


class Post(Struct, frozen=True, kw_only=True):
    """What somebody wrote on a social network; who it was is not taken."""

    id: Identifier
    """of the network and the post, so that one that is sent twice counts once"""
    network: Identifier
    time: Instant
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


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


StockKind = Literal["opening", "delivery", "transfer", "waste", "count", "on-its-way"]


class StockMovement(Struct, frozen=True, kw_only=True):
    """What a person reports of a bar's stock, in units of the product.

    opening and count say what is there at that time; a delivery adds; waste takes away; a transfer goes from `bar` to
    `other`; on-its-way says that somebody fetches it. A delivery that names `other` came out of that bar's stock.
    """

    id: Identifier
    bar: Identifier
    product: Identifier
    kind: StockKind
    quantity: Annotated[float, Meta(ge=0, le=100_000, description="units")]
    time: Instant
    by: Identifier
    other: Identifier | None = None
    note: Annotated[str, Meta(max_length=2_000)] = ""
    counterpart: bool = False
    """written by the bars worker for the other bar, where the same movement has the opposite direction"""


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
    alert: Identifier | None = None
    """id of the alert that is confirmed or rejected; left out, the open one of the key, or else the last that was"""


class ModelFeedback(Struct, frozen=True, kw_only=True):
    """What a person says a model should have said; the same as it said confirms it."""

    id: Identifier
    model: Identifier
    subject: Identifier
    """the stage, camera or thread"""
    event_id: Identifier
    """of the result that is judged"""
    said: Annotated[str, Meta(max_length=200)]
    right: Annotated[str, Meta(min_length=1, max_length=200)]
    by: Identifier
    time: Instant


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
