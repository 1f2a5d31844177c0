"""What the workers compute. Each result names the event that it came from and the model that made it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.fields import Count, Identifier, Instant, NonNegative, Probability


class ZoneCount(Struct, frozen=True, kw_only=True):
    """People in the part of a zone that one camera sees."""

    zone: Identifier
    persons: NonNegative
    density: NonNegative | None = None
    """persons/m², where the venue file gives an area"""
    level_of_service: Literal["A", "B", "C", "D", "E", "F"] | None = None
    """Fruin's level for walkways"""


class CrowdCount(Struct, frozen=True, kw_only=True):
    """Heads in one picture."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    persons: NonNegative | None
    """None when the camera is blind"""
    zones: tuple[ZoneCount, ...] = ()
    blind: str | None = None
    """why the picture can't be trusted: black, overexposed, blurred, …"""
    model: str


class ViolenceScore(Struct, frozen=True, kw_only=True):
    """Probability that a fight is seen now by a camera."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    probability: Probability
    zone: Identifier | None = None
    model: str


class HorizonDemand(Struct, frozen=True, kw_only=True):
    """Units that will be sold from now to the horizon."""

    minutes: Count
    mean: NonNegative
    p05: NonNegative
    p50: NonNegative
    p95: NonNegative


class ProductDemand(Struct, frozen=True, kw_only=True):
    """One product of one bar."""

    product: Identifier
    sold: float
    """units since the bar's first ticket, refunds taken off"""
    stock: float | None = None
    horizons: tuple[HorizonDemand, ...] = ()
    run_out_probability: Probability | None = None
    """chance of running out before a delivery ordered now arrives"""
    minutes_to_empty: NonNegative | None = None
    fetch: NonNegative | None = None
    """units to fetch now; None when nothing is needed"""


class DemandForecast(Struct, frozen=True, kw_only=True):
    """What a bar will need."""

    event_id: Identifier
    bar: Identifier
    time: Instant
    tickets: Count
    """applied so far, each once"""
    products: tuple[ProductDemand, ...]
    model: str


class Topic(Struct, frozen=True, kw_only=True):
    """What a mail is about."""

    name: str
    confidence: Probability


class Suggestion(Struct, frozen=True, kw_only=True):
    """A reply that a person may send: an approved answer with the mail's facts filled in."""

    answer: Identifier
    """name of the approved answer"""
    text: str
    why: str
    """what the suggestion rests on, for the person who decides"""
    confidence: Probability
    automatic: bool = False
    """the answer may be sent without a person, and the confidence is above its limit"""


SetAside = Literal["spam", "phishing", "automatic", "loop"]


class SupportTriage(Struct, frozen=True, kw_only=True):
    """One mail, read. Addresses, phone and card numbers are masked in every text of it."""

    event_id: Identifier
    message: Identifier
    thread: Identifier
    time: Instant
    language: str
    priority: Literal["urgent", "high", "normal", "low"]
    topic: Topic | None = None
    cluster: Identifier | None = None
    cluster_label: str = ""
    cluster_size: Count = 0
    cluster_is_new: bool = False
    surge: NonNegative = 0.0
    """arrivals of the cluster now ÷ its usual pace"""
    summary: str = ""
    model: str
    second_topic: Topic | None = None
    """where the mail asks two things"""
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    facts: dict[str, tuple[str, ...]] = {}
    """what the mail names: order, amount, date, time, quantity, place; in its own words, but for the order unmasked"""
    set_aside: SetAside | None = None
    """why the mail must never be answered"""
    suggestion: Suggestion | None = None
    cluster_ended: Identifier | None = None
    """name of a cluster that ended in this one by this mail: it leads here from now on"""


class MusicTags(Struct, frozen=True, kw_only=True):
    """What is heard on a stage."""

    event_id: Identifier
    stage: Identifier
    time: Instant
    seconds: NonNegative
    mood: str
    mood_confidence: Probability
    moods: dict[str, float]
    genre: str
    genre_confidence: Probability
    genres: dict[str, float]
    tempo: NonNegative
    """beats per minute; 0 when none is heard"""
    loudness: float
    """dBFS, at most 0"""
    silent: bool
    model: str
