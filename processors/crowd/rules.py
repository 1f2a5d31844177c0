"""Alert rules of crowds: density, capacity, forecast, pressure, and how the people of a zone move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.crowd import CrowdCount, ExitSettings, ZoneCount, ZoneSettings
from schemas.rules import RuleSettings
from schemas.signs import SIGNS
from schemas.venue import Venue

MIN_RUNNERS = 12
"""People who must run for it to be a stampede, and not a game."""


def measure_density(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield persons/m² of each zone whose area is known."""
    for part, zone in _parts(count, venue):
        if part.density is not None:
            yield _of_zone(count, part, zone, part.density, {"density": part.density})


def measure_capacity(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield people ÷ capacity of each configured zone."""
    for part, zone in _parts(count, venue):
        if zone is not None:
            parameters: dict[str, Parameter] = {"persons": part.persons, "capacity": zone.capacity}
            yield _of_zone(count, part, zone, part.persons / zone.capacity, parameters)


def measure_forecast(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield the chance that a zone is full before staff can act."""
    for part, zone in _parts(count, venue):
        if part.limit_chance is None or part.limit is None:
            continue
        when: Parameter = ""
        if part.minutes_to_limit is not None:
            when = Message("when", {"minutes": part.minutes_to_limit})
        parameters: dict[str, Parameter] = {"when": when, "persons": part.persons, "limit": part.limit}
        yield _of_zone(count, part, zone, part.limit_chance, parameters)


def measure_pressure(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield the crowd pressure in s⁻² of each zone where it is known (Helbing, 2007)."""
    for part, zone in _parts(count, venue):
        if part.flow is not None and part.flow.pressure is not None:
            yield _of_zone(count, part, zone, part.flow.pressure, {"pressure": part.flow.pressure})


def measure_bottleneck(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield persons/m² before each exit that is jammed, and 0 for one that is not."""
    for part, zone in _parts(count, venue):
        for exit in part.flow.exits if part.flow is not None else ():
            parameters: dict[str, Parameter] = {
                "exit": exit.exit,
                "density": exit.density,
                "advice": _advice(exit.exit, zone, venue),
            }
            value = exit.density if exit.jammed else 0.0
            yield _of_zone(count, part, zone, value, parameters, within=f"/{exit.exit}")


def measure_counter_flow(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield 0 where all walk one way, up to 1 where as many walk the other way."""
    for part, zone in _parts(count, venue):
        if part.flow is not None:
            yield _of_zone(count, part, zone, part.flow.counter_flow)


def measure_stop_and_go(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield times in the last minute that a dense crowd stopped and went on."""
    for part, zone in _parts(count, venue):
        if part.flow is not None:
            yield _of_zone(count, part, zone, part.flow.stop_and_go)


def measure_stampede(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield the share of people who run, less those who run away from one point: these scatter."""
    for part, zone in _parts(count, venue):
        if part.flow is not None and part.flow.running is not None:
            running = max(0.0, part.flow.running - (part.flow.scattering or 0.0))
            value = running if part.flow.running * part.persons >= MIN_RUNNERS else 0.0
            yield _of_zone(count, part, zone, value, {"running": 100 * part.flow.running})


def measure_scattering(count: CrowdCount, venue: Venue) -> Iterator[Measurement]:
    """Yield the share of people who run away from one point."""
    for part, zone in _parts(count, venue):
        if part.flow is not None and part.flow.running is not None:
            yield _of_zone(count, part, zone, part.flow.scattering or 0.0)


def _parts(count: CrowdCount, venue: Venue) -> Iterator[tuple[ZoneCount, ZoneSettings | None]]:
    """Yield what a camera sees of each zone, with the zone of the venue file."""
    for part in count.zones:
        for zone in venue.zones:
            if zone.id == part.zone:
                yield part, zone
                break
        else:
            yield part, None


def _of_zone(
    count: CrowdCount,
    part: ZoneCount,
    zone: ZoneSettings | None,
    value: float,
    parameters: dict[str, Parameter] | None = None,
    *,
    within: str = "",
) -> Measurement:
    """Return a measurement of the part of a zone that one camera sees.

    Two cameras on one zone are two subjects: an average over cameras would hide the one that sees the danger.
    """
    title = (zone.title if zone is not None else "") or part.zone
    return Measurement(
        subject=f"{part.zone}/{count.camera}{within}",
        value=value,
        message=Message("text", {"zone": title, **(parameters or {})}),
        evidence=count.evidence,
    )


def _advice(name: str, zone: ZoneSettings | None, venue: Venue) -> Parameter:
    """Return what to do about a jam: the sign that changes or is to be changed, and the exit to send people to."""
    exits = {exit.name: exit for exit in zone.exits} if zone else {}
    exit = exits.get(name) or ExitSettings(name=name)
    others = [other for other in exits if other != name]
    to = exit.alternative or (others[0] if others else "")
    if not to:
        return ""
    for sign in venue.section(SIGNS):
        if any(service.exit == name for service in sign.serves):
            return Message(f"sign_{sign.act}", {"sign": sign.title or sign.id, "exit": to})
    if exit.sign:
        return Message("change_sign", {"sign": exit.sign, "exit": to})
    return Message("redirect", {"exit": to})


CROWD_DENSITY = AlertRule(
    name="crowd-density",
    result=CrowdCount,
    unit=Unit.PERSONS_PER_SQUARE_METRE,
    # Bands of density after Still; delays and cool-downs here and below after EEMUA 191.
    defaults=RuleSettings(
        raise_at=3.5, clear_at=3.0, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
        severity="high", audience=["security"],
    ),
    measure=measure_density,
    joins_incidents=True,
)  # fmt: skip

CROWD_CAPACITY = AlertRule(
    name="crowd-capacity",
    result=CrowdCount,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=1.0, clear_at=0.95, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
        severity="high", audience=["security"],
    ),
    measure=measure_capacity,
    joins_incidents=True,
)  # fmt: skip

CROWD_FORECAST = AlertRule(
    name="crowd-forecast",
    result=CrowdCount,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.5, clear_at=0.2, on_delay_seconds=20, off_delay_seconds=60, cool_down_seconds=300,
        severity="medium", audience=["security"],
    ),
    measure=measure_forecast,
    joins_incidents=True,
)  # fmt: skip

CROWD_PRESSURE = AlertRule(
    name="crowd-pressure",
    result=CrowdCount,
    unit=Unit.PER_SECOND_SQUARED,
    defaults=RuleSettings(
        raise_at=0.02, clear_at=0.015, on_delay_seconds=30, off_delay_seconds=30, cool_down_seconds=120,
        severity="critical", audience=["security"],
    ),
    measure=measure_pressure,
    joins_incidents=True,
    danger_to_life=True,
)  # fmt: skip

BOTTLENECK = AlertRule(
    name="bottleneck",
    result=CrowdCount,
    unit=Unit.PERSONS_PER_SQUARE_METRE,
    defaults=RuleSettings(
        raise_at=2.5, clear_at=2.0, on_delay_seconds=20, off_delay_seconds=30, cool_down_seconds=180,
        severity="high", audience=["security"],
    ),
    measure=measure_bottleneck,
    joins_incidents=True,
)  # fmt: skip

COUNTER_FLOW = AlertRule(
    name="counter-flow",
    result=CrowdCount,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.5, clear_at=0.3, on_delay_seconds=20, off_delay_seconds=30, cool_down_seconds=300,
        severity="medium", audience=["security"],
    ),
    measure=measure_counter_flow,
    joins_incidents=True,
)  # fmt: skip

STOP_AND_GO = AlertRule(
    name="stop-and-go",
    result=CrowdCount,
    unit=Unit.PER_MINUTE,
    defaults=RuleSettings(
        raise_at=3, clear_at=1, on_delay_seconds=10, off_delay_seconds=60, cool_down_seconds=300,
        severity="high", audience=["security"],
    ),
    measure=measure_stop_and_go,
    joins_incidents=True,
)  # fmt: skip

STAMPEDE = AlertRule(
    name="stampede",
    result=CrowdCount,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.4, clear_at=0.2, on_delay_seconds=2, off_delay_seconds=10, cool_down_seconds=60,
        severity="critical", audience=["security"],
    ),
    measure=measure_stampede,
    joins_incidents=True,
    danger_to_life=True,
)  # fmt: skip

SCATTERING = AlertRule(
    name="scattering",
    result=CrowdCount,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.2, clear_at=0.1, on_delay_seconds=0, off_delay_seconds=10, cool_down_seconds=60,
        severity="critical", audience=["security"],
    ),
    measure=measure_scattering,
    joins_incidents=True,
    danger_to_life=True,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (
    CROWD_DENSITY,
    CROWD_CAPACITY,
    CROWD_FORECAST,
    CROWD_PRESSURE,
    BOTTLENECK,
    COUNTER_FLOW,
    STOP_AND_GO,
    STAMPEDE,
    SCATTERING,
)
