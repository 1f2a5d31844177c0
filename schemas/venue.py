"""Root type of the venue file. Every field has a description, from which the reference is generated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Self, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, create_model, field_validator, model_validator

from schemas.bars import BarSettings, TillServerSettings
from schemas.calendar import Calendar
from schemas.cameras import CameraSettings, EvidenceSettings
from schemas.contacts import Contact, escalation_cycle
from schemas.crowd import CrowdSettings, ZoneSettings
from schemas.fields import repeated
from schemas.music import LightsSettings, MusicSettings, StageSettings
from schemas.plan import VenuePlan
from schemas.rules import RuleSettings
from schemas.social import PostServerSettings
from schemas.support import MailboxSettings
from schemas.venue_parts import Part
from schemas.venue_section import VenueSection
from schemas.violence import EvidenceClipSettings

P = TypeVar("P")


class Venue(Part):
    """The venue file."""

    name: str = Field(min_length=1, description="name of the festival, for pages and reports")
    timezone: str = Field(default="Europe/Madrid", description="IANA time zone of displayed times")
    language: Literal["es", "en"] = Field(default="es", description="language of texts that name no other")
    zones: list[ZoneSettings] = Field(default_factory=list, description="areas with a capacity, which cameras see")
    cameras: list[CameraSettings] = Field(default_factory=list, description="fixed cameras")
    bars: list[BarSettings] = Field(default_factory=list, description="bars and what they sell")
    calendar: Calendar = Field(default_factory=Calendar, description="special days and opening hours")
    stages: list[StageSettings] = Field(default_factory=list, description="stages and their microphones")
    music: MusicSettings = Field(default_factory=MusicSettings, description="confidence limits of mood and genre")
    lights: list[LightsSettings] = Field(
        default_factory=list, description="lighting desks that receive the music by OSC"
    )
    mailboxes: list[MailboxSettings] = Field(default_factory=list, description="mailboxes of the support desk")
    tills: TillServerSettings | None = Field(
        default=None, description="endpoint that tills send tickets to; none if left out"
    )
    social: PostServerSettings | None = Field(
        default=None, description="endpoint that social posts are sent to; none if left out"
    )
    fight_clips: EvidenceClipSettings = Field(
        default_factory=EvidenceClipSettings, description="blur of violence evidence"
    )
    contacts: list[Contact] = Field(
        default_factory=list, description="addresses for notifications, and the alerts that they receive"
    )
    capacity: int | None = Field(default=None, gt=0, description="maximum number of people allowed in the whole venue")
    crowd: CrowdSettings = Field(default_factory=CrowdSettings, description="thresholds by which crowds are measured")
    evidence: EvidenceSettings = Field(
        default_factory=EvidenceSettings, description="pictures and clips that alerts keep"
    )
    plan: VenuePlan | None = Field(default=None, description="plan of the venue in metres, for the control room")
    partitions: dict[str, int] = Field(
        default_factory=dict, description="number of partitions of topics that have others than by default"
    )
    rules: dict[str, RuleSettings] = Field(
        default_factory=dict, description="settings of alert rules that replace the defaults of the same name"
    )

    def section(self, section: VenueSection[P]) -> P:
        """Return a feature's section of the file, or its default where this venue was made without it."""
        value: P = getattr(self, section.name, None) or section.default()
        return value

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a valid IANA time zone; write for example Europe/Madrid") from error
        return name

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for kind, parts in (
            ("zones", self.zones), ("cameras", self.cameras), ("bars", self.bars), ("stages", self.stages),
            ("contacts", self.contacts), ("mailboxes", self.mailboxes),
        ):  # fmt: skip
            if twice := repeated(part.id for part in parts):
                raise ValueError(f"{kind}: {', '.join(twice)} is used more than once; give each its own id")
        bars = {bar.id for bar in self.bars}
        for bar in self.bars:
            if unknown := sorted(set(bar.neighbours) - (bars - {bar.id})):
                raise ValueError(f"bar {bar.id}: the neighbours {', '.join(unknown)} are not other bars of this file")
        self._check_contacts()
        zones = {zone.id for zone in self.zones}
        self._check_exits_and_gates()
        named = [(f"camera {c.id}", view.zone) for c in self.cameras for view in c.views]
        named += [
            (f"{kind} {p.id}", p.zone)
            for kind, ps in (("bar", self.bars), ("stage", self.stages))
            for p in ps
            if p.zone
        ]
        for who, zone in named:
            if zone not in zones:
                raise ValueError(
                    f"{who} names the zone {zone!r}, which is not among zones: {', '.join(sorted(zones)) or 'none'}"
                )
        self._check_plan()
        stages = [stage.id for stage in self.stages]
        for lights in self.lights:
            if lights.stage not in stages:
                raise ValueError(
                    f"lights name the stage {lights.stage!r}, which is not among stages: {', '.join(stages) or 'none'}"
                )
        return self

    def _check_contacts(self) -> None:
        """Check the contacts that others escalate to.

        Raises:
            ValueError: one is unknown, or an alert would come back to a contact that was notified already.
        """
        contacts = {contact.id for contact in self.contacts}
        for contact in self.contacts:
            if strangers := sorted(set(contact.escalate_to) - (contacts - {contact.id})):
                raise ValueError(
                    f"contact {contact.id}: {', '.join(strangers)} in escalate_to are not other contacts of this file"
                )
        if cycle := escalation_cycle(self.contacts):
            raise ValueError(f"contacts: escalate_to goes round in a circle, {' → '.join(cycle)}: end it somewhere")

    def _check_plan(self) -> None:
        """Check the names in the plan.

        Raises:
            ValueError: the plan has a name that the file does not define.
        """
        mistakes = self.plan and self.plan.mistakes({
            "zones": [zone.id for zone in self.zones],
            "cameras": [camera.id for camera in self.cameras],
            "gates": [gate.id for camera in self.cameras for gate in camera.gates],
            "exits": [exit.name for zone in self.zones for exit in zone.exits],
            "bars": [bar.id for bar in self.bars],
            "stages": [stage.id for stage in self.stages],
        })  # fmt: skip
        if mistakes:
            raise ValueError("; ".join(mistakes))

    def _check_exits_and_gates(self) -> None:
        """Check the exits that views name, and the names of gates.

        Raises:
            ValueError: a view names an exit that its zone does not have, or two gates have the same name.
        """
        exits = {zone.id: {exit.name for exit in zone.exits} for zone in self.zones}
        for zone in self.zones:
            for exit in zone.exits:
                if exit.alternative and exit.alternative not in {e.name for z in self.zones for e in z.exits}:
                    raise ValueError(
                        f"exit {exit.name!r}: its alternative {exit.alternative!r} is not an exit of any zone"
                    )
        for camera in self.cameras:
            for view in camera.views:
                for line in view.exits:
                    if line.exit not in exits.get(view.zone, set()):
                        there = ", ".join(sorted(exits.get(view.zone, set()))) or "none"
                        raise ValueError(
                            f"camera {camera.id}: zone {view.zone!r} has no exit {line.exit!r}; it has {there}"
                        )
        if twice := repeated(gate.id for camera in self.cameras for gate in camera.gates):
            raise ValueError(f"gates: {', '.join(twice)} is used more than once; give each its own id")


def venue_type(sections: Iterable[VenueSection[Any]] = (), rules: Iterable[str] = ()) -> type[Venue]:
    """Return the type of a venue file with further sections.

    Args:
        sections: each becomes a field; what its own check finds wrong in view of the whole file is a validation error.
        rules: names that `rules` may have; any name if left out.
    """
    sections, names = tuple(sections), tuple(rules)

    def check_sections(venue: Venue) -> Venue:
        if mistakes := [mistake for section in sections for mistake in section.mistakes(venue)]:
            raise ValueError("; ".join(mistakes))
        return venue

    fields: dict[str, Any] = {
        section.name: (section.type, Field(default_factory=section.default, description=section.description))
        for section in sections
    }
    if names:
        # As the type of the keys, the names are in the JSON Schema too, and an error has the line of the name.
        rule_name: Any = cast(Any, Literal)[names]
        fields["rules"] = (cast(Any, dict)[rule_name, RuleSettings], Venue.model_fields["rules"])
    validators: dict[str, Any] = {"check_sections": model_validator(mode="after")(check_sections)}
    return create_model("Venue", __base__=Venue, __doc__=Venue.__doc__, __validators__=validators, **fields)
