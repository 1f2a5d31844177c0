"""Show stop: proposed by one person, confirmed by another who is named; its topic and its section of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import Field

from schemas.fields import NAMED, Identifier, Instant, repeated
from schemas.ids import EventId
from schemas.topic import Topic
from schemas.venue import Venue
from schemas.venue_parts import Part
from schemas.venue_section import VenueSection

ShowStopState = Literal["proposed", "confirmed", "called-off"]

ALL_STAGES = "all"
"""Stands for the whole venue in place of a stage."""

Text = Annotated[str, Meta(max_length=500)]


class ShowStop(Struct, frozen=True, kw_only=True):
    """One step of a show stop: what people have decided for a stage. It informs; it controls nothing by itself."""

    event_id: Annotated[EventId, NAMED]
    stage: Identifier
    """Stage of the venue file, or `all`."""
    time: Instant
    state: ShowStopState
    by: Identifier
    """Account of the person who took this step."""
    trigger: Text
    """Agreed trigger that was met, as the venue file words it."""
    proposed_by: Identifier
    proposed_at: Instant
    confirmed_by: Identifier | None = None
    confirmed_as: Text = ""
    """Name and role of who confirmed, as the venue file has them."""
    confirmed_at: Instant | None = None
    checked: tuple[Text, ...] = ()
    """Items of the checklist that were ticked when it was confirmed."""
    note: Annotated[str, Meta(max_length=2_000)] = ""


class ShowStopConfirmer(Part):
    """A person who may confirm a show stop."""

    account: str = Field(min_length=1, max_length=41, description="account with which this person logs in")
    name: str = Field(min_length=1, max_length=100, description="full name")
    role: str = Field(min_length=1, max_length=100, description="role in the event's safety plan, as Event director")


class ShowStopSettings(Part):
    """Agreement about stopping a show. Without triggers and confirmers there is no show stop."""

    triggers: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        default_factory=list, description="agreed reasons to stop a show, in the words of the safety plan"
    )
    checklist: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        default_factory=list, description="what is to be done or known before a stop is confirmed"
    )
    confirmers: list[ShowStopConfirmer] = Field(
        default_factory=list, description="persons who may confirm what another person has proposed"
    )

    @property
    def is_agreed(self) -> bool:
        """Return True if a show stop can be proposed and confirmed."""
        return bool(self.triggers and self.confirmers)

    def confirmer(self, account: str) -> ShowStopConfirmer | None:
        """Return the person with this account, or None if nobody is named."""
        return next((one for one in self.confirmers if one.account == account), None)


SHOW_STOPS = Topic(
    "show.stops",
    "stage",
    ShowStop,
    "pulso.show.stop.v1",
    "The last step of each stage's show stop: proposed, confirmed or called off.",
    partitions=1,
    compacted=True,
)


def _mistakes(venue: Venue) -> list[str]:
    settings = venue.section(SHOW_STOP)
    found = [
        f"show_stop: the account {one!r} stands there twice; each person needs an account of their own"
        for one in repeated(one.account for one in settings.confirmers)
    ]
    if bool(settings.triggers) != bool(settings.confirmers):
        found.append("show_stop: give both triggers and confirmers, or none of them")
    return found


SHOW_STOP: VenueSection[ShowStopSettings] = VenueSection(
    "show_stop", ShowStopSettings, ShowStopSettings, "agreed reasons and persons for stopping a show", _mistakes
)
