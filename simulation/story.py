"""The evening told as a story: what happens when, what Pulso should answer, and what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.alerts import Audience
from schemas.venue import Venue
from simulation.alert_feed import Delivered
from simulation.evening import INCIDENTS, MINUTE, Evening, Incident, IncidentKind, clock
from simulation.support_mails import MAILED_AFTER


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that a beat should raise.

    Attributes:
        subject: what its subject begins with; empty for any.
        begin, end: between which times of the evening it is raised.
        audience: who must be told, exactly.
    """

    rule: str
    subject: str
    begin: float
    end: float
    audience: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that happens.

    Attributes:
        name: in the report.
        alerts: expected, in this order.
        needs: cameras, zones, bars and stages without which it can't happen.
    """

    name: str
    time: float
    es: str
    en: str
    alerts: tuple[Expected, ...] = ()
    needs: frozenset[str] = field(default_factory=frozenset)


def _incident(kind: IncidentKind, place: str) -> Incident:
    return next(found for found in INCIDENTS if (found.kind, found.place) == (kind, place))


def _beat(name: str, time: float, en: str, es: str, *alerts: Expected, needs: Iterable[str] = ()) -> Beat:
    return Beat(name, time, es, en, alerts, frozenset(needs))


def _mail(place: str) -> Expected:
    """A cry for help is known by its instant: everyday mail has others."""
    sent = _incident("urgent", place).start + MAILED_AFTER
    return Expected("mail-urgent", "", sent - 1, sent + 1, ("security", "support"))


BREAK = (clock("22:45"), clock("23:15"))
"""before the headliner"""
RAIN = (clock("22:15"), clock("22:45"))
_BLIND, _SILENCE, _SURGE = (
    _incident("blind", "bar-square"), _incident("silence", "forest"), _incident("surge", "top-up"),
)  # fmt: skip
_OFFLINE, _BLOCKED, _FIGHT = (
    _incident("offline", "south-2"), _incident("blocked", "gate"), _incident("scuffle", "bar-square"),
)  # fmt: skip
_SECURITY: tuple[Audience, ...] = ("security",)

BEATS = (
    _beat(
        "gas", _incident("urgent", "food").start, "a mail: it smells of gas behind the food stalls",
        "un correo: huele a gas detrás de los puestos de comida", _mail("food"),
    ),
    _beat(
        "blind-camera", _BLIND.start, "a cloth hangs over the camera at the bars",
        "un trapo tapa la cámara de las barras",
        Expected("camera-blind", "bar-square", _BLIND.start, _BLIND.end, ("security", "production")),
        needs=("bar-square",),
    ),
    _beat(
        "silent-stage", _SILENCE.start, "the forest stage loses its sound",
        "el escenario del bosque se queda sin sonido",
        Expected("stage-silent", "forest", _SILENCE.start, _SILENCE.end, ("production",)), needs=("forest",),
    ),
    _beat(
        "till-offline", _OFFLINE.start, "till 2 of the south bar loses its network and goes on selling",
        "la caja 2 de la barra sur se queda sin red y sigue vendiendo", needs=("south",),
    ),
    _beat(
        "top-up", _SURGE.start, "topping up wristbands fails, and everyone writes to support",
        "falla la recarga de pulseras y todo el mundo escribe a atención",
        Expected("mail-surge", "", _SURGE.start, _SURGE.end + 10 * MINUTE, ("support",)),
    ),
    _beat(
        "till-back", _OFFLINE.end, "the till has its network again: its queue comes late, some of it twice",
        "la caja recupera la red: su cola llega tarde, y una parte dos veces", needs=("south",),
    ),
    _beat(
        "rain", RAIN[0], "rain: people leave the stage for the awnings of the bars",
        "llueve: la gente deja el escenario por los toldos de las barras", needs=("front", "bars"),
    ),
    _beat(
        "break", BREAK[0], "the break before the headliner: the bars fill, and so does what they will need",
        "descanso antes del cabeza de cartel: se llenan las barras y sube lo que van a necesitar",
        Expected("stock-out", "south/", BREAK[0], BREAK[1], ("bar",)), needs=("bars", "south"),
    ),
    _beat(
        "blocked-exit", _BLOCKED.start, "a van blocks the way out under the arch; those who leave queue up",
        "una furgoneta bloquea la salida bajo el arco; los que se van se acumulan",
        Expected("bottleneck", "gate/", _BLOCKED.start, _BLOCKED.end, _SECURITY), needs=("gate", "gate-east"),
    ),
    _beat(
        "gate-fills", _BLOCKED.start + 2 * MINUTE, "the queue grows: the gate will be full, and then it is",
        "la cola crece: la entrada se llenará, y luego está llena",
        Expected("crowd-forecast", "gate/", _BLOCKED.start, _BLOCKED.end, _SECURITY),
        Expected("crowd-capacity", "gate/", _BLOCKED.start, _BLOCKED.end + 2 * MINUTE, _SECURITY),
        needs=("gate", "gate-east"),
    ),
    _beat(
        "crush-mail", _incident("urgent", "gate").start, "a mail from the gate: people are being crushed",
        "un correo desde la entrada: hay gente aplastada", _mail("gate"),
    ),
    _beat(
        "fight", _FIGHT.start, "a fight between the bars", "una pelea entre las barras",
        Expected("violence", "bar-square", _FIGHT.start, _FIGHT.end + MINUTE, _SECURITY), needs=("bar-square",),
    ),
    _beat(
        "headliner", BREAK[1], "the headliner plays: more people before the stage than may be there",
        "toca el cabeza de cartel: delante del escenario hay más gente de la permitida",
        Expected("crowd-capacity", "front/", BREAK[1], clock("00:45"), _SECURITY), needs=("front", "front-left"),
    ),
    _beat(
        "fainted", _incident("urgent", "front").start, "a mail: someone has fainted before the stage",
        "un correo: alguien se ha desmayado delante del escenario", _mail("front"),
    ),
)  # fmt: skip


def beats_of(venue: Venue) -> list[Beat]:
    """Those that can happen at a venue."""
    zones, cameras = {zone.id for zone in venue.zones}, {camera.id for camera in venue.cameras}
    there = zones | cameras | {bar.id for bar in venue.bars} | {stage.id for stage in venue.stages}
    return [beat for beat in BEATS if beat.needs <= there]


def latest(beats: Sequence[Beat], time: float) -> Beat | None:
    """What happened last.

    >>> latest(BEATS, clock("22:46")).name
    'blocked-exit'
    >>> latest(BEATS, clock("18:00"))
    """
    return max((beat for beat in beats if beat.time <= time), key=lambda beat: beat.time, default=None)


def told(
    beats: Sequence[Beat], evening: Evening, delivered: Sequence[Delivered], facts: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The story for the report: each beat with what was expected and what answered it.

    Args:
        facts: measured, by the beat's name; where one has `as_expected`, that counts too.
    """
    return [_told(beat, evening, delivered, dict(facts.get(beat.name, {}))) for beat in beats]


