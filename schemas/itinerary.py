"""Itineraries of attendees: wishes, and the plans made of them; their topics.

Attendees are pseudonyms; wishes and plans are kept for a day only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import NAMED, Count, Instant, NonNegative
from schemas.ids import ActId, EventId, ListenerId, PlaceId, SetId
from schemas.topic import Topic
from schemas.venue_map import Mobility

Minutes = Annotated[int, Meta(ge=1, le=1440)]

UnmetReason = Literal["not_performing", "no_time", "full", "no_place", "too_far"]
"""Reason of a wish that a plan leaves out.

`not_performing`: the act has no performance in that time, or it is cancelled. `full`: the place is above its limit.
`no_place`: no place of that kind is open then. `too_far`: nobody gets there and back within the walking limit.
`no_time`: it doesn't fit with the other wishes.
"""

PlanCause = Literal["set_moved", "set_cancelled", "path_closed"]
"""Reason of an offered alternative."""


class BreakWish(Struct, frozen=True, kw_only=True):
    """A break in one piece, inside a window.

    Attributes:
        kind: kind of the place, such as `food`; None: anywhere.
        begin: begin of the window; the begin of the visit if left out.
        end: end of the window; the end of the visit if left out.
    """

    minutes: Minutes
    kind: Annotated[str, Meta(max_length=40)] | None = None
    begin: Instant | None = None
    end: Instant | None = None


class PersonalWishes(Struct, frozen=True, kw_only=True):
    """Wishes of one person.

    Attributes:
        utilities: acts that they would like to see, with the value of each; 1 for a plain like.
        max_walk_m: longest walk in metres, over all legs; None: no limit.
    """

    must_see: Annotated[tuple[ActId, ...], Meta(max_length=60)] = ()
    utilities: Annotated[Mapping[ActId, float], Meta(max_length=200)] = {}
    dislikes: Annotated[tuple[ActId, ...], Meta(max_length=200)] = ()
    mobility: Mobility = "none"
    max_walk_m: NonNegative | None = None
    breaks: Annotated[tuple[BreakWish, ...], Meta(max_length=6)] = ()


class FriendWishes(PersonalWishes, frozen=True, kw_only=True):
    """Wishes of somebody who goes along; told by the attendee who asks, and without a name or pseudonym."""


class ItineraryWishes(PersonalWishes, frozen=True, kw_only=True):
    """Wishes of one attendee for one visit.

    Attributes:
        visitor: pseudonym.
        day: festival day.
        begin: earliest departure from the place of departure.
        end: latest arrival at the place of arrival.
        follows: True if the attendee wants to be led around crowds.
        friends: those who go along; one plan is made for all of them together.
        accepts: offered plan that becomes the attendee's plan.
        forget: True: nothing of this attendee is kept any longer.
    """

    visitor: Annotated[ListenerId, NAMED]
    day: date
    begin: Instant
    end: Instant
    origin: Annotated[PlaceId, NAMED]
    destination: Annotated[PlaceId, NAMED] | None = None
    follows: bool = True
    friends: Annotated[tuple[FriendWishes, ...], Meta(max_length=7)] = ()
    accepts: Annotated[EventId, NAMED] | None = None
    forget: bool = False


class PlannedStop(Struct, frozen=True, kw_only=True):
    """Time spent at one place: a set that is seen, or a break.

    Attributes:
        set: set that is seen; None for a break.
        wish: position of a break among the wishes; the breaks of friends follow, each once.
    """

    place: Annotated[PlaceId, NAMED]
    begin: Instant
    end: Instant
    set: Annotated[SetId, NAMED] | None = None
    act: Annotated[ActId, NAMED] | None = None
    wish: Count | None = None
    kind: str | None = None


class PlannedLeg(Struct, frozen=True, kw_only=True):
    """A walk between two stops.

    Attributes:
        places: places and junctions in their order, both ends included.
        has_steps: True if the walk has steps.
    """

    begin: Instant
    end: Instant
    metres: NonNegative
    places: tuple[PlaceId, ...]
    has_steps: bool = False


class UnmetWish(Struct, frozen=True, kw_only=True):
    """A must-see or break that a plan leaves out, and the reason."""

    reason: UnmetReason
    act: Annotated[ActId, NAMED] | None = None
    wish: Count | None = None


class MemberShare(Struct, frozen=True, kw_only=True):
    """Share of one of the friends in their plan.

    Attributes:
        utility: sum of the values of the acts that are seen.
        alone: the most that a plan with the group's breaks, pace and paths could give them.
        must_sees: their must-see acts that are seen.
    """

    utility: float
    alone: float
    must_sees: Count = 0


class ItineraryPlan(Struct, frozen=True, kw_only=True):
    """The best plan for the wishes of one attendee.

    Attributes:
        event_id: made of the plan's content.
        reachable: False if nobody gets from departure to arrival in that time and walking limit; then there are no
            stops.
        breaks: breaks that are kept.
        must_sees: must-see acts that are seen; those of each friend are counted.
        utility: sum of the values of the acts that are seen, without prices; for friends, the sum over all of them.
        members: for friends, the share of each, the attendee first and the friends in the order of the wishes.
        is_best: False if the search was ended early: a plan for friends that is fairer may exist.
        metres: length of all walks.
        unmet: wishes that don't fit.
        offer: True for an alternative: the plan before stays the attendee's until they accept this one.
        cause: reason of an offer.
        changed: set or path, as `start/end`, that caused an offer.
        replaces: plan that an offer would replace.
    """

    event_id: Annotated[EventId, NAMED]
    visitor: Annotated[ListenerId, NAMED]
    time: Instant
    day: date
    reachable: bool
    stops: tuple[PlannedStop, ...] = ()
    legs: tuple[PlannedLeg, ...] = ()
    breaks: Count = 0
    must_sees: Count = 0
    utility: float = 0.0
    metres: NonNegative = 0.0
    unmet: tuple[UnmetWish, ...] = ()
    members: tuple[MemberShare, ...] = ()
    is_best: bool = True
    offer: bool = False
    cause: PlanCause | None = None
    changed: str | None = None
    replaces: Annotated[EventId, NAMED] | None = None

    @property
    def is_feasible(self) -> bool:
        """Return True if every must-see and break fits."""
        return self.reachable and not self.unmet


WISHES = Topic(
    "itinerary.wishes",
    "visitor",
    ItineraryWishes,
    "pulso.itinerary.wishes.v1",
    "Wishes of an attendee, under a pseudonym.",
    sensitive=True,
)
PLANS = Topic(
    "itinerary.plans",
    "visitor",
    ItineraryPlan,
    "pulso.itinerary.plan.v1",
    "The best plan for an attendee's wishes, as an offer.",
    sensitive=True,
)
