"""Story of the evening: steps with their time, the alerts that Pulso should raise, and a check of those it raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.alerts import Audience
from schemas.queues import QUEUES
from schemas.routes import PATHS
from schemas.venue import Venue
from simulation.alert_reader import AlertDelivery
from simulation.attendees import PLANS_AGAIN_AT, PLANS_FROM, QUESTIONS_ASKED
from simulation.evening import INCIDENTS, MINUTE, Evening, Incident, IncidentKind, clock
from simulation.programme_changes import MOVE_ANNOUNCED_AT, PATH_CLOSED_AT
from simulation.support_mails import URGENT_MAIL_DELAY


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """Alert that a story step should raise.

    Attributes:
        subject: prefix of the alert's subject; empty for any.
        begin, end: interval of the evening in which it must be raised, in seconds since the doors opened.
        audience: exact set of audiences that must receive it.
    """

    rule: str
    subject: str
    begin: float
    end: float
    audience: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class StoryStep:
    """Step of the story.

    Attributes:
        name: identifier in the report.
        es, en: description in Spanish and English.
        alerts: expected alerts, in this order.
        needs: ids of the cameras, zones, bars, stages, queues and places that it requires.
    """

    name: str
    time: float
    es: str
    en: str
    alerts: tuple[ExpectedAlert, ...] = ()
    needs: frozenset[str] = field(default_factory=frozenset)


def _incident(kind: IncidentKind, place: str) -> Incident:
    return next(incident for incident in INCIDENTS if (incident.kind, incident.place) == (kind, place))


def _step(name: str, time: float, en: str, es: str, *alerts: ExpectedAlert, needs: Iterable[str] = ()) -> StoryStep:
    return StoryStep(name, time, es, en, alerts, frozenset(needs))


def _mail(place: str) -> ExpectedAlert:
    """Return the expected alert of an urgent mail, which is identified by its time."""
    sent = _incident("urgent", place).start + URGENT_MAIL_DELAY
    return ExpectedAlert("mail-urgent", "", sent - 1, sent + 1, ("security", "support"))


BREAK = (clock("22:45"), clock("23:15"))
"""Interval of the break before the headliner."""
PEAK = clock("19:55")
"""The first peak at the bars; the next ones are the rain and the break before the headliner."""
RAIN = (clock("22:15"), clock("22:45"))
_BLIND, _SILENCE, _SURGE = (
    _incident("blind", "bar-square"), _incident("silence", "forest"), _incident("surge", "top-up"),
)  # fmt: skip
_OFFLINE, _BLOCKED, _FIGHT = (
    _incident("offline", "south-2"), _incident("blocked", "gate"), _incident("fight", "bar-square"),
)  # fmt: skip
_SECURITY: tuple[Audience, ...] = ("security",)
_DANGER = next(one for one in QUESTIONS_ASKED if one.outcome == "urgent")

STORY_STEPS = (
    _step(
        "plans", PLANS_FROM, "attendees import what they listen to, get recommendations, and plan their evening",
        "el público importa lo que escucha, recibe recomendaciones y planea su noche", needs=("tent", "entrance"),
    ),
    _step(
        "questions", QUESTIONS_ASKED[0].time, "attendees ask the assistant, in Spanish and English",
        "el público pregunta al asistente, en español y en inglés", needs=("tent", "entrance"),
    ),
    _step(
        "gas", _incident("urgent", "food").start, "a mail: it smells of gas behind the food stalls",
        "un correo: huele a gas detrás de los puestos de comida", _mail("food"),
    ),
    _step(
        "toilet-queue", PEAK, "at every peak of the evening people queue for the toilets by the bars",
        "en cada hora punta hay cola en los aseos junto a las barras",
        ExpectedAlert("queue-long", "toilets", PEAK, BREAK[1], ("security", "production", "bar")),
        needs=("bars", "bar-square", "toilets"),
    ),
    _step(
        "blind-camera", _BLIND.start, "a cloth hangs over the camera at the bars",
        "un trapo tapa la cámara de las barras",
        ExpectedAlert("camera-blind", "bar-square", _BLIND.start, _BLIND.end, ("security", "production")),
        needs=("bar-square",),
    ),
    _step(
        "path-closed", PATH_CLOSED_AT, "a van is stuck on the path to the tent: those who want to walk there are told",
        "una furgoneta queda atascada en el camino a la carpa: se avisa a quienes iban a usarlo",
        needs=("tent", "food"),
    ),
    _step(
        "silent-stage", _SILENCE.start, "the forest stage loses its sound",
        "el escenario del bosque se queda sin sonido",
        ExpectedAlert("stage-silent", "forest", _SILENCE.start, _SILENCE.end, ("production",)), needs=("forest",),
    ),
    _step(
        "till-offline", _OFFLINE.start, "till 2 of the south bar loses its network and goes on selling",
        "la caja 2 de la barra sur se queda sin red y sigue vendiendo", needs=("south",),
    ),
    _step(
        "top-up", _SURGE.start, "topping up wristbands fails, and everyone writes to support",
        "falla la recarga de pulseras y todo el mundo escribe a atención",
        ExpectedAlert("mail-surge", "", _SURGE.start, _SURGE.end + 10 * MINUTE, ("support",)),
    ),
    _step(
        "till-back", _OFFLINE.end, "the till has its network again: its queue comes late, some of it twice",
        "la caja recupera la red: su cola llega tarde, y una parte dos veces", needs=("south",),
    ),
    _step(
        "set-moved", MOVE_ANNOUNCED_AT, "rain is coming: Trío Almazara moves to the tent, at another hour",
        "viene lluvia: Trío Almazara pasa a la carpa, a otra hora", needs=("tent", "terrace"),
    ),
    _step(
        "rain", RAIN[0], "rain: people leave the stage for the awnings of the bars",
        "llueve: la gente deja el escenario por los toldos de las barras", needs=("front", "bars"),
    ),
    _step(
        "break", BREAK[0], "the break before the headliner: the bars fill, and so does what they will need",
        "descanso antes del cabeza de cartel: se llenan las barras y sube lo que van a necesitar",
        ExpectedAlert("stock-out", "south/", BREAK[0], BREAK[1], ("bar",)), needs=("bars", "south"),
    ),
    _step(
        "blocked-exit", _BLOCKED.start, "a van blocks the way out under the arch; those who leave queue up",
        "una furgoneta bloquea la salida bajo el arco; los que se van se acumulan",
        ExpectedAlert("bottleneck", "gate/", _BLOCKED.start, _BLOCKED.end, _SECURITY), needs=("gate", "gate-east"),
    ),
    _step(
        "gate-fills", _BLOCKED.start + 2 * MINUTE, "the queue grows: the gate will be full, and then it is",
        "la cola crece: la entrada se llenará, y luego está llena",
        ExpectedAlert("crowd-forecast", "gate/", _BLOCKED.start, _BLOCKED.end, _SECURITY),
        ExpectedAlert("crowd-capacity", "gate/", _BLOCKED.start, _BLOCKED.end + 2 * MINUTE, _SECURITY),
        needs=("gate", "gate-east"),
    ),
    _step(
        "crush-mail", _incident("urgent", "gate").start, "a mail from the gate: people are being crushed",
        "un correo desde la entrada: hay gente aplastada", _mail("gate"),
    ),
    _step(
        "fight", _FIGHT.start, "a fight between the bars", "una pelea entre las barras",
        ExpectedAlert("violence", "bar-square", _FIGHT.start, _FIGHT.end + MINUTE, _SECURITY), needs=("bar-square",),
    ),
    _step(
        "headliner", BREAK[1], "the headliner plays: more people before the stage than may be there",
        "toca el cabeza de cartel: delante del escenario hay más gente de la permitida",
        ExpectedAlert("crowd-capacity", "front/", BREAK[1], clock("00:45"), _SECURITY), needs=("front", "front-left"),
    ),
    _step(
        "danger-asked", _DANGER.time, "an attendee tells the assistant that a friend has collapsed",
        "alguien del público dice al asistente que una amiga se ha desplomado",
        ExpectedAlert("assistant-danger", "", _DANGER.time - 1, _DANGER.time + 1, _SECURITY),
        needs=("tent", "north-bar"),
    ),
    _step(
        "stage-full", PLANS_AGAIN_AT["crowd"], "the main stage is full: who plans now is sent elsewhere",
        "el escenario principal está lleno: a quien planea ahora se le lleva a otro sitio",
        needs=("tent", "front-left", "main"),
    ),
    _step(
        "fainted", _incident("urgent", "front").start, "a mail: someone has fainted before the stage",
        "un correo: alguien se ha desmayado delante del escenario", _mail("front"),
    ),
)  # fmt: skip


def steps_for_venue(venue: Venue) -> list[StoryStep]:
    """Return the steps that can happen at a venue."""
    available: set[str] = {zone.id for zone in venue.zones}
    available |= {camera.id for camera in venue.cameras}
    available |= {bar.id for bar in venue.bars} | {stage.id for stage in venue.stages}
    available |= {queue.id for queue in venue.section(QUEUES)}
    available |= {place.id for place in venue.section(PATHS).places}
    return [step for step in STORY_STEPS if step.needs <= available]


def latest_step(steps: Sequence[StoryStep], time: float) -> StoryStep | None:
    """Return the last step that has begun at a time, or None.

    >>> latest_step(STORY_STEPS, clock("22:46")).name
    'blocked-exit'
    >>> latest_step(STORY_STEPS, clock("18:00"))
    """
    return max((step for step in steps if step.time <= time), key=lambda step: step.time, default=None)


def story_report(
    steps: Sequence[StoryStep],
    evening: Evening,
    delivered: Sequence[AlertDelivery],
    measurements: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return the story for the report: each step with the expected alerts and the alerts that were raised.

    Args:
        measurements: measured values by name of the step; a value `as_expected` counts for the verdict of the step.
    """
    return [_step_report(step, evening, delivered, dict(measurements.get(step.name, {}))) for step in steps]


