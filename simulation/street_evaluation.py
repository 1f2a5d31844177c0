"""How surely and how soon a stampede and a scattering are told, and how often a calm crowd is taken for one.

Nobody films a stampede to measure with. So crowds are rendered that begin to run, together or apart, and others that
stand, stroll, hurry, meet and come in waves; each goes through all that a camera's frames go through in service, up to
the alert. What is rendered says whether the flow is read rightly; it can't say how people of flesh run.
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
from schemas.venue import Venue
from simulation import street
from stream.features import registry

Kind = Literal["stampede", "scattering"]
KINDS: tuple[Kind, ...] = ("stampede", "scattering")
CAMERA = "gate-east"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A rendered scene; `kind` is what begins at `begin`, None where nothing does."""

    name: str
    kind: Kind | None
    scenario: street.Scenario
    begin: float
    seconds: float


def sequences(number: int, seed: int) -> Iterator[Sequence]:
    """So many of each kind of scene; people, speeds, ways and moments are drawn."""
    for index in range(number):
        random = np.random.default_rng([seed, index])
        people, place = int(random.integers(50, 160)), 100 * seed + 10 * index
        begin, run = float(random.uniform(2, 3)), float(random.uniform(3, 5))
        way = float(random.uniform(0, 2 * np.pi))
        fast = (run * float(np.cos(way)), run * float(np.sin(way)))
        together = street.streaming(people, fast, begin=begin, seed=place)
        centre = (float(random.uniform(-1, 1)), float(random.uniform(10, 13)))
        apart = street.scattering(people, run, begin=begin, centre=centre, seed=place)
        walk = float(random.uniform(0.8, 1.6))
        yield Sequence("running together", "stampede", together, begin, begin + 6)
        yield Sequence("running apart", "scattering", apart, begin, begin + 4)
        yield Sequence("swaying", None, street.swaying(people, place), 0, 8)
        strolling = street.streaming(people, (walk * float(np.cos(way)), walk * float(np.sin(way))), seed=place)
        yield Sequence("walking", None, strolling, 0, 8)
        yield Sequence("both ways", None, street.both_ways(people, walk, float(random.uniform(0.3, 0.5)), place), 0, 8)
        yield Sequence("in waves", None, street.in_waves(people, 0.6, float(random.uniform(4, 7)), place), 0, 8)


def alerts(sequence: Sequence, venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> list[tuple[str, float]]:
    """Rule and second of each alert of the two kinds that is raised while the sequence plays."""
    film = list(street.film(sequence.scenario, sequence.seconds, CAMERA))
    counts = [seen.count for seen in CameraAnalyzer(venue, counter, scorer).analyze(film) if seen.count is not None]
    return [(rule, second) for rule, second in raised(counts, venue) if rule in KINDS]


def raised(counts: Iterable[CrowdCount], venue: Venue) -> list[tuple[str, float]]:
    """Rule and second of each alert that counts raise, with the time that its rule asks for."""
    evaluator, settings = registry.rule_evaluator(venue), registry.rule_settings(venue)
    alarms = defaultdict[str, AlarmState](AlarmState)
    found: list[tuple[str, float]] = []
    for one in (observation for count in counts for observation in evaluator.observations(count)):
        alarms[one.key], step = apply_observation(alarms[one.key], one, settings[one.rule])
        if step is not None and step.state == "raised":
            found.append((one.rule, (one.time - street.AT).total_seconds()))
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
    """Play rendered scenes to the watch and its rules.

    Args:
        venue: one whose camera `gate-east` hangs as the demo's does; its rules are what is measured.
        number: of scenes of each kind.

    Returns:
        for stampede and scattering: sequences, told (share, under its own name), told_as_other, delay_median and
        delay_max (seconds from the first step to the alert); for calm: sequences, hours, false alarms by scene and in
        all, and the 95 % upper limit an hour.

    Raises:
        ValueError: the venue has no such camera.
    """
    if all(camera.id != CAMERA for camera in venue.cameras):
        raise ValueError(f"{venue.name}: needs a camera {CAMERA} that hangs as in deploy/venues/demo.yaml")
    scenes = list(sequences(number, seed))
    delays: dict[str, list[float | None]] = defaultdict(list)
    mistaken: dict[str, int] = defaultdict(int)
    false: dict[str, int] = {}
    hours = 0.0
    for done, scene in enumerate(scenes, 1):
        heard = alerts(scene, venue, counter, scorer)
        if scene.kind is None:
            false[scene.name] = false.get(scene.name, 0) + len(heard)
            hours += scene.seconds / 3600
        else:
            own = [second - scene.begin for rule, second in heard if rule == scene.kind and second >= scene.begin]
            delays[scene.kind].append(min(own, default=None))
            mistaken[scene.kind] += len(heard) > len(own)
        progress(done, len(scenes))
    told: dict[str, Any] = {kind: _told(delays[kind], mistaken[kind]) for kind in KINDS}
    total = sum(false.values())
    calm = {
        "sequences": sum(scene.kind is None for scene in scenes),
        "hours": hours,
        "false_alarms": total,
        "false_alarms_per_hour_upper": upper_limit(total) / hours,
        "by_scene": false,
    }
    return {**told, "calm": calm, "model": counter.identity}


def _told(delays: list[float | None], mistaken: int) -> dict[str, Any]:
    known = [delay for delay in delays if delay is not None]
    return {
        "sequences": len(delays),
        "told": len(known) / len(delays),
        "told_as_other": mistaken,
        "delay_median": float(np.median(known)) if known else None,
        "delay_max": max(known, default=None),
    }
