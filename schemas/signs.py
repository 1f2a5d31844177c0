"""Signs: commands of what they show, what displays report, their silence; topics; the signs of the venue file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct
from pydantic import Field, model_validator

from schemas.fields import NAMED, Identifier, Instant, repeated
from schemas.ids import AlertId, AlertKey, EventId, QueueId, SignCommandId, SignId, ZoneId
from schemas.queues import QUEUES
from schemas.topic import HOUR, Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection

SignPriority = Literal["info", "crowd", "evacuate"]
PRIORITIES: tuple[SignPriority, ...] = get_args(SignPriority)
"""From the lowest to the highest."""

SignStatus = Literal["proposed", "active", "withdrawn"]
STATUSES: tuple[SignStatus, ...] = get_args(SignStatus)
"""The life of a command, which goes one way only."""

Arrow = Literal["none", "left", "right", "up", "down", "up-left", "up-right", "down-left", "down-right"]

MAX_TEXT = 120
"""Letters of a text: more can't be read by people who walk past."""

MAX_HOURS = 24
"""Longest time for which a person may set a text."""

Line = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class SignText(Struct, frozen=True, kw_only=True):
    """Text of a sign in both languages."""

    es: Line
    en: Line


class SignCommand(Struct, frozen=True, kw_only=True):
    """Last word on one command of what a sign shows. What is withdrawn stays withdrawn."""

    id: Annotated[SignCommandId, NAMED]
    """Of the command; proposal, approval, extension and withdrawal have the same."""
    sign: Annotated[SignId, NAMED]
    status: SignStatus
    text: SignText
    arrow: Arrow = "none"
    priority: SignPriority
    begin: Instant
    """First moment at which it may be shown."""
    until: Instant
    """From then on it is not shown any more."""
    time: Instant
    """Time of the change."""
    by: Identifier
    """Person, or `rule/NAME`."""
    alert: Annotated[AlertId, NAMED] | None = None
    """Alert with which it ends; None where a person set it."""
    cause: Annotated[AlertKey, NAMED] | None = None
    """Key of that alert: rule and subject."""


class SignState(Struct, frozen=True, kw_only=True):
    """Sign of life of a display, with what it shows."""

    event_id: Annotated[EventId, NAMED]
    sign: Annotated[SignId, NAMED]
    time: Instant
    shown: Annotated[SignCommandId, NAMED] | None
    """Command that it shows; None for its default text."""
    display: Identifier = "kiosk"
    """Sender of the state: `kiosk`, the page of the sign, or the server of another maker's display."""
    trouble: Annotated[str, Meta(max_length=400)] = ""
    """Reason for which that server can't tell the display what to show; such a state is no sign of life."""


class SignSilence(Struct, frozen=True, kw_only=True):
    """A sign, and whether its display has been heard of."""

    event_id: Annotated[EventId, NAMED]
    sign: Annotated[SignId, NAMED]
    time: Instant
    silent: bool
    since: Instant
    """Last sign of life, or the begin of the watch."""
    heard: bool = True
    """False for a display that was never heard of since the watch began."""


SIGN_COMMANDS = Topic(
    "signs.commands",
    "command",
    SignCommand,
    "pulso.sign.command.v1",
    "What signs are to show: proposed, active and withdrawn.",
    partitions=1,  # every reader needs all of them
    compacted=True,
)

SIGN_STATES = Topic(
    "signs.states",
    "sign",
    SignState,
    "pulso.sign.state.v1",
    "What a sign shows, as its display says every few seconds.",
    partitions=1,
    retention_ms=HOUR,
)

SIGN_SILENCES = Topic(
    "signs.silences",
    "sign",
    SignSilence,
    "pulso.sign.silence.v1",
    "Whether the display of a sign has been heard of.",
    partitions=1,
    retention_ms=HOUR,
)


class SignTextSettings(Part):
    """Text in both languages."""

    es: str = Field(min_length=1, max_length=MAX_TEXT, description="in Spanish")
    en: str = Field(min_length=1, max_length=MAX_TEXT, description="in English")

    def text(self) -> SignText:
        """Return it as commands carry it."""
        return SignText(es=self.es, en=self.en)


