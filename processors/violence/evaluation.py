"""Evaluation of violence detection on labelled clips: `clips.jsonl` with `{clip, label, source, set}` per line."""

from __future__ import annotations

import json
import time as clock
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from processors.violence.alarms import TIME_TOLERANCE, ScoredClip, alarm_times, curve, point
from processors.violence.clip import read_clip
from processors.violence.rules import VIOLENCE_RULE
from processors.violence.scorer import ViolenceScorer, ViolenceSettings
from schemas.rules import RuleSettings

LABELS = ("normal", "fight")

WINDOW_SECONDS = 2.0
"""Seconds over which scores are averaged: the score of a clip is its highest mean over this time, since the public data
sets hold clips of about that length."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One line of the list.

    Attributes:
        path: resolved against the folder of the list.
        fight: whether the label is fight.
        source: recording that the clip was cut from.
        set: data set, for figures by set.
    """

    path: Path
    fight: bool
    source: str
    set: str


@dataclass(frozen=True, slots=True)
class ClipResult:
    """Result for one clip.

    Attributes:
        probability: score of the whole clip.
        scored: probabilities of the frames from which the network is warm.
        frames: number of frames.
        computing: seconds of computing.
    """

    clip: LabelledClip
    probability: float
    scored: ScoredClip
    frames: int
    computing: float


def read_list(clips_jsonl: Path) -> list[LabelledClip]:
    """Read a list of labelled clips.

    Raises:
        ValueError: the file is missing or empty, or a line is not valid; the message has its number.
    """
    try:
        lines = clips_jsonl.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{clips_jsonl}: cannot be read as UTF-8 text ({error})") from error
    clips = [
        _parse(line, clips_jsonl.parent, f"{clips_jsonl}, line {n}") for n, line in enumerate(lines, 1) if line.strip()
    ]
    if not clips:
        raise ValueError(f"{clips_jsonl}: no clips; write one JSON object a line: clip, label, source, set")
    return clips


def _parse(line: str, folder: Path, where: str) -> LabelledClip:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: not JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(row, dict) or not isinstance(row.get("clip"), str) or not row["clip"]:
        raise ValueError(f'{where}: needs "clip", the path of a video relative to this file')
    if row.get("label") not in LABELS:
        raise ValueError(f'{where}: "label" must be "fight" or "normal", not {row.get("label")!r}')
    path = folder / row["clip"]
    if not path.is_file():
        raise ValueError(f"{where}: {path} does not exist; clips are named relative to the list")
    return LabelledClip(
        path, row["label"] == "fight", str(row.get("source", row["clip"])), str(row.get("set", "clips"))
    )


def clip_score(probabilities: Sequence[float], times: Sequence[float], warm_seconds: float) -> float:
    """Return the highest mean probability over two seconds, of the frames from `warm_seconds` on.

    A shorter clip is averaged completely; the score of one that ends before the network is warm is its last frame's.

    >>> clip_score([0.0, 0.9, 0.7], [0.0, 1.0, 1.5], warm_seconds=1.0)
    0.8
    """
    start = times[0] + warm_seconds
    warm = [(t, p) for t, p in zip(times, probabilities, strict=True) if t >= start - 1e-6]
    if not warm:
        return float(probabilities[-1])
    ends = [i for i, (t, _) in enumerate(warm) if t - warm[0][0] >= WINDOW_SECONDS] or [len(warm) - 1]
    return float(max(np.mean([p for t, p in warm[: e + 1] if t > warm[e][0] - WINDOW_SECONDS - 1e-6]) for e in ends))


def shipped_rule(settings: ViolenceSettings) -> RuleSettings:
    """Return the settings of the model card as rule settings of a venue file."""
    return VIOLENCE_RULE.defaults.model_copy(
        update={
            "raise_at": settings.raise_threshold,
            "clear_at": settings.clear_threshold,
            "on_delay_seconds": settings.minimum_seconds,
        }
    )


def scored(
    probabilities: Sequence[float], times: Sequence[float], fight: bool, settings: ViolenceSettings
) -> ScoredClip:
    """Return the frames of a clip that can raise an alarm: those from `warm_seconds` on, as in the live system."""
    warm = [i for i, time in enumerate(times) if time >= times[0] + settings.warm_seconds - 1e-6]
    return ScoredClip(
        fight,
        [probabilities[i] for i in warm],
        [times[i] for i in warm],
        times[-1] - times[0] + 1 / settings.frames_per_second,
        times[0],
    )


def count_alarms(probabilities: Sequence[float], times: Sequence[float], settings: ViolenceSettings) -> int:
    """Return the number of alarms raised at the model card's thresholds and on-delay.

    >>> settings = ViolenceSettings(raise_threshold=0.8, clear_threshold=0.4, minimum_seconds=0.5, warm_seconds=0.0)
    >>> count_alarms([0.9, 0.9, 0.5, 0.9, 0.1, 0.9], [0.0, 0.5, 1.0, 1.5, 2.0, 2.5], settings)
    1
    """
    clip = scored(probabilities, times, False, settings)
    return len(alarm_times(clip.probabilities, clip.times, shipped_rule(settings)))


