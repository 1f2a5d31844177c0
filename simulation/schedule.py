"""Timeline of a simulated evening: every ticket, mail and post, and the times of images and sound fragments.

A festival's cameras send 8 images per second each; an evening in two minutes would need thousands per second. So the
timeline takes samples: single images for counting, and bursts of consecutive images, which fight detection needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from schemas.cameras import FRAMES, CameraSettings
from schemas.context import CONTEXT, VenueContext
from schemas.ids import CameraId, ZoneId
from schemas.music import SNIPPETS, StageSettings
from schemas.venue import Venue
from simulation.attendees import attendee_timeline
from simulation.crowd_images import FRAMES_PER_SECOND, render_burst
from simulation.evening import ACTS, BARS_ZONE, EVENING_SECONDS, FRONT_ZONE, INCIDENTS, MINUTE, Evening, clock
from simulation.playback_speed import SCENES, in_scene
from simulation.programme_changes import path_timeline, programme_timeline
from simulation.social_posts import POSTS_PER_HOUR, posts
from simulation.stage_music import recorded_fragment
from simulation.support_mails import MAILS_PER_HOUR, mails
from simulation.till_tickets import deliveries, tickets
from simulation.timeline import PlannedMedia, SimulationError, TimelineEvent

IMAGES_PER_SECOND = 2.0
"""Images per wall-clock second and camera: the capacity of two busy cores."""
FRAGMENT_INTERVAL_SECONDS = 4.0
"""Wall-clock seconds between the fragments of a stage."""
MAX_TICKETS_PER_SECOND = 100.0
MAX_MAILS_PER_SECOND = 5.0
MAX_POSTS_PER_SECOND = 3.0
BURST_FRAMES = 16
FIGHT_BURST_FRAMES = 48
KEY_TIMES = {
    FRONT_ZONE: ("22:00", "22:09", "22:26", "22:34", "23:19", "23:34", "23:35", "23:40", "23:44", "23:52"),
    BARS_ZONE: ("22:00", "22:09", "22:26", "22:34", "22:54", "22:56", "23:08"),
}
"""Times at which the story needs an image of a zone: before and during the rain, in the break, during the headliner."""
SLOW_SCENE_INTERVAL_SECONDS = 15.0
"""Seconds of the evening between images in a slow scene; every other one is a short burst that shows motion."""
_EVENING_TICKETS = 4600
"""Number of tickets of the whole evening in the demo venue when all customers come."""

Timeline = list[TimelineEvent | PlannedMedia]


def simulated_timeline(evening: Evening, venue: Venue, seconds: float) -> Timeline:
    """Return the simulated evening for playback in `seconds`, in order of time."""
    timeline: Timeline = [
        *camera_timeline(evening, venue, seconds),
        *music_timeline(evening, venue, seconds),
        *tickets(evening, venue, share=min(1.0, MAX_TICKETS_PER_SECOND * seconds / _EVENING_TICKETS)),
        *mails(evening, share=min(1.0, MAX_MAILS_PER_SECOND * seconds / (MAILS_PER_HOUR * EVENING_SECONDS / 3600))),
        *posts(evening, share=min(1.0, MAX_POSTS_PER_SECOND * seconds / (POSTS_PER_HOUR * EVENING_SECONDS / 3600))),
        *deliveries(evening, venue),
        *context_timeline(evening, venue),
        *programme_timeline(evening, venue),
        *path_timeline(evening, venue),
        *attendee_timeline(evening, venue),
    ]
    return sorted(timeline, key=lambda item: item.time)


def camera_timeline(evening: Evening, venue: Venue, seconds: float) -> Iterator[PlannedMedia]:
    """Yield the rendered images of every camera of the venue."""
    for camera in venue.cameras:
        yield from _images_of_camera(evening, camera, seconds)


def _images_of_camera(evening: Evening, camera: CameraSettings, seconds: float) -> Iterator[PlannedMedia]:
    budget = int(IMAGES_PER_SECOND * (1 - sum(scene.share for scene in SCENES)) * seconds)
    random = np.random.default_rng([evening.seed, 41, *camera.id.encode()])
    zone = camera.views[0].zone if camera.views else BARS_ZONE
    image = partial(_planned_image, evening, camera.id, zone)
    bursts = max(1, budget // 48)
    single_images = max(24, budget - bursts * BURST_FRAMES)
    jobs = [image(time) for time in spread_times(random, single_images)]
    jobs += [image(time, BURST_FRAMES) for time in spread_times(random, bursts)]
    jobs += [image(clock(text), important=True) for text in KEY_TIMES.get(zone, ())]
    for incident in INCIDENTS:
        if incident.kind == "fight" and incident.place == camera.id:
            jobs.append(image(incident.start + 5, FIGHT_BURST_FRAMES, important=True))
        elif incident.kind == "blind" and incident.place == camera.id:
            # An incident of some minutes must not fall between two images.
            middle = (incident.start + incident.end) / 2
            jobs += [image(middle + 12 * step, important=True) for step in range(4)]
        elif incident.kind == "blocked" and incident.place == zone:
            jobs = [job for job in jobs if not in_scene(job.time)]
            times = [
                time for scene in SCENES for time in np.arange(scene.begin, scene.end, SLOW_SCENE_INTERVAL_SECONDS)
            ]
            jobs += [
                image(float(time), 1 + 2 * (number % 2), important=True, every=4) for number, time in enumerate(times)
            ]
    return _without_overlap(jobs)


def _planned_image(
    evening: Evening,
    camera: CameraId,
    zone: ZoneId,
    time: float,
    frames: int = 1,
    *,
    important: bool = False,
    every: int = 1,
) -> PlannedMedia:
    make = partial(render_burst, evening, camera, zone, time, frames, every)
    return PlannedMedia("cameras", FRAMES, time, camera, f"camera/{camera}", make, important)


def music_timeline(evening: Evening, venue: Venue, seconds: float) -> Iterator[PlannedMedia]:
    """Yield the synthesised fragments of every stage of the venue."""
    for stage in venue.stages:
        random = np.random.default_rng([evening.seed, 42, *stage.id.encode()])
        times = [(time, False) for time in spread_times(random, max(8, int(seconds / FRAGMENT_INTERVAL_SECONDS)))]
        for incident in INCIDENTS:
            if incident.kind == "silence" and incident.place == stage.id:
                times += [(incident.start + 20 * step, True) for step in range(1, 5)]
        for time, important in sorted(times):
            yield _fragment(evening, stage, time, important=important)


def _fragment(evening: Evening, stage: StageSettings, time: float, *, important: bool) -> PlannedMedia:
    make = partial(recorded_fragment, evening, stage.id, time)
    return PlannedMedia("music", SNIPPETS, time, stage.id, f"microphone/{stage.id}", make, important, "audio/ogg")


def context_timeline(evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
    """Yield the weather every quarter of an hour, and the beginning and end of each act."""
    for zone in venue.zones:
        for time in np.arange(0, EVENING_SECONDS, 15 * MINUTE):
            weather = evening.weather(float(time))
            yield _context_event(
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
            yield _context_event(evening, time, stage.zone, record.source, record)


def _context_event(evening: Evening, time: float, zone: ZoneId, source: str, record: VenueContext) -> TimelineEvent:
    name = f"{source}/{zone}@{evening.at(time):%Y%m%dT%H%M%S}"
    return TimelineEvent("context", CONTEXT, time, f"{zone}/{source}", name, f"script/{source}", record)


def spread_times(random: np.random.Generator, number: int) -> list[float]:
    """Return `number` times over the whole evening, stratified: one at random in each equal part."""
    return [
        float(time) for time in (np.arange(number) + random.uniform(0.1, 0.9, number)) * (EVENING_SECONDS - 30) / number
    ]


def _without_overlap(jobs: list[PlannedMedia]) -> Iterator[PlannedMedia]:
    """Leave out images that fall into a burst of the same camera; important ones replace others.

    Raises:
        SimulationError: two important bursts overlap.
    """
    jobs.sort(key=lambda image_job: (image_job.time, not image_job.important))
    kept: list[PlannedMedia] = []
    for image_job in jobs:
        if not kept or image_job.time >= kept[-1].time + _duration(kept[-1]):
            kept.append(image_job)
        elif image_job.important and not kept[-1].important:
            kept[-1] = image_job
    for before, after in pairwise(kept):
        if before.time + _duration(before) > after.time:
            raise SimulationError(f"camera {before.key}: important images overlap at {before.time:.1f} s")
    yield from kept


def _duration(image_job: PlannedMedia) -> float:
    frames, every = image_job.make.args[4:6] if isinstance(image_job.make, partial) else (1, 1)
    return float(frames * every) / FRAMES_PER_SECOND
