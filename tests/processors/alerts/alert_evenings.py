"""Evenings of alerts whose true incident is known: crushes, fights and mails at a venue, and alerts of equipment.

Our own writing: which rules fire together, and after how long, is assumed, not measured. Places and times are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from processors.alerts.alarm import alert_id
from schemas.alerts import Alert
from schemas.venue import Venue
from stream.features import registry

DOORS = datetime(2026, 7, 4, 16, tzinfo=UTC)
MINUTES = 8 * 60
INCIDENTS = 14
ZONES = {
    "gate": ("East gate", 0), "forecourt": ("Forecourt", 10), "front": ("Main stage", 40), "bars": ("Bar square", 70),
    "tent": ("Circus tent", 100), "food": ("Food court", 130),
}  # fmt: skip
"""Title and left edge in metres; all are ten wide, so the gate and the forecourt touch and the others do not."""

CRUSH = ("crowd-density", "crowd-capacity", "crowd-pressure", "stop-and-go", "bottleneck")
EQUIPMENT = ("camera-blind/{}-1", "camera-silent/{}-2", "stock-out/bar-{}/beer", "queue-long/toilets-{}")
MAILS = (
    "We are being crushed at the {}, please help",
    "People are fainting in front of us, near the {}",
    "HELP us now",
)


class TrueAlert(NamedTuple):
    """An alert, and the number and zone of the incident that it belongs to; None for one of equipment."""

    alert: Alert
    incident: int | None
    zone: str


def evening_venue(**control_room: Any) -> Venue:
    """Return a venue with six zones and two cameras in each."""
    return registry.full_venue_type().model_validate({
        "name": "Evenings",
        "zones": [{"id": name, "title": title, "area_m2": 100, "capacity": 300} for name, (title, _) in ZONES.items()],
        "cameras": [
            {"id": f"{name}-{number}", "views": [{"zone": name, "polygon": [[0, 0], [1, 0], [1, 1]]}]}
            for name in ZONES
            for number in (1, 2)
        ],
        "queues": [
            {"id": f"toilets-{name}", "camera": f"{name}-1", "polygon": [[0, 0], [1, 0], [1, 1]], "place": "toilet"}
            for name in ZONES
        ],
        "plan": {
            "zones": {name: [(x, 0), (x + 10, 0), (x + 10, 10), (x, 10)] for name, (_, x) in ZONES.items()}
        },
        "control_room": control_room,
    })  # fmt: skip


def make_alert(rule: str, subject: str, minute: float, text: str = "") -> Alert:
    """Return an alert that was raised so many minutes after the doors opened."""
    settings = registry.rules_by_name()[rule].defaults
    key, at = f"{rule}/{subject}", DOORS + timedelta(minutes=minute)
    return Alert(
        id=alert_id(key, at), key=key, version=1, rule=rule, subject=subject, state="raised",
        severity=settings.severity, audience=tuple(settings.audience), raised_at=at, time=at, value=1, peak=1,
        threshold=1, event_id=f"e{minute}", text={"es": text, "en": text},
    )  # fmt: skip


def evening(seed: int) -> list[TrueAlert]:
    """Return the alerts of one evening in order of time."""
    rng = random.Random(seed)
    alerts: list[TrueAlert] = []
    for number in range(INCIDENTS):
        zone, begin = rng.choice(list(ZONES)), rng.uniform(0, MINUTES)
        members = _crush(rng, zone, begin) if rng.random() < 0.6 else _fight(rng, zone, begin)
        alerts += [TrueAlert(alert, number, zone) for alert in members]
    for _ in range(25):
        zone, (rule, _, subject) = rng.choice(list(ZONES)), rng.choice(EQUIPMENT).partition("/")
        alert = make_alert(rule, subject.format(zone), rng.uniform(0, MINUTES))
        alerts.append(TrueAlert(alert, None, zone))
    return sorted(alerts, key=lambda one: one.alert.raised_at)


def _crush(rng: random.Random, zone: str, begin: float) -> Iterator[Alert]:
    """Yield two to five rules of one or two cameras over up to twelve minutes, and up to three mails."""
    minute = begin
    for rule in rng.sample(CRUSH, rng.randint(2, len(CRUSH))):
        for camera in (1, 2)[: rng.randint(1, 2)]:
            within = "/Exit" if rule == "bottleneck" else ""
            yield make_alert(rule, f"{zone}/{zone}-{camera}{within}", minute + rng.uniform(0, 0.5))
        minute += rng.expovariate(1 / 2.5)
    for number in range(rng.randint(0, 3)):
        text = rng.choice(MAILS).format(ZONES[zone][0].lower())
        yield make_alert("mail-urgent", f"m-{begin:.3f}-{number}", begin + rng.uniform(1, 8), text)


def _fight(rng: random.Random, zone: str, begin: float) -> Iterator[Alert]:
    yield make_alert("violence", f"{zone}-1", begin)
    if rng.random() < 0.7:
        yield make_alert("scattering", f"{zone}/{zone}-1", begin + rng.uniform(0, 1))