def score_clip(scorer: ViolenceScorer, frames: Sequence[NDArray[np.uint8]], times: Sequence[float]) -> list[float]:
    """Return the probability after each frame, starting from the initial state."""
    state = scorer.start()
    probabilities = []
    for frame, time in zip(frames, times, strict=True):
        (probability,), (state,) = scorer.step([state], [frame], [time])
        probabilities.append(probability)
    return probabilities


def _results(
    clips: Sequence[LabelledClip], scorer: ViolenceScorer, progress: Callable[[int, int], None] | None
) -> Iterator[ClipResult]:
    settings = scorer.settings
    for done, clip in enumerate(clips, 1):
        frames, times = read_clip(clip.path, settings.frames_per_second)
        begun = clock.perf_counter()
        probabilities = score_clip(scorer, frames, times)
        computing = clock.perf_counter() - begun
        yield ClipResult(
            clip,
            clip_score(probabilities, times, settings.warm_seconds),
            scored(probabilities, times, clip.fight, settings),
            len(frames),
            computing,
        )
        if progress is not None:
            progress(done, len(clips))


def _figures(results: Sequence[ClipResult], settings: ViolenceSettings) -> dict[str, Any]:
    fight = np.array([result.clip.fight for result in results])
    scores = np.array([result.probability for result in results])
    right = (scores >= settings.decision) == fight
    recalls = [float(right[fight == label].mean()) for label in (False, True) if (fight == label).any()]
    hours = sum(result.scored.seconds for result in results if not result.clip.fight) / 3600
    alarm = point([result.scored for result in results], shipped_rule(settings))
    both = bool(fight.any() and not fight.all())
    return {
        "clips": len(results),
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean(recalls)),
        "auc": float(roc_auc_score(fight, scores)) if both else None,
        "fights_alarmed": alarm.fights_alarmed,
        "delay_median": alarm.delay_median,
        "delay_p90": alarm.delay_p90,
        "fights_too_short": sum(result.clip.fight and not _can_alarm(result.scored, settings) for result in results),
        "false_alarms": alarm.false_alarms,
        "false_alarms_per_hour": alarm.false_alarms_per_hour,
        "false_alarms_per_hour_upper": alarm.false_alarms_per_hour_upper,
        "normal_hours": hours,
        "seconds_per_frame": sum(result.computing for result in results) / sum(result.frames for result in results),
    }


def _can_alarm(clip: ScoredClip, settings: ViolenceSettings) -> bool:
    """Return whether an alarm could be raised before the clip ends, if every score were high."""
    return bool(clip.times) and clip.times[-1] - clip.times[0] >= settings.minimum_seconds - TIME_TOLERANCE


def evaluate(
    clips_jsonl: Path, *, scorer: ViolenceScorer, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Measure a scorer on labelled clips.

    A false alarm is an alarm that would be raised in a clip labelled normal, at the shipped thresholds and on-delay,
    each clip from the initial state; the hours are the total length of the normal clips. With a few minutes of normal
    video the rate is coarse, which `normal_hours` and the upper limit show.

    Args:
        clips_jsonl: `{clip, label: fight|normal, source, set}` per line, `clip` relative to this file.
        scorer: model to measure, at the thresholds of its card.
        progress: called with clips done and clips in all.

    Returns:
        clips, accuracy, balanced_accuracy, auc (None if one label is missing), fights_alarmed (share), delay_median
        and delay_p90 (seconds to the first alarm, of the fights alarmed), fights_too_short (clips that end before the
        rule could raise an alarm), false_alarms, false_alarms_per_hour and its
        95 % upper limit, normal_hours, seconds_per_frame (all but decoding), model, rule; under `sets` the same for
        each set, and under `curve` the alarms at other thresholds and minimum durations.

    Raises:
        ValueError: a line is not valid (the message has its number) or a clip can't be read (the message has its path).
    """
    clips = read_list(clips_jsonl)
    results = list(_results(clips, scorer, progress))
    sets: dict[str, list[ClipResult]] = defaultdict(list)
    for result in results:
        sets[result.clip.set].append(result)
    settings = scorer.settings
    return {
        **_figures(results, settings),
        "model": scorer.identity,
        "rule": {name: getattr(settings, name) for name in ("raise_threshold", "clear_threshold", "minimum_seconds")},
        "sets": {name: _figures(members, settings) for name, members in sorted(sets.items())},
        "curve": curve([result.scored for result in results], shipped_rule(settings)),
    }


__all__ = [
    "LabelledClip",
    "clip_score",
    "count_alarms",
    "evaluate",
    "read_clip",
    "read_list",
    "score_clip",
    "scored",
    "shipped_rule",
]
