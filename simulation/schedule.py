"""The plan of the evening: every ticket and mail, and which pictures and fragments are taken when.

A festival's cameras send 8 pictures a second each; an evening in two minutes would need thousands a second. So the
plan takes samples: single pictures for counting, and now and then a burst of consecutive ones, which a fight needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from schemas.cameras import FRAMES, CameraSettings
from schemas.context import CONTEXT, VenueContext
from schemas.music import SNIPPETS, StageSettings
from schemas.venue import Venue
from simulation.crowd_pictures import FRAMES_PER_SECOND, burst
from simulation.evening import ACTS, INCIDENTS, LENGTH, MINUTE, Evening, clock
from simulation.moments import Planned, Ready
from simulation.pace import SCENES, in_scene
from simulation.social_posts import POSTS_AN_HOUR, posts
from simulation.stage_music import recorded
from simulation.support_mails import MAILS_AN_HOUR, mails
from simulation.till_tickets import deliveries, tickets

PICTURES_A_SECOND = 2.0
"""of each camera, by the wall clock: what two busy cores can look at"""
FRAGMENT_EVERY = 4.0
"""seconds by the wall clock between fragments of a stage"""
TICKETS_A_SECOND = 100.0
MAILS_A_SECOND = 5.0
POSTS_A_SECOND = 3.0
BURST = 16
FIGHT_BURST = 48
LOOKED_AT = {
    "front": ("22:00", "22:09", "22:26", "22:34", "23:34", "23:35", "23:40", "23:44", "23:52"),
    "bars": ("22:00", "22:09", "22:26", "22:34", "22:54", "22:56", "23:08"),
}
"""when the story needs a picture of a zone: before the rain, in it, in the break, while the headliner plays"""
SCENE_STEP = 15.0
"""seconds of the evening between two looks at what a scene is about; every other one shows how people move"""
_TICKETS = 4600
"""of the whole evening in the example venue, when all customers come"""

Plan = list[Ready | Planned]


def simulated(evening: Evening, venue: Venue, seconds: float) -> Plan:
    """The whole evening for playing it in `seconds`, in order of time."""
    plan: Plan = [
        *camera_plan(evening, venue, seconds),
        *music_plan(evening, venue, seconds),
        *tickets(evening, venue, share=min(1.0, TICKETS_A_SECOND * seconds / _TICKETS)),
        *mails(evening, share=min(1.0, MAILS_A_SECOND * seconds / (MAILS_AN_HOUR * LENGTH / 3600))),
        *posts(evening, share=min(1.0, POSTS_A_SECOND * seconds / (POSTS_AN_HOUR * LENGTH / 3600))),
        *deliveries(evening, venue),
        *context(evening, venue),
    ]
    return sorted(plan, key=lambda moment: moment.time)


def camera_plan(evening: Evening, venue: Venue, seconds: float) -> Iterator[Planned]:
    """Rendered pictures of every camera of the venue."""
    for camera in venue.cameras:
        yield from _of_camera(evening, camera, seconds)


def _of_camera(evening: Evening, camera: CameraSettings, seconds: float) -> Iterator[Planned]:
    budget = int(PICTURES_A_SECOND * (1 - sum(scene.share for scene in SCENES)) * seconds)
    random = np.random.default_rng([evening.seed, 41, *camera.id.encode()])
    zone = camera.views[0].zone if camera.views else "bars"

    def look(time: float, frames: int = 1, *, important: bool = False, every: int = 1) -> Planned:
        make = partial(burst, evening, camera.id, zone, time, frames, every)
        return Planned("cameras", FRAMES, time, camera.id, f"camera/{camera.id}", make, important)

    bursts = max(1, budget // 48)
    singles = max(24, budget - bursts * BURST)
    looks = [look(time) for time in spread(random, singles)]
    looks += [look(time, BURST) for time in spread(random, bursts)]
    looks += [look(clock(text), important=True) for text in LOOKED_AT.get(zone, ())]
    for incident in INCIDENTS:
        if incident.kind == "scuffle" and incident.place == camera.id:
            looks.append(look(incident.start + 5, FIGHT_BURST, important=True))
        elif incident.kind == "blind" and incident.place == camera.id:
            # What lasts minutes must not fall between two pictures.
            middle = (incident.start + incident.end) / 2
            looks += [look(middle + 12 * step, important=True) for step in range(4)]
        elif incident.kind == "blocked" and incident.place == zone:
            looks = [one for one in looks if not in_scene(one.time)]
            times = [time for scene in SCENES for time in np.arange(scene.begin, scene.end, SCENE_STEP)]
            looks += [
                look(float(time), 1 + 2 * (number % 2), important=True, every=4) for number, time in enumerate(times)
            ]
    return _without_overlap(looks)


def music_plan(evening: Evening, venue: Venue, seconds: float) -> Iterator[Planned]:
    """Synthesised fragments of every stage of the venue."""
    for stage in venue.stages:
        random = np.random.default_rng([evening.seed, 42, *stage.id.encode()])
        times = [(time, False) for time in spread(random, max(8, int(seconds / FRAGMENT_EVERY)))]
        for incident in INCIDENTS:
            if incident.kind == "silence" and incident.place == stage.id:
                times += [(incident.start + 20 * step, True) for step in range(1, 5)]
        for time, important in sorted(times):
            yield _fragment(evening, stage, time, important=important)


def _fragment(evening: Evening, stage: StageSettings, time: float, *, important: bool) -> Planned:
    make = partial(recorded, evening, stage.id, time)
    return Planned("music", SNIPPETS, time, stage.id, f"microphone/{stage.id}", make, important, "audio/ogg")


def context(evening: Evening, venue: Venue) -> Iterator[Ready]:
    """The weather every quarter of an hour, and who plays where."""
    for zone in venue.zones:
        for time in np.arange(0, LENGTH, 15 * MINUTE):
            weather = evening.weather(float(time))
            yield _known(
                evening, float(time), zone.id, "weather",
                VenueContext(
                    zone=zone.id, time=evening.at(float(time)), source="weather",
                    temperature_celsius=round(weather.temperature, 1),
                    rain_millimetres_per_hour=round(weather.rain, 1), doors_open=float(time) < clock("01:30"),
                ),
            )  # fmt: skip
    for stage in venue.stages:
        if stage.zone is None:
            continue
        for time in sorted({0.0} | {edge for act in ACTS if act.stage == stage.id for edge in (act.start, act.end)}):
            act = evening.act(stage.id, time)
            record = VenueContext(
                zone=stage.zone, time=evening.at(time), source=f"stage-{stage.id}",
                act=act.name if act else "", on_stage=act is not None,
            )  # fmt: skip
            yield _known(evening, time, stage.zone, record.source, record)


def _known(evening: Evening, time: float, zone: str, source: str, record: VenueContext) -> Ready:
    name = f"{source}/{zone}@{evening.at(time):%Y%m%dT%H%M%S}"
    return Ready("context", CONTEXT, time, f"{zone}/{source}", name, f"script/{source}", record)


def spread(random: np.random.Generator, number: int) -> list[float]:
    """Times over the whole evening, each anywhere in its own share of it."""
    return [float(time) for time in (np.arange(number) + random.uniform(0.1, 0.9, number)) * (LENGTH - 30) / number]


def _without_overlap(looks: list[Planned]) -> Iterator[Planned]:
    """A camera takes one picture at a time: leave out what falls into a burst."""
    looks.sort(key=lambda look: (look.time, not look.important))
    kept: list[Planned] = []
    for look in looks:
        if not kept or look.time >= kept[-1].time + _lasts(kept[-1]):
            kept.append(look)
        elif look.important and not kept[-1].important:
            kept[-1] = look
    for before, after in pairwise(kept):
        if before.time + _lasts(before) > after.time:
            raise AssertionError(f"{before.key}: pictures overlap at {before.time:.1f} s")
    yield from kept


def _lasts(look: Planned) -> float:
    frames, every = look.make.args[4:6] if isinstance(look.make, partial) else (1, 1)
    return float(frames * every) / FRAMES_PER_SECOND
