"""What the workers compute. Each result names the event that it came from and the model that made it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.fields import Count, Identifier, Instant, NonNegative, Probability

STORE = "store"
"""where a bar fetches from when no other bar has it"""


class ZoneForecast(Struct, frozen=True, kw_only=True):
    """People in the zone ahead of time."""

    minutes: Count
    mean: NonNegative
    low: NonNegative
    """the 90 % interval"""
    high: NonNegative


class ExitCrowd(Struct, frozen=True, kw_only=True):
    """The ground before one exit of the zone."""

    exit: Identifier
    density: NonNegative
    """persons/m² within reach of it"""
    speed: float
    """m/s towards it; negative away from it"""
    jammed: bool


class ZoneFlow(Struct, frozen=True, kw_only=True):
    """How the people of a zone move. Speeds and pressure only where the venue file gives the camera's ground."""

    direction: float | None = None
    """degrees in the picture, 0 up, 90 right; None while hardly anyone walks"""
    speed: NonNegative | None = None
    """m/s, mean over all heads"""
    moving: Probability = 0.0
    """share of heads that walk"""
    counter_flow: Probability = 0.0
    """0 all one way, 1 as many the other way"""
    inflow: float = 0.0
    """heads a minute over the zone's edge, less those that leave"""
    pressure: NonNegative | None = None
    """density × variance of velocity where it is highest, s⁻² (Helbing, 2007)"""
    stop_and_go: NonNegative = 0.0
    """times in the last minute that a dense crowd stopped and went on"""
    running: Probability | None = None
    """share of heads that run"""
    scattering: Probability | None = None
    """share of heads that run away from one point"""
    exits: tuple[ExitCrowd, ...] = ()


class ZoneCount(Struct, frozen=True, kw_only=True):
    """People in the part of a zone that one camera sees."""

    zone: Identifier
    persons: NonNegative
    """smoothed, so that it doesn't flicker"""
    density: NonNegative | None = None
    """persons/m², where the venue file gives an area"""
    level_of_service: Literal["A", "B", "C", "D", "E", "F"] | None = None
    """Fruin's level for walkways"""
    counted: NonNegative | None = None
    """heads in this picture alone"""
    lag_seconds: NonNegative = 0.0
    """by which `persons` follows what is counted; falls towards 0 in a surge"""
    flow: ZoneFlow | None = None
    """None where no earlier picture was near enough in time, or hardly anyone is there"""
    forecast: tuple[ZoneForecast, ...] = ()
    limit: NonNegative | None = None
    """people at which the zone is full: its capacity, or where the density alert is raised, whichever is lower"""
    limit_chance: Probability | None = None
    """chance that the limit is reached before staff can act"""
    minutes_to_limit: NonNegative | None = None
    """by the mean forecast; None where it is not reached"""


class CrowdCount(Struct, frozen=True, kw_only=True):
    """Heads in one picture."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    persons: NonNegative | None
    """None when the camera is blind"""
    zones: tuple[ZoneCount, ...] = ()
    blind: str | None = None
    """why it can't be trusted: black, overexposed, covered, blurred, frozen, smoke, pyrotechnics, obstructed"""
    model: str
    evidence: tuple[Identifier, ...] = ()
    """pictures that show why an alert may be raised, by their id in the evidence store"""


class ViolenceScore(Struct, frozen=True, kw_only=True):
    """Probability that a fight is seen now by a camera."""

    event_id: Identifier
    camera: Identifier
    time: Instant
    probability: Probability
    zone: Identifier | None = None
    model: str
    evidence: tuple[Identifier, ...] = ()
    """blurred clips of what was seen, by their id in the evidence store; only near an alarm"""


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
    fetch_from: Identifier | None = None
    """`STORE`, or the neighbouring bar that has them to spare"""
    fetch_by: Instant | None = None
    """when the chance of running out reaches the bar's limit"""
    along: bool = False
    """not urgent by itself: fetched because somebody goes anyway"""
    oversold: NonNegative = 0.0
    """units sold beyond what the ledger knew of: the product wants counting"""
    coming: NonNegative = 0.0
    """units that somebody is fetching"""
    coming_from: Identifier | None = None
    """the bar that they come from; None for the store"""
    missing: float = 0.0
    """units that counts found missing so far; negative: found beyond what was known"""
    expected_loss: NonNegative = 0.0
    """mean units asked for in vain if somebody goes only one lead time later"""
    surplus: NonNegative | None = None
    """units that the bar can spare until it closes"""
    rest_of_day: HorizonDemand | None = None
    """until the bar closes, where that is known"""


class DemandForecast(Struct, frozen=True, kw_only=True):
    """What a bar will need."""

    event_id: Identifier
    bar: Identifier
    time: Instant
    tickets: Count
    """applied so far, each once"""
    products: tuple[ProductDemand, ...]
    model: str
    drifts: Count = 0
    """times that the errors changed their level (ADWIN)"""


class Topic(Struct, frozen=True, kw_only=True):
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
    cluster_split: tuple[Identifier, ...] = ()
    """names of a cluster that was split by this mail, which goes on, and of the new one that has some of its mails"""


class PostReading(Struct, frozen=True, kw_only=True):
    """One social post, read, and how posts about its subject sound now. Names, addresses and links are masked."""

    event_id: Identifier
    post: Identifier
    network: Identifier
    time: Instant
    language: str
    subject: str
    """a topic of the support desk, or "other" """
    names: dict[str, str] = {}
    """of the subject, by language, where it has some"""
    sentiment: Literal["negative", "neutral", "positive"]
    excerpt: str = ""
    posts: NonNegative
    """about the subject within the last quarter of an hour, fading"""
    negative_share: Probability
    """of them"""
    usual_share: Probability
    """of those of the last hours before"""
    change: float
    """standard errors by which the share lies above the usual one"""
    model: str


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
    beats: tuple[float, ...] = ()
    """seconds, each before `time` and so at most 0"""
    bands: dict[str, float] = {}
    """dBFS of the last five seconds in sub, bass, low_mid, mid, high_mid and high"""
    onset_strength: NonNegative = 0.0
    """mean of the last five seconds: rise of the mel bands, dB"""
    brightness: NonNegative = 0.0
    """Hz, spectral centroid of the last five seconds"""
    key: str = ""
    """C major to B minor; empty where none is clear"""
    key_confidence: Probability = 0.0
