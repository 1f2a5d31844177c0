"""What of a crowd is watched, and what people are told: in Spanish and English, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from schemas.crowd import ExitSettings, ZoneCount, ZoneFlow, ZoneSettings
from schemas.venue import Venue

_WHY_ES = {
    "black": "negra", "overexposed": "deslumbrada", "covered": "tapada", "blurred": "desenfocada",
    "frozen": "congelada", "smoke": "humo", "pyrotechnics": "pirotecnia", "obstructed": "algo delante del objetivo",
}  # fmt: skip


FEWEST_RUNNERS = 12
"""people who must run for it to be a stampede, and not a game"""


class Watched(Struct, frozen=True):
    """One value of one zone that a rule watches."""

    rule: str
    value: float
    es: str
    en: str
    subject: str = ""
    """what of the zone it is about, where it is not the whole: an exit"""


def blindness(camera: str, blind: str | None) -> Watched:
    """Whether a camera sees, and why not."""
    return Watched(
        "camera-blind",
        1.0 if blind else 0.0,
        es=f"La cámara {camera} no ve ({_WHY_ES.get(blind, blind) if blind else 'vuelve a ver'}).",
        en=f"Camera {camera} is blind ({blind or 'sees again'}).",
    )


def watched(seen: ZoneCount, venue: Venue) -> Iterator[Watched]:
    """Every value of one zone that some rule watches."""
    zone = next((zone for zone in venue.zones if zone.id == seen.zone), None)
    title = (zone.title or zone.id) if zone else seen.zone
    if seen.density is not None:
        yield Watched(
            "crowd-density",
            seen.density,
            es=f"{title}: {seen.density:.1f} personas/m².",
            en=f"{title}: {seen.density:.1f} persons/m².",
        )
    if zone is not None:
        yield Watched(
            "crowd-capacity",
            seen.persons / zone.capacity,
            es=f"{title}: {seen.persons:.0f} personas, aforo {zone.capacity}.",
            en=f"{title}: {seen.persons:.0f} people, capacity {zone.capacity}.",
        )
    if seen.limit_chance is not None and seen.limit is not None:
        yield _forecast(seen, title, seen.limit, seen.limit_chance)
    if seen.flow is not None:
        yield from _flow(seen, seen.flow, title, zone, venue)


def _forecast(seen: ZoneCount, title: str, limit: float, chance: float) -> Watched:
    when_es = when_en = ""
    if seen.minutes_to_limit is not None:
        when_es, when_en = f" en unos {seen.minutes_to_limit:.0f} min", f" in about {seen.minutes_to_limit:.0f} min"
    return Watched(
        "crowd-forecast",
        chance,
        es=f"{title}: puede llenarse{when_es} ({seen.persons:.0f} de {limit:.0f}); limite la entrada.",
        en=f"{title}: may be full{when_en} ({seen.persons:.0f} of {limit:.0f}); limit the inflow.",
    )


def _flow(seen: ZoneCount, flow: ZoneFlow, title: str, zone: ZoneSettings | None, venue: Venue) -> Iterator[Watched]:
    if flow.pressure is not None:
        yield Watched(
            "crowd-pressure",
            flow.pressure,
            es=f"{title}: presión de multitud {flow.pressure:.3f} s⁻²: empujones; abra salidas y pare la entrada.",
            en=f"{title}: crowd pressure {flow.pressure:.3f} s⁻²: pushing; open exits and stop the inflow.",
        )
    yield Watched(
        "counter-flow",
        flow.counter_flow,
        es=f"{title}: dos corrientes en sentidos opuestos; sepárelas.",
        en=f"{title}: two streams against each other; keep them apart.",
    )
    yield Watched(
        "stop-and-go",
        flow.stop_and_go,
        es=f"{title}: la multitud avanza a tirones; frene la entrada y abra salidas.",
        en=f"{title}: the crowd stops and goes in waves; slow the inflow and open exits.",
    )
    if flow.running is not None:
        apart = flow.scattering or 0.0
        # Whoever runs away from a point is no stampede towards one.
        yield Watched(
            "stampede",
            max(0.0, flow.running - apart) if flow.running * seen.persons >= FEWEST_RUNNERS else 0.0,
            es=f"{title}: estampida, corre el {flow.running:.0%}; mire la imagen.",
            en=f"{title}: stampede, {flow.running:.0%} run; look at the picture.",
        )
        yield Watched(
            "scattering",
            apart,
            es=f"{title}: la gente huye de un punto; mire la imagen.",
            en=f"{title}: people run away from one point; look at the picture.",
        )
    for exit in flow.exits:
        es, en = _way_round(exit.exit, zone, venue)
        yield Watched(
            "bottleneck",
            exit.density if exit.jammed else 0.0,
            es=f"{title}: atasco ante {exit.exit} ({exit.density:.1f} personas/m²).{es}",
            en=f"{title}: jam before {exit.exit} ({exit.density:.1f} persons/m²).{en}",
            subject=exit.exit,
        )


def _way_round(name: str, zone: ZoneSettings | None, venue: Venue) -> tuple[str, str]:
    """What to do about a jam: the sign to change and the exit to send people to, from the venue file."""
    exits = {exit.name: exit for exit in zone.exits} if zone else {}
    exit = exits.get(name) or ExitSettings(name=name)
    others = [other for other in exits if other != name]
    to = exit.alternative or (others[0] if others else "")
    if not to:
        return "", ""
    if exit.sign:
        return f" Cambie «{exit.sign}» hacia {to}.", f" Change “{exit.sign}” to {to}."
    return f" Desvíe hacia {to}.", f" Send people to {to}."
