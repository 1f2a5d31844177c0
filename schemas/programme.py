"""Programme of the festival: acts and their sets; the topic of sets; the programme in the venue file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import AwareDatetime, Field

from schemas.fields import NAMED, Instant, Probability, repeated
from schemas.ids import ActId, FestivalId, PlaceId, SetId
from schemas.topic import Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection

SetStatus = Literal["scheduled", "moved", "cancelled"]


class Act(Struct, frozen=True, kw_only=True):
    """An artist, band or DJ.

    Attributes:
        genres: genres, the main one first.
        moods: moods by which listeners describe the act.
        similar: acts that listeners of this one also like.
        language: ISO 639 code of the language that it sings or speaks; empty where there is none.
        popularity: 0 to 1, relative to the best-known act of the festival.
        accessible_show: services on stage, such as `sign_language` or `audio_description`.
        songs: titles to hear before one goes, in the organiser's order.
    """

    id: Annotated[ActId, NAMED]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    similar: tuple[ActId, ...] = ()
    language: str = ""
    popularity: Probability = 0.0
    accessible_show: tuple[str, ...] = ()
    songs: tuple[str, ...] = ()


class OtherFestival(Struct, frozen=True, kw_only=True):
    """Another festival, for attendees who like what this one has.

    Attributes:
        when: time of year, as it is shown.
        place: as it is shown.
        acts: names on its line-up.
        genres: what is known of acts that nobody here knows.
    """

    id: Annotated[FestivalId, NAMED]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    acts: tuple[str, ...]
    genres: tuple[str, ...] = ()
    when: str = ""
    place: str = ""


class ProgrammeSet(Struct, frozen=True, kw_only=True):
    """One performance of an act, or a signing session.

    Attributes:
        day: festival day; a set after midnight belongs to the evening before.
        stage: place of the performance on the map of paths.
        name: name of the act, as printed.
        kind: `concert`, `dj`, `signing`, …
        status: `moved`: stage and times are the new ones; `cancelled`: nobody performs.
        previous_stage: printed stage of a moved set.
        previous_begin: printed begin of a moved set.
    """

    id: Annotated[SetId, NAMED]
    day: date
    begin: Instant
    end: Instant
    stage: Annotated[PlaceId, NAMED]
    act: Annotated[ActId, NAMED]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Annotated[str, Meta(min_length=1, max_length=40)] = "concert"
    status: SetStatus = "scheduled"
    previous_stage: Annotated[PlaceId, NAMED] | None = None
    previous_begin: Instant | None = None

    @property
    def is_performance(self) -> bool:
        """Return True if the act can be seen: the set is not cancelled, and not a signing session."""
        return self.status != "cancelled" and self.kind != "signing"


PROGRAMME_SETS = Topic(
    "programme.sets",
    "set",
    ProgrammeSet,
    "pulso.programme.set.v1",
    "The last state of each set of the programme.",
    compacted=True,
)


class ActSettings(Part):
    """An artist, band or DJ."""

    id: Annotated[ActId, NAME]
    name: str = Field(min_length=1, max_length=200, description="name, as printed")
    genres: list[str] = Field(default_factory=list, description="genres, the main one first")
    moods: list[str] = Field(default_factory=list, description="moods by which listeners describe the act")
    similar: list[Annotated[ActId, NAME]] = Field(
        default_factory=list, description="acts that listeners of this one also like"
    )
    language: str = Field(default="", description="ISO 639 code of its language; empty where there is none")
    popularity: float = Field(default=0, ge=0, le=1, description="relative to the best-known act")
    accessible_show: list[str] = Field(default_factory=list, description="sign_language, audio_description, …")
    songs: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list, max_length=5, description="titles to hear before one goes, shown in this order"
    )


class FestivalSettings(Part):
    """Another festival, recommended to attendees by its line-up."""

    id: Annotated[FestivalId, NAME]
    name: str = Field(min_length=1, max_length=200, description="name, as shown")
    acts: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        min_length=1, max_length=60, description="names on its line-up, as printed"
    )
    genres: list[str] = Field(default_factory=list, description="used for acts that are not known otherwise")
    when: str = Field(default="", max_length=60, description="time of year, as shown")
    place: str = Field(default="", max_length=100, description="town, as shown")


class SetSettings(Part):
    """One performance of an act, or a signing session, as printed."""

    id: Annotated[SetId, NAME]
    day: date = Field(description="festival day; a set after midnight belongs to the evening before")
    begin: AwareDatetime = Field(description="RFC 3339 time with an offset")
    end: AwareDatetime = Field(description="RFC 3339 time with an offset")
    stage: Annotated[PlaceId, NAME] = Field(description="place on the map of paths")
    act: Annotated[ActId, NAME]
    name: str = Field(min_length=1, max_length=200, description="name of the act, as printed")
    kind: str = Field(default="concert", min_length=1, max_length=40, description="concert, dj, signing, …")


class ProgrammeSettings(Part):
    """Acts and sets. A longer programme is better loaded from tables: `pulso programme load FOLDER`."""

    acts: list[ActSettings] = Field(default_factory=list, description="artists, bands and DJs")
    sets: list[SetSettings] = Field(default_factory=list, description="performances and signing sessions, as printed")
    festivals: list[FestivalSettings] = Field(
        default_factory=list, max_length=40, description="other festivals that attendees may like"
    )


def _mistakes(venue: Venue) -> list[str]:
    programme = venue.section(PROGRAMME)
    acts = {act.id for act in programme.acts}
    found = []
    named: dict[str, list[str]] = {
        "act": [one.id for one in programme.acts],
        "set": [one.id for one in programme.sets],
        "festival": [one.id for one in programme.festivals],
    }
    for kind, ids in named.items():
        found += [f"programme: the {kind} {one!r} stands there twice" for one in repeated(ids)]
    for one in programme.sets:
        if one.end <= one.begin:
            found.append(f"programme: the set {one.id!r} ends before it begins")
        if acts and one.act not in acts:
            found.append(f"programme: the set {one.id!r} names the act {one.act!r}, which is not among acts")
    return found


PROGRAMME: VenueSection[ProgrammeSettings] = VenueSection(
    "programme", ProgrammeSettings, ProgrammeSettings, "acts and sets of the festival", _mistakes
)