def _told(beat: Beat, evening: Evening, delivered: Sequence[Delivered], facts: dict[str, Any]) -> dict[str, Any]:
    answers = [_answer(one, beat, evening, delivered) for one in beat.alerts]
    given = [answer for answer in answers if answer]
    raised = [answer["raised_at"] for answer in given]
    right = len(given) == len(answers) and raised == sorted(raised) and facts.get("as_expected", True)
    return {
        "beat": beat.name,
        "at": f"{evening.at(beat.time):%H:%M}",
        "en": beat.en,
        "es": beat.es,
        "expected": [{"rule": one.rule, "subject": one.subject, "audience": list(one.audience)} for one in beat.alerts],
        "answers": given,
        "facts": facts,
        "as_expected": bool(right) and all(answer["right_audience"] for answer in given),
    }


def _answer(expected: Expected, beat: Beat, evening: Evening, delivered: Sequence[Delivered]) -> dict[str, Any] | None:
    """The first alert that fits, with everybody who got it."""
    begin, end = evening.at(expected.begin), evening.at(expected.end)
    fitting = [
        step
        for step in delivered
        if step.alert.state == "raised"
        and step.alert.rule == expected.rule
        and step.alert.subject.startswith(expected.subject)
        and begin <= step.alert.raised_at <= end
    ]
    if not fitting:
        return None
    first = min(fitting, key=lambda step: step.alert.raised_at).alert
    steps = [step for step in fitting if step.alert.id == first.id]
    audience = sorted({step.audience for step in steps})
    return {
        "rule": first.rule,
        "subject": first.subject,
        "raised_at": first.raised_at.astimezone(evening.doors.tzinfo).isoformat(),
        "minutes_after": round((first.raised_at - evening.at(beat.time)).total_seconds() / 60, 1),
        "seconds_from_event": round(min(step.delay for step in steps), 3),
        "audience": audience,
        "right_audience": audience == sorted(expected.audience),
        "text": first.text,
    }