def _step_report(
    step: StoryStep, evening: Evening, delivered: Sequence[AlertDelivery], measurements: dict[str, Any]
) -> dict[str, Any]:
    matches = [_first_matching_alert(expected, step, evening, delivered) for expected in step.alerts]
    raised = [match for match in matches if match]
    times = [alert["raised_at"] for alert in raised]
    complete = len(raised) == len(matches) and times == sorted(times) and measurements.get("as_expected", True)
    return {
        "beat": step.name,
        "at": f"{evening.at(step.time):%H:%M}",
        "en": step.en,
        "es": step.es,
        "expected": [
            {"rule": expected.rule, "subject": expected.subject, "audience": list(expected.audience)}
            for expected in step.alerts
        ],
        "answers": raised,
        "facts": measurements,
        "as_expected": bool(complete) and all(alert["right_audience"] for alert in raised),
    }


def _first_matching_alert(
    expected: ExpectedAlert, step: StoryStep, evening: Evening, delivered: Sequence[AlertDelivery]
) -> dict[str, Any] | None:
    """Return the first alert that matches, with all audiences that received it."""
    begin, end = evening.at(expected.begin), evening.at(expected.end)
    matching = [
        delivery
        for delivery in delivered
        if delivery.alert.state == "raised"
        and delivery.alert.rule == expected.rule
        and delivery.alert.subject.startswith(expected.subject)
        and begin <= delivery.alert.raised_at <= end
    ]
    if not matching:
        return None
    first = min(matching, key=lambda delivery: delivery.alert.raised_at).alert
    deliveries = [delivery for delivery in matching if delivery.alert.id == first.id]
    audience = sorted({delivery.audience for delivery in deliveries})
    return {
        "rule": first.rule,
        "subject": first.subject,
        "raised_at": first.raised_at.astimezone(evening.doors.tzinfo).isoformat(),
        "minutes_after": round((first.raised_at - evening.at(step.time)).total_seconds() / 60, 1),
        "seconds_from_event": round(min(delivery.delay for delivery in deliveries), 3),
        "audience": audience,
        "right_audience": audience == sorted(expected.audience),
        "text": first.text,
    }