class SignService(Part):
    """A place whose alert changes the sign: an exit (rule `bottleneck`) or a queue (rule `queue-long`)."""

    exit: str | None = Field(default=None, min_length=1, description="exit of a zone, as named there")
    queue: Annotated[QueueId, NAME] | None = Field(default=None, description="queue of the section `queues`")
    text: SignTextSettings | None = Field(
        default=None, description="text while the alert is open; made from the names of the exits if left out"
    )
    arrow: Arrow = Field(default="none", description="where the arrow points meanwhile")

    @model_validator(mode="after")
    def _serves_one_place(self) -> SignService:
        if (self.exit is None) == (self.queue is None):
            raise ValueError("give exit or queue")
        if self.queue is not None and self.text is None:
            raise ValueError("give the text for the queue: nothing says where people should go instead")
        return self


class AnthiasSettings(Part):
    """A player with Anthias that the sign takes over while a text is in force."""

    kind: Literal["anthias"] = Field(description="Anthias, API v2")
    url: str = Field(pattern=r"^https?://[^/\s@]+$", description="address of the player, http://host[:port]")
    asset: Annotated[str, NAME] = Field(description="id of the web asset with the page of the sign")


class XiboSettings(Part):
    """A display group of a Xibo CMS that the sign takes over while a text is in force."""

    kind: Literal["xibo"] = Field(description="Xibo CMS 4")
    url: str = Field(pattern=r"^https?://[^/\s@]+$", description="address of the CMS, https://host[:port]")
    display_group: int = Field(ge=1, description="id of the display group")
    layout: int = Field(ge=1, description="id of the published layout with the page of the sign")


class SignSettings(Part):
    """A sign whose text changes."""

    id: Annotated[SignId, NAME]
    title: str = Field(default="", max_length=80, description="name that staff use; the id if left out")
    zone: Annotated[ZoneId, NAME] | None = Field(default=None, description="zone in which it stands")
    place: str = Field(default="", max_length=120, description="where it stands, in words for staff")
    default: SignTextSettings = Field(description="text while no command is in force")
    arrows: list[Arrow] = Field(default_factory=list, description="arrows that it can show; empty: none")
    act: Literal["propose", "automatic"] = Field(
        default="propose", description="propose: a person approves each change. automatic: an alert changes it at once"
    )
    serves: list[SignService] = Field(default_factory=list, description="places whose alerts change it")
    hold_minutes: float = Field(
        default=10,
        ge=1,
        le=240,
        description="minutes for which a text that an alert set is shown after the last word from Pulso; it is "
        "extended while the alert is open, so this bounds what a cut leaves standing",
    )
    display: AnthiasSettings | XiboSettings | None = Field(
        default=None, description="display of another maker that plays its own content while no command is in force"
    )
    watched: bool = Field(default=True, description="false: its silence raises no alert, as before it is put up")


def _service_mistakes(sign: SignSettings, exits: set[str], queues: set[QueueId], alternatives: set[str]) -> list[str]:
    found = []
    for service in sign.serves:
        if service.exit is not None and service.exit not in exits:
            found.append(f"sign {sign.id}: no zone has an exit {service.exit!r}; there are {_listed(exits)}")
        elif service.exit is not None and service.text is None and service.exit not in alternatives:
            found.append(f"sign {sign.id}: exit {service.exit!r} has no other to send people to; give the text")
        if service.queue is not None and service.queue not in queues:
            found.append(f"sign {sign.id}: there is no queue {service.queue!r}; there are {_listed(queues)}")
        if service.arrow != "none" and service.arrow not in sign.arrows:
            found.append(f"sign {sign.id}: it has no arrow {service.arrow!r}; add it to its arrows")
    twice = repeated(service.exit or service.queue or "" for service in sign.serves)
    found += [f"sign {sign.id}: {name} stands there twice" for name in twice]
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _mistakes(venue: Venue) -> list[str]:
    signs = venue.section(SIGNS)
    zones = {zone.id for zone in venue.zones}
    exits = {exit.name for zone in venue.zones for exit in zone.exits}
    redirected = {exit.name for zone in venue.zones for exit in zone.exits if exit.alternative or len(zone.exits) > 1}
    queues = {queue.id for queue in venue.section(QUEUES)}
    found = [f"signs: {name} stands there twice; give each its own id" for name in repeated(sign.id for sign in signs)]
    for sign in signs:
        if sign.zone is not None and sign.zone not in zones:
            found.append(f"sign {sign.id}: zone {sign.zone!r} is not in the venue file; it has {_listed(zones)}")
        found += _service_mistakes(sign, exits, queues, redirected)
    return found


SIGNS: VenueSection[list[SignSettings]] = VenueSection(
    "signs", list[SignSettings], list, "signs whose text changes, and the alerts that change it", _mistakes
)


def is_in_force(command: SignCommand, now: datetime) -> bool:
    """Return True if a command may be shown at a time."""
    return command.status == "active" and command.begin <= now < command.until
