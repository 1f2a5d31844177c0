"""The venue file's types: what the place is, and who is told what. Every field explains itself."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from schemas.venue_calendar import Calendar
from schemas.venue_contacts import Contact
from schemas.venue_crowd import Crowd, Evidence, Exit, ExitLine, Gate, Ground
from schemas.venue_faults import Faults
from schemas.venue_plan import Plan
from schemas.venue_rules import Rule, default_rules
from schemas.venue_types import Name, Part, Polygon, Share


class Zone(Part):
    """A piece of ground that people stand on."""

    id: Name
    title: str = ""
    area_m2: float = Field(gt=0, le=1_000_000, description="ground area in square metres")
    capacity: int = Field(gt=0, description="most people allowed")
    exits: list[Exit] = Field(default_factory=list, description="ways out: names, or with the sign and the alternative")
    lead_time_minutes: float = Field(default=5, gt=0, le=60, description="what staff need to act before it is full")


class View(Part):
    """The part of a camera's picture that shows a zone."""

    zone: Name
    polygon: Polygon
    area_m2: float | None = Field(default=None, gt=0, description="ground seen in the polygon; the zone's if left out")
    exits: list[ExitLine] = Field(default_factory=list, description="where the zone's exits are in the picture")


class Camera(Part):
    """A fixed camera."""

    id: Name
    url: str | None = Field(default=None, description="rtsp://, http://, a device, a video file or a folder")
    frames_per_second: float = Field(default=8, gt=0, le=30, description="frames sent; fights need about 8")
    count_every_seconds: float = Field(default=1, ge=0.1, le=60, description="how often heads are counted")
    views: list[View] = Field(default_factory=list)
    masks: list[Polygon] = Field(default_factory=list, description="never looked at by any model")
    ground: Ground | None = Field(default=None, description="without it there are no metres, speeds and pressure")
    gates: list[Gate] = Field(default_factory=list, description="lines that people cross")
    faults: Faults | None = Field(default=None, description="when its picture can't be believed; the venue's if empty")


class Product(Part):
    """A drink or dish of a bar."""

    id: Name
    title: str = ""
    opening_stock: float | None = Field(default=None, ge=0, description="units at the start; no stock-out without")
    shelf: float | None = Field(default=None, gt=0, description="units the bar has room for")
    package: float | None = Field(default=None, gt=0, description="units that come together: a keg, a crate")
    category: Name | None = Field(default=None, description="beer, spirits, soft, food: what a new product is kin of")
    price: float | None = Field(default=None, gt=0, description="of one unit; tells a new product its kin")
    alcohol: float | None = Field(default=None, ge=0, le=100, description="percent by volume; tells its kin")
    size: float | None = Field(default=None, gt=0, description="millilitres or grams of one unit; tells its kin")
    recipe: dict[Name, Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict, description="what one unit takes from the stock of other products of this bar"
    )


class Bar(Part):
    """A bar and what it sells."""

    id: Name
    zone: Name | None = None
    lead_time_minutes: float = Field(default=20, gt=0, le=24 * 60, description="from the call to the delivery")
    run_out_limit: Share = Field(default=0.2, description="chance of running out that calls for a delivery")
    cover_minutes: float = Field(
        default=240, gt=0, le=24 * 60, description="a delivery should last so long, or until the bar closes"
    )
    trip_worth_units: float = Field(
        default=1,
        ge=0,
        description="sales that would be lost by waiting for another lead time, to make a trip worth it",
    )
    closes: str | None = Field(
        default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time, HH:MM; learnt if left out"
    )
    neighbours: list[Name] = Field(default_factory=list, description="bars whose surplus may be fetched")
    products: list[Product] = Field(default_factory=list)

    @model_validator(mode="after")
    def _recipes_draw_on_stock(self) -> Self:
        held = {product.id for product in self.products if not product.recipe}
        for product in self.products:
            for name in product.recipe:
                if name not in held:
                    raise ValueError(
                        f"the recipe of {product.id} takes {name!r}, which is no product of this bar with a stock of "
                        f"its own: {', '.join(sorted(held)) or 'none'}"
                    )
            if product.recipe and product.opening_stock is not None:
                raise ValueError(f"{product.id} has a recipe, so it has no stock of its own: remove opening_stock")
        return self


class Stage(Part):
    """A stage and its microphone."""

    id: Name
    zone: Name | None = None
    url: str | None = Field(default=None, description="a stream, a device, a file or a folder")


class Music(Part):
    """How sure the models must be of the music before a word is shown."""

    mood_limit: Share = Field(default=0.45, description="confidence below which the mood is called unsure")
    genre_limit: Share = Field(default=0.45, description="confidence below which the genre is called unknown")


LIVE_VALUES = (
    "level",
    "sub",
    "bass",
    "low_mid",
    "mid",
    "high_mid",
    "high",
    "onset",
    "brightness",
    "beat",
    "live_tempo",
)
TAG_VALUES = ("mood", "mood_confidence", "genre", "genre_confidence", "tempo", "key", "silent")


def default_addresses() -> dict[str, str]:
    """An OSC address for every value."""
    return {name: f"/pulso/{{stage}}/{name}" for name in (*LIVE_VALUES, *TAG_VALUES)}


