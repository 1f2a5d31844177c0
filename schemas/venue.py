"""The venue file's types: what the place is, and who is told what. Every field explains itself."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.alerts import Audience, Severity

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$", description="lower case, digits, - and _")]
Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Share, Share]
Polygon = Annotated[list[Point], Field(min_length=3, description="corners as shares of width and height, 0 to 1")]


class Part(BaseModel):
    """A part of the file: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Zone(Part):
    """A piece of ground that people stand on."""

    id: Name
    title: str = ""
    area_m2: float = Field(gt=0, le=1_000_000, description="ground area in square metres")
    capacity: int = Field(gt=0, description="most people allowed")
    exits: list[str] = Field(default_factory=list, description="ways out, as people call them")


class View(Part):
    """The part of a camera's picture that shows a zone."""

    zone: Name
    polygon: Polygon
    area_m2: float | None = Field(default=None, gt=0, description="ground seen in the polygon; the zone's if left out")


class Camera(Part):
    """A fixed camera."""

    id: Name
    url: str | None = Field(default=None, description="rtsp://, http://, a device, a video file or a folder")
    frames_per_second: float = Field(default=8, gt=0, le=30, description="frames sent; fights need about 8")
    count_every_seconds: float = Field(default=1, ge=0.1, le=60, description="how often heads are counted")
    views: list[View] = Field(default_factory=list)
    masks: list[Polygon] = Field(default_factory=list, description="never looked at by any model")


class Product(Part):
    """A drink or dish of a bar."""

    id: Name
    title: str = ""
    opening_stock: float | None = Field(default=None, ge=0, description="units at the start; no stock-out without")
    shelf: float | None = Field(default=None, gt=0, description="units the bar has room for")
    package: float | None = Field(default=None, gt=0, description="units that come together: a keg, a crate")
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


class Mailbox(Part):
    """Where support mail is read from. The password comes from PULSO_MAILBOX_PASSWORD."""

    id: Name = "support"
    url: str = Field(description="imap(s)://user@host[:port]/folder, or a Maildir, an mbox or a folder of .eml")
    poll_seconds: float = Field(default=30, ge=1, description="used where the server has no IDLE")


class Tills(Part):
    """The HTTP endpoint that tills send tickets to. The token comes from PULSO_TILL_TOKEN."""

    port: int = Field(default=8090, ge=0, le=65535, description="0 takes any free port")


class Rule(Part):
    """When a value becomes an alert, and for whom."""

    raise_at: float = Field(description="raise when the value reaches this")
    clear_at: float = Field(description="clear when it falls to this or below (deadband)")
    on_delay_seconds: float = Field(default=0, ge=0, description="the value must stay up this long first")
    off_delay_seconds: float = Field(default=0, ge=0, description="and down this long before it clears")
    cool_down_seconds: float = Field(default=0, ge=0, description="no new alert of this key for so long after one")
    severity: Severity = "medium"
    audience: list[Audience] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_deadband(self) -> Self:
        if self.clear_at >= self.raise_at:
            raise ValueError(
                f"clear_at ({self.clear_at}) must be below raise_at ({self.raise_at}), or the alert flickers"
            )
        return self


def default_rules() -> dict[str, Rule]:
    """Thresholds to start from; FIELD figures: Still's bands for density, EEMUA 191 for delays and cool-downs."""
    return {
        "crowd-density": Rule(
            raise_at=3.5, clear_at=3.0, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
            severity="high", audience=["security"],
        ),
        "crowd-capacity": Rule(
            raise_at=1.0, clear_at=0.95, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
            severity="high", audience=["security"],
        ),
        "camera-blind": Rule(
            raise_at=1, clear_at=0, on_delay_seconds=15, off_delay_seconds=10, cool_down_seconds=300,
            severity="medium", audience=["security", "production"],
        ),
        "violence": Rule(
            raise_at=0.9, clear_at=0.5, on_delay_seconds=1, off_delay_seconds=5, cool_down_seconds=60,
            severity="critical", audience=["security"],
        ),
        "stock-out": Rule(
            raise_at=0.2, clear_at=0.1, on_delay_seconds=0, off_delay_seconds=60, cool_down_seconds=300,
            severity="medium", audience=["bar"],
        ),
        "stock-count": Rule(raise_at=1, clear_at=0, cool_down_seconds=600, severity="low", audience=["bar"]),
        "mail-urgent": Rule(raise_at=1, clear_at=0, severity="critical", audience=["security", "support"]),
        "mail-surge": Rule(
            raise_at=4, clear_at=2, on_delay_seconds=0, off_delay_seconds=300, cool_down_seconds=1800,
            severity="medium", audience=["support"],
        ),
        "stage-silent": Rule(
            raise_at=1, clear_at=0, on_delay_seconds=10, off_delay_seconds=5, cool_down_seconds=60,
            severity="low", audience=["production"],
        ),
    }  # fmt: skip


class Venue(Part):
    """The whole file."""

    name: str = Field(min_length=1)
    timezone: str = Field(default="Europe/Madrid", description="IANA name, for times that people read")
    language: Literal["es", "en"] = "es"
    zones: list[Zone] = Field(default_factory=list)
    cameras: list[Camera] = Field(default_factory=list)
    bars: list[Bar] = Field(default_factory=list)
    stages: list[Stage] = Field(default_factory=list)
    mailboxes: list[Mailbox] = Field(default_factory=list)
    tills: Tills | None = None
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
        ):  # fmt: skip
            names = [part.id for part in parts]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind}: {', '.join(twice)} stands there twice; give each its own id")
        bars = {bar.id for bar in self.bars}
        for bar in self.bars:
            if strange := sorted(set(bar.neighbours) - (bars - {bar.id})):
                raise ValueError(f"bar {bar.id}: the neighbours {', '.join(strange)} are no other bars of this file")
        zones = {zone.id for zone in self.zones}
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
        return self
