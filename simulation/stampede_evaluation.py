"""Evaluation of stampede and scattering alerts: detection rate, delay, and false alarms in calm crowds.

There is no footage of real stampedes to measure with. So crowds are rendered that begin to run, together or apart, and
others that stand, walk, cross and move in waves; each passes through the whole pipeline of a camera up to the alert.
The figures show that the flow is measured correctly on rendered images; they do not show how real people move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from processors.alerts.alarm import AlarmState, apply_observation
from processors.cameras.analyzer import CameraAnalyzer
from processors.crowd.density import CrowdCounter
from processors.violence.alarms import upper_limit
from processors.violence.scorer import ViolenceScorer
from schemas.crowd import CrowdCount
from schemas.ids import AlertKey
from schemas.venue import Venue
from simulation import crowd_scenarios
from simulation.evening import GATE_EAST
from stream.features import registry

PanicKind = Literal["stampede", "scattering"]
PANIC_KINDS: tuple[PanicKind, ...] = ("stampede", "scattering")
CAMERA = GATE_EAST


@dataclass(frozen=True, slots=True)
class RenderedSequence:
    """Rendered sequence; `kind` is the event that begins at `begin`, None for a calm crowd."""

    name: str
    kind: PanicKind | None
    scenario: crowd_scenarios.Scenario
    begin: float
    seconds: float


def sequences(number: int, seed: int) -> Iterator[RenderedSequence]:
    """Yield `number` sequences of each kind; people, speeds, directions and times are random."""
    for index in range(number):
        random = np.random.default_rng([seed, index])
        people, place = int(random.integers(50, 160)), 100 * seed + 10 * index
        begin, run = float(random.uniform(2, 3)), float(random.uniform(3, 5))
        way = float(random.uniform(0, 2 * np.pi))
        fast = (run * float(np.cos(way)), run * float(np.sin(way)))
        together = crowd_scenarios.uniform_flow(people, fast, begin=begin, seed=place)
        centre = (float(random.uniform(-1, 1)), float(random.uniform(10, 13)))
        apart = crowd_scenarios.dispersal(people, run, begin=begin, centre=centre, seed=place)
        walk = float(random.uniform(0.8, 1.6))
        yield RenderedSequence("running together", "stampede", together, begin, begin + 6)
        yield RenderedSequence("running apart", "scattering", apart, begin, begin + 4)
        yield RenderedSequence("swaying", None, crowd_scenarios.swaying(people, place), 0, 8)
        strolling = crowd_scenarios.uniform_flow(
            people, (walk * float(np.cos(way)), walk * float(np.sin(way))), seed=place
        )
        yield RenderedSequence("walking", None, strolling, 0, 8)
        yield RenderedSequence(
            "both ways",
            None,
            crowd_scenarios.bidirectional_flow(people, walk, float(random.uniform(0.3, 0.5)), place),
            0,
            8,
        )
        yield RenderedSequence(
            "in waves", None, crowd_scenarios.stop_and_go_waves(people, 0.6, float(random.uniform(4, 7)), place), 0, 8
        )


def panic_alerts(
    sequence: RenderedSequence, venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer
) -> list[tuple[str, float]]:
    """Return rule and second of each stampede and scattering alert that a sequence raises."""
    frames = list(crowd_scenarios.render_frames(sequence.scenario, sequence.seconds, CAMERA))
    counts = [seen.count for seen in CameraAnalyzer(venue, counter, scorer).analyze(frames) if seen.count is not None]
    return [(rule, second) for rule, second in raised_alerts(counts, venue) if rule in PANIC_KINDS]


def raised_alerts(counts: Iterable[CrowdCount], venue: Venue) -> list[tuple[str, float]]:
    """Return rule and second of each alert that the counts raise, with the on-delays of the rules."""
    evaluator, settings = registry.rule_evaluator(venue), registry.rule_settings(venue)
    alarms = defaultdict[AlertKey, AlarmState](AlarmState)
    found: list[tuple[str, float]] = []
    for one in (observation for count in counts for observation in evaluator.observations(count)):
        alarms[one.key], step = apply_observation(alarms[one.key], one, settings[one.rule])
        if step is not None and step.state == "raised":
            found.append((one.rule, (one.time - crowd_scenarios.START_TIME).total_seconds()))
    return found


def evaluate(
    venue: Venue,
    *,
    counter: CrowdCounter,
    scorer: ViolenceScorer,
    number: int = 6,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Pass rendered sequences through the camera pipeline and the alert rules.

    Args:
        venue: venue whose camera `gate-east` is mounted as in the demo venue; its rules are evaluated.
        number: number of sequences of each kind.

    Returns:
        For stampede and scattering: sequences, told (share detected as its own kind), told_as_other, delay_median and
        delay_max (seconds from the first step to the alert). For calm: sequences, hours, false alarms by sequence and
        in total, and the 95 % upper limit of false alarms per hour.

    Raises:
        ValueError: the venue has no camera `gate-east`.
    """
    if all(camera.id != CAMERA for camera in venue.cameras):
        raise ValueError(
            f"venue {venue.name} has no camera {CAMERA}: add one that is mounted as in deploy/venues/demo.yaml"
        )
    scenes = list(sequences(number, seed))
    delays: dict[str, list[float | None]] = defaultdict(list)
    mistaken: dict[str, int] = defaultdict(int)
    false: dict[str, int] = {}
    hours = 0.0
    for done, scene in enumerate(scenes, 1):
        raised = panic_alerts(scene, venue, counter, scorer)
        if scene.kind is None:
            false[scene.name] = false.get(scene.name, 0) + len(raised)
            hours += scene.seconds / 3600
        else:
            own = [second - scene.begin for rule, second in raised if rule == scene.kind and second >= scene.begin]
            delays[scene.kind].append(min(own, default=None))
            mistaken[scene.kind] += len(raised) > len(own)
        progress(done, len(scenes))
    detected: dict[str, Any] = {kind: _detection_figures(delays[kind], mistaken[kind]) for kind in PANIC_KINDS}
    total = sum(false.values())
    calm = {
        "sequences": sum(scene.kind is None for scene in scenes),
        "hours": hours,
        "false_alarms": total,
        "false_alarms_per_hour_upper": upper_limit(total) / hours,
        "by_scene": false,
    }
    return {**detected, "calm": calm, "model": counter.identity}


def _detection_figures(delays: list[float | None], mistaken: int) -> dict[str, Any]:
    known = [delay for delay in delays if delay is not None]
    return {
        "sequences": len(delays),
        "told": len(known) / len(delays),
        "told_as_other": mistaken,
        "delay_median": float(np.median(known)) if known else None,
        "delay_max": max(known, default=None),
    }