class Lights(Part):
    """A lighting desk that is told what is heard on a stage, by OSC over UDP.

    level, bands and onset (0 to 1), brightness (Hz), live_tempo (beats per minute) and beat (1) come at frame rate from
    the microphone source; mood, genre, tempo, key and silent (0 or 1) come with each fragment from the music worker.
    """

    stage: Name
    host: str = Field(min_length=1, description="name or address of the desk")
    port: int = Field(ge=1, le=65535)
    frames_per_second: float = Field(default=25, ge=1, le=100)
    addresses: dict[str, Annotated[str, Field(pattern=r"^/[^\s#*,?\[\]]*$")]] = Field(
        default_factory=default_addresses,
        description="value: OSC address, in which {stage} stands for the stage; a value left out is not sent",
    )

    @field_validator("addresses")
    @classmethod
    def _known(cls, addresses: dict[str, str]) -> dict[str, str]:
        known = default_addresses()
        if unknown := sorted(set(addresses) - set(known)):
            raise ValueError(f"nothing is called {', '.join(unknown)}; there are {', '.join(known)}")
        return addresses


class Mailbox(Part):
    """Where support mail is read from. The password comes from PULSO_MAILBOX_PASSWORD."""

    id: Name = "support"
    url: str = Field(description="imap(s)://user@host[:port]/folder, or a Maildir, an mbox or a folder of .eml")
    poll_seconds: float = Field(default=30, ge=1, description="used where the server has no IDLE")


class Tills(Part):
    """The HTTP endpoint that tills send tickets to. The token comes from PULSO_TILL_TOKEN."""

    port: int = Field(default=8090, ge=0, le=65535, description="0 takes any free port")


class Social(Part):
    """The HTTP endpoint that social posts are sent to. The token comes from PULSO_POSTS_TOKEN."""

    port: int = Field(default=8091, ge=0, le=65535, description="0 takes any free port")


class FightClips(Part):
    """Two seconds of blurred video beside each fight that is told of."""

    cells_across: int = Field(
        default=48, ge=16, le=96, description="columns of cells that a clip is blurred to; fewer show less"
    )


class Venue(Part):
    """The whole file."""

    name: str = Field(min_length=1)
    timezone: str = Field(default="Europe/Madrid", description="IANA name, for times that people read")
    language: Literal["es", "en"] = "es"
    zones: list[Zone] = Field(default_factory=list)
    cameras: list[Camera] = Field(default_factory=list)
    bars: list[Bar] = Field(default_factory=list)
    calendar: Calendar = Field(default_factory=Calendar, description="special days, and when the ground is open")
    stages: list[Stage] = Field(default_factory=list)
    music: Music = Field(default_factory=Music)
    lights: list[Lights] = Field(default_factory=list)
    mailboxes: list[Mailbox] = Field(default_factory=list)
    tills: Tills | None = None
    social: Social | None = None
    fight_clips: FightClips = Field(default_factory=FightClips, description="how far evidence of fights is blurred")
    contacts: list[Contact] = Field(default_factory=list, description="phones and chats, and who hears what")
    capacity: int | None = Field(default=None, gt=0, description="most people allowed in the whole venue")
    crowd: Crowd = Field(default_factory=Crowd)
    evidence: Evidence = Field(default_factory=Evidence)
    plan: Plan | None = Field(default=None, description="the place from above, in metres, for the control room")
    rules: dict[str, Rule] = Field(default_factory=default_rules, description="replaces the default of the same name")

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no IANA time zone; write for example Europe/Madrid") from error
        return name

    @field_validator("rules")
    @classmethod
    def _known(cls, rules: dict[str, Rule]) -> dict[str, Rule]:
        known = default_rules()
        if unknown := sorted(set(rules) - set(known)):
            raise ValueError(f"no rule is called {', '.join(unknown)}; there are {', '.join(known)}")
        return known | rules

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for kind, parts in (
            ("zones", self.zones), ("cameras", self.cameras), ("bars", self.bars), ("stages", self.stages),
            ("contacts", self.contacts),
        ):  # fmt: skip
            names = [part.id for part in parts]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind}: {', '.join(twice)} stands there twice; give each its own id")
        bars = {bar.id for bar in self.bars}
        for bar in self.bars:
            if strange := sorted(set(bar.neighbours) - (bars - {bar.id})):
                raise ValueError(f"bar {bar.id}: the neighbours {', '.join(strange)} are no other bars of this file")
        contacts = {contact.id for contact in self.contacts}
        for contact in self.contacts:
            if strange := sorted(set(contact.escalate_to) - (contacts - {contact.id})):
                raise ValueError(f"contact {contact.id}: {', '.join(strange)} in escalate_to are no other contacts")
        zones = {zone.id for zone in self.zones}
        self._exits_and_gates()
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
        self._plan_draws_what_is_there()
        stages = [stage.id for stage in self.stages]
        for lights in self.lights:
            if lights.stage not in stages:
                raise ValueError(
                    f"lights name the stage {lights.stage!r}, which is not among stages: {', '.join(stages) or 'none'}"
                )
        return self

    def _plan_draws_what_is_there(self) -> None:
        """Raises ValueError where the plan names what the file has not."""
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

    def _exits_and_gates(self) -> None:
        """Raises ValueError where a camera shows an exit that its zone has not, or two gates have one name."""
        exits = {zone.id: {exit.name for exit in zone.exits} for zone in self.zones}
        for zone in self.zones:
            for exit in zone.exits:
                if exit.alternative and exit.alternative not in {e.name for z in self.zones for e in z.exits}:
                    raise ValueError(f"exit {exit.name!r}: its alternative {exit.alternative!r} is no exit of any zone")
        for camera in self.cameras:
            for view in camera.views:
                for line in view.exits:
                    if line.exit not in exits.get(view.zone, set()):
                        there = ", ".join(sorted(exits.get(view.zone, set()))) or "none"
                        raise ValueError(f"camera {camera.id}: zone {view.zone!r} has no exit {line.exit!r}; {there}")
        gates = [gate.id for camera in self.cameras for gate in camera.gates]
        if twice := sorted({gate for gate in gates if gates.count(gate) > 1}):
            raise ValueError(f"gates: {', '.join(twice)} stands there twice; give each its own id")
