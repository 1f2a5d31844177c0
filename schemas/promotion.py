"""Promotion: campaigns with approved variants of a message, which variant was shown, and who responded; their topics.

No record names an attendee, not even by pseudonym: a showing has an id that only the phone that saw it can compute.
"""

from __future__ import annotations

from typing import Annotated, Literal, NewType

from msgspec import Meta, Struct

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative
from schemas.ids import EventId
from schemas.topic import DAY, Topic

CampaignId = NewType("CampaignId", str)
"""Id of a campaign: one message, in several variants."""

VariantId = NewType("VariantId", str)
"""Id of one variant of a campaign's message."""

NO_TASTE = ""
"""Taste of somebody who declared no genre of the programme."""

MAX_VARIANTS = 12
"""Variants of a campaign, withdrawn ones included."""

Title = Annotated[str, Meta(min_length=1, max_length=100)]
MessageText = Annotated[str, Meta(min_length=1, max_length=280)]
PictureText = Annotated[str, Meta(max_length=200)]
PictureName = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the picture's bytes")]
Taste = Annotated[str, Meta(max_length=200, description="a declared genre of the programme; empty without one")]
Propensity = Annotated[float, Meta(gt=0, le=1)]


class MessageVariant(Struct, frozen=True, kw_only=True):
    """One variant of a message, in both languages.

    Attributes:
        picture: name of a picture that the console keeps; None without one.
        picture_es, picture_en: the picture in words, for those who can't see it.
        made_by: account of the person who wrote it.
        status: only approved ones are shown.
        approved_by: account of the person who approved exactly this text and picture; None before.
    """

    id: Annotated[VariantId, NAMED]
    es: MessageText
    en: MessageText
    picture: PictureName | None = None
    picture_es: PictureText = ""
    picture_en: PictureText = ""
    made_by: Annotated[str, Meta(max_length=100)] = ""
    made_at: Instant
    status: Literal["proposed", "approved", "withdrawn"] = "proposed"
    approved_by: Annotated[str, Meta(max_length=100)] | None = None
    approved_at: Instant | None = None


PromotionActionKind = Literal["begin", "add", "approve", "withdraw", "end"]


class PromotionAction(Struct, frozen=True, kw_only=True):
    """An action of production on one campaign.

    Attributes:
        by: account of the person.
        title: begin: name of the campaign on pages of production.
        variant: add: the variant that is proposed.
        variant_id: approve, withdraw: whose status changes.
    """

    id: Identifier
    campaign: Annotated[CampaignId, NAMED]
    kind: PromotionActionKind
    time: Instant
    by: Annotated[str, Meta(max_length=100)]
    title: Title | None = None
    variant: MessageVariant | None = None
    variant_id: Annotated[VariantId, NAMED] | None = None


PromotionEventKind = Literal["shown", "response"]


class PromotionEvent(Struct, frozen=True, kw_only=True):
    """A variant was shown, or somebody responded to it.

    Attributes:
        showing: id of the showing, the same for both events of it.
        taste: declared genre that the choice was made by.
        propensity: probability with which this variant was chosen, the uniform share included.
        variants: number of approved variants that it was chosen from.
    """

    showing: Identifier
    campaign: Annotated[CampaignId, NAMED]
    kind: PromotionEventKind
    variant: Annotated[VariantId, NAMED]
    taste: Taste = NO_TASTE
    propensity: Propensity
    variants: Annotated[int, Meta(ge=1, le=MAX_VARIANTS)]
    time: Instant


class RateEstimate(Struct, frozen=True, kw_only=True):
    """A share of showings with a response, with its 90 % interval.

    Attributes:
        effective: number of showings that the estimate is as sure as.
    """

    rate: NonNegative
    low: NonNegative
    high: NonNegative
    effective: NonNegative


class VariantCount(Struct, frozen=True, kw_only=True):
    """Showings of one variant to people of one taste, and responses to them."""

    variant: Annotated[VariantId, NAMED]
    taste: Taste
    shown: Count
    responses: Count


class VariantResult(Struct, frozen=True, kw_only=True):
    """Result of one variant.

    Attributes:
        rate: responses by showings, as it was shown; None before the first one.
        to_everybody: rate that is expected if everybody saw this variant, by inverse propensity; None before.
    """

    variant: Annotated[VariantId, NAMED]
    shown: Count
    responses: Count
    rate: RateEstimate | None = None
    to_everybody: RateEstimate | None = None


class CampaignState(Struct, frozen=True, kw_only=True):
    """A campaign with its variants and results: key `campaign`.

    Attributes:
        counts: by variant and taste.
        rate: of all showings, as they were chosen.
        uniform: rate that is expected had each variant been chosen alike, by inverse propensity.
    """

    event_id: Annotated[EventId, NAMED]
    campaign: Annotated[CampaignId, NAMED]
    time: Instant
    title: Title
    begun_by: Annotated[str, Meta(max_length=100)]
    begun_at: Instant
    ended_at: Instant | None = None
    variants: tuple[MessageVariant, ...] = ()
    counts: tuple[VariantCount, ...] = ()
    results: tuple[VariantResult, ...] = ()
    rate: RateEstimate | None = None
    uniform: RateEstimate | None = None


PROMOTION_ACTIONS = Topic(
    "promotion.actions",
    "campaign",
    PromotionAction,
    "pulso.promotion.action.v1",
    "Campaigns that production begins and ends, and variants that it adds, approves or withdraws.",
    partitions=1,
    retention_ms=2 * DAY,
)
PROMOTION_EVENTS = Topic(
    "promotion.events",
    "campaign",
    PromotionEvent,
    "pulso.promotion.event.v1",
    "Variants that were shown, with the probability of the choice, and responses to them.",
    partitions=PROMOTION_ACTIONS.partitions,  # they share the state of a campaign
    retention_ms=2 * DAY,
)
PROMOTION_CAMPAIGNS = Topic(
    "promotion.campaigns",
    "campaign",
    CampaignState,
    "pulso.promotion.campaign.v1",
    "Campaigns with their variants, showings, responses and estimates.",
    partitions=1,
    compacted=True,
)
