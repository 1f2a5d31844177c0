"""Write docs/soak.md from the record of a soak: the computed verdict, and its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from bench.soak.plots import draw
from bench.soak.sample_log import RunInfo, Series, read_record
from bench.soak.trend import Trend, trend
from schemas.bars import SALES, STOCK
from schemas.cameras import FRAMES
from schemas.music import SNIPPETS
from schemas.support import MAILS
from schemas.topic import DAY, HOUR, Topic
from stream.features import registry

WARM_UP_SHARE, MAX_WARM_UP_SECONDS = 0.25, 1500.0
"""Share of a run, and maximum number of seconds, that slopes leave out at the start: caches fill, and media topics
reach their retention."""
MIN_MEASURED_SECONDS = 1800.0
"""Minimum number of seconds after the warm-up; a shorter run can't distinguish growth from warm-up."""
MIN_SLOPE_PER_HOUR = {"memory MiB": 1.0, "Redis MiB": 0.5, "open files": 1.0, "threads": 1.0, "lag events": 10.0}
"""Slopes per hour below this are not significant."""
BOUNDED_GROWTH_TEXT = """## Bounded growth

These rise until they reach their limit:

- bars: the movements of an hour, and the baseline of each hour of the week: the row of a busy bar has 26 KiB after an
  hour, 47 after twelve and 65 after two days;
- alerts: a row for each key of the last six hours, of three days where an alert was raised, and 1,000 of them decoded;
- console: the last 2,000 fragments of each stage, what every bar sold in the last two hours, and the last 2,000 counts
  of the people in the venue;
- Prometheus: the samples of two to three hours, before it writes a block;
- Kafka: a Java heap of at most 384 MiB; topics as long as the table of the disk says, deleted by whole segments,
  which are open files: up to 24 a partition, or an hour's each where less is kept;
- Redis: the last 10,000 steps of alerts of each audience, and evidence for as long as the venue file says."""
INPUT_TOPICS = (FRAMES, SALES, STOCK, MAILS, SNIPPETS)


class EventAccount(Struct, frozen=True, kw_only=True):
    """Outcomes of a topic's events.

    Attributes:
        sent: by the soak, or None for a topic that workers write.
        letters: in the dead-letter topic; `expected` were sent to end there.
    """

    topic: str
    worker: str
    sent: int | None
    written: int
    ok: int
    dropped: int
    dead: int
    letters: int
    expected: int | None

    @property
    def settled(self) -> bool:
        """Return True if every event is accounted for, each once."""
        return (
            self.written == self.ok + self.dropped + self.dead
            and self.letters == self.dead
            and self.sent in (None, self.written)
            # An invalid picture that was too old was dropped like any other.
            and (self.expected is None or self.dead <= self.expected <= self.dead + self.dropped)
        )


def write_report(record: Path, folder: Path) -> bool:
    """Write soak.md and its pictures; return True if nothing grew and all events are accounted for.

    Raises:
        FileNotFoundError: nothing was recorded.
    """
    run_info, series = read_record(record)
    pictures = folder / "soak"
    pictures.mkdir(parents=True, exist_ok=True)
    seconds = max((at for lines in series.values() for line in lines.values() for at, _ in line), default=0.0)
    warm_up_seconds = min(MAX_WARM_UP_SECONDS, WARM_UP_SHARE * seconds)
    drawn = draw(pictures, series, warm_up_seconds)
    long_enough = seconds - warm_up_seconds >= MIN_MEASURED_SECONDS
    growing = sorted(_growing(series, warm_up_seconds)) if long_enough else []
    accounts = list(accounts_of(series))
    unsettled = [one.topic for one in accounts if not one.settled]
    unprocessed = int(sum(line[-1][1] for line in series.get("lag events", {}).values()))
    restarts = {name: int(line[-1][1]) - 1 for name, line in series.get("starts", {}).items() if line[-1][1] > 1}
    parts = [
        f"# Soak\n\n`make soak` wrote this page, from a run of {seconds / 60:.0f} minutes that began {run_info.began}.",
        "\n".join(_verdict(growing, unsettled, restarts, warm_up_seconds, unprocessed, long_enough=long_enough)),
        "\n".join(_load(run_info, series, seconds, warm_up_seconds)),
        *(f"![{name}](soak/{name}.webp)" for name in drawn[:1]),
        _table("## Memory", "MiB", series.get("memory MiB", {}), warm_up_seconds, MIN_SLOPE_PER_HOUR["memory MiB"]),
        _table("## Redis", "MiB", series.get("Redis MiB", {}), warm_up_seconds, MIN_SLOPE_PER_HOUR["Redis MiB"]),
        *(f"![{name}](soak/{name}.webp)" for name in drawn[1:2]),
        "\n".join(_delays(series)),
        _table(
            "## Lag",
            "events",
            _nonzero(series.get("lag events", {})),
            warm_up_seconds,
            MIN_SLOPE_PER_HOUR["lag events"],
        ),
        "\n".join(_accounting(accounts)),
        *(f"![{name}](soak/{name}.webp)" for name in drawn[2:]),
        "\n".join(_disk(series, warm_up_seconds)),
        BOUNDED_GROWTH_TEXT,
        _table(
            "## Open files", "files", series.get("open files", {}), warm_up_seconds, MIN_SLOPE_PER_HOUR["open files"]
        ),
        _table("## Threads", "threads", series.get("threads", {}), warm_up_seconds, MIN_SLOPE_PER_HOUR["threads"]),
    ]
    (folder / "soak.md").write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")
    return long_enough and not growing and not unsettled and not restarts


def accounts_of(series: dict[str, Series]) -> Iterator[EventAccount]:
    """Return one account for each topic that a worker read, in the order of the topics."""
    last = {measure: {of: line[-1][1] for of, line in lines.items()} for measure, lines in series.items()}
    inputs = {topic.name for topic in INPUT_TOPICS}
    written = last.get("written events", {})
    readers = {of: None for outcome in ("ok", "dead", "dropped") for of in last.get(f"{outcome} events", {})}
    for name in registry.topics_by_name():
        for worker in registry.workers():
            of = f"{worker} {name}"
            if of not in readers or not written.get(name):
                continue
            sent = int(last.get("sent events", {}).get(name, 0)) if name in inputs else None
            spoilt = last.get("spoilt events", {}).get(name, 0) if name in inputs else None
            yield EventAccount(
                topic=name,
                worker=worker,
                sent=sent,
                written=int(written[name]),
                ok=int(last.get("ok events", {}).get(of, 0)),
                dropped=int(last.get("dropped events", {}).get(of, 0)),
                dead=int(last.get("dead events", {}).get(of, 0)),
                letters=int(written.get(f"{name}.dead", 0)),
                expected=None if spoilt is None else int(spoilt),
            )


def _after(line: list[tuple[float, float]], warm_up_seconds: float) -> tuple[list[float], list[float]]:
    after_warm_up = [(at, value) for at, value in line if at >= warm_up_seconds]
    return [at / 3600 for at, _ in after_warm_up], [value for _, value in after_warm_up]


def _second_half_trend(line: list[tuple[float, float]], warm_up_seconds: float) -> Trend | None:
    """Return the trend of the second half after the warm-up."""
    end = line[-1][0] if line else 0.0
    return trend(*_after(line, (warm_up_seconds + end) / 2))


def _grows(line: list[tuple[float, float]], warm_up_seconds: float, min_slope: float) -> bool:
    """Return True if a series grows after the warm-up and in its second half; a series that levels off does not."""
    whole, second_half = trend(*_after(line, warm_up_seconds)), _second_half_trend(line, warm_up_seconds)
    return whole is not None and whole.grows(min_slope) and (second_half is None or second_half.grows(min_slope))


def _growing(series: dict[str, Series], warm_up_seconds: float) -> Iterator[str]:
    for measure, min_slope in MIN_SLOPE_PER_HOUR.items():
        for of, line in series.get(measure, {}).items():
            if of != "soak" and _grows(line, warm_up_seconds, min_slope):
                yield f"{measure.rsplit(' ', 1)[0]} of {of}" if measure != "threads" else f"threads of {of}"


def _verdict(
    growing: list[str],
    unsettled: list[str],
    restarts: dict[str, int],
    warm_up_seconds: float,
    unprocessed: int,
    *,
    long_enough: bool,
) -> Iterator[str]:
    if not long_enough:
        yield (
            f"**Too short for a verdict on growth, which requires {MIN_MEASURED_SECONDS / 60:.0f} minutes after the "
            "warm-up.**"
        )
    elif growing:
        yield f"**Grows: {', '.join(growing)}.**"
    else:
        yield "**Memory, lag, open files and threads are flat.**"
    if not unsettled:
        yield "**Every event is accounted for: used, dropped and counted, or in a dead-letter topic.**"
    elif unprocessed:
        yield f"**It ended while {unprocessed:,} events were in transit, so not all can be accounted for.**"
    else:
        yield f"**Not every event is accounted for: {', '.join(unsettled)}.**"
    if restarts:
        yield f"**Restarted: {', '.join(f'{name} {n}×' for name, n in restarts.items())}.**"
    yield (
        "\nA series grows if the lower end of the 95 % confidence interval of its slope would double it within a "
        f"week, both in all that follows the first {warm_up_seconds / 60:.1f} minutes and in the second half of it."
    )


def _load(run_info: RunInfo, series: dict[str, Series], seconds: float, warm_up_seconds: float) -> Iterator[str]:
    machine = run_info.machine
    yield (
        "## Load\n\nThree large festivals have 300 cameras at 2 frames/s, 600 tills, 150 mails a minute and 24 stages. "
        f"This machine ({machine.get('cores')} cores, {machine.get('architecture')}, load {machine.get('load')} at the "
        "start, which includes other work) was given:\n"
    )
    yield "| | of three festivals | number | events/s due | events/s sent |\n|---|--:|--:|--:|--:|"
    topics: dict[str, Topic[Any]] = {"cameras": FRAMES, "tills": SALES, "mails": MAILS, "stages": SNIPPETS}
    for kind, topic in topics.items():
        sent = _last(series.get("sent events", {}).get(topic.name))
        yield (
            f"| {kind} | {run_info.shares[kind]:.3g} | {run_info.numbers[kind]:g} | {run_info.rates[kind]:.2f} | "
            f"{sent / max(1.0, seconds):.2f} |"
        )
    cores_by_process = {
        name: found.slope / 3600
        for name, line in series.get("processor seconds", {}).items()
        if (found := trend(*_after(line, warm_up_seconds))) is not None
    }
    if not cores_by_process:
        return
    yield (
        "\nCores used by each process: "
        + ", ".join(f"{name} {cores:.2f}" for name, cores in cores_by_process.items())
        + "."
    )
    whole = {"vision": "cameras", "bars": "tills", "support": "mails", "music": "stages"}
    required_cores = {
        worker: cores_by_process[worker] / run_info.shares[kind]
        for worker, kind in whole.items()
        if worker in cores_by_process
    }
    yield (
        "In proportion, the whole load of three festivals would need: "
        + ", ".join(f"{worker} {cores:.1f} cores" for worker, cores in required_cores.items())
        + "."
    )


def _table(title: str, unit: str, found: Series, warm_up_seconds: float, min_slope: float) -> str:
    lines = [
        title,
        "",
        f"| | mean, {unit} | highest | slope per hour, {unit} | 95 % interval | in the second half | |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    rows = 0
    for of, line in found.items():
        slope: Trend | None = trend(*_after(line, warm_up_seconds))
        if slope is None:
            continue
        rows += 1
        second_half = _second_half_trend(line, warm_up_seconds)
        verdict = (
            "grows"
            if _grows(line, warm_up_seconds, min_slope)
            else "flat"
            if not slope.grows(min_slope)
            else "levels off"
        )
        half = "" if second_half is None else f"{second_half.low:+.2f} to {second_half.high:+.2f}"
        highest = max(value for _, value in line)
        lines.append(
            f"| {of} | {slope.mean:.1f} | {highest:.1f} | {slope.slope:+.2f} | {slope.low:+.2f} to {slope.high:+.2f} | "
            f"{half} | {verdict} |"
        )
    return "\n".join(lines) if rows else ""


def _nonzero(found: Series) -> Series:
    """Return the series without those that are always zero."""
    return {of: line for of, line in found.items() if any(value for _, value in line)}


def _delays(series: dict[str, Series]) -> Iterator[str]:
    yield "## From event to result and alert\n"
    yield "| | results | p50, median of samples | p99, median of samples | p99, worst sample |\n|---|--:|--:|--:|--:|"
    for of in sorted(series.get("answers", {}), key=lambda name: (name.startswith("alert "), name)):
        p50 = [value for _, value in series["delay p50 s"][of]]
        p99 = [value for _, value in series["delay p99 s"][of]]
        answers = sum(value for _, value in series["answers"][of])
        yield (f"| {of} | {answers:,.0f} | {np.median(p50):.3f} s | {np.median(p99):.3f} s | {max(p99):.2f} s |")


def _accounting(accounts: Iterable[EventAccount]) -> Iterator[str]:
    yield "## Every event\n"
    yield "| topic | worker | sent | written | used | dropped | dead | in the dead-letter topic | |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|---|"
    for one in accounts:
        sent = "" if one.sent is None else f"{one.sent:,}"
        yield (
            f"| {one.topic} | {one.worker} | {sent} | {one.written:,} | {one.ok:,} | {one.dropped:,} | {one.dead:,} | "
            f"{one.letters:,} | {'all' if one.settled else '**not all**'} |"
        )
    inputs = ", ".join(topic.name for topic in registry.input_topics() if topic in INPUT_TOPICS)
    yield f"\n{inputs} come from sources; workers write the others."


def _disk(series: dict[str, Series], warm_up_seconds: float) -> Iterator[str]:
    yield "## Disk\n\n| | at the end, MiB | slope per hour, MiB | 95 % interval | kept for |\n|---|--:|--:|--:|---|"
    for of, line in sorted(series.get("disk MiB", {}).items(), key=lambda item: -item[1][-1][1]):
        slope = trend(*_after(line, warm_up_seconds))
        if slope is None or line[-1][1] < 1:
            continue
        topic = registry.topics_by_name().get(of.removeprefix("topic "))
        retention = (
            ""
            if topic is None
            else "the last record of each key"
            if topic.compacted
            else _retention_text(topic.retention_ms)
        )
        yield (
            f"| {of} | {line[-1][1]:.0f} | {slope.slope:+.1f} | {slope.low:+.1f} to {slope.high:+.1f} | {retention} |"
        )


def _retention_text(milliseconds: int) -> str:
    if milliseconds >= DAY:
        return f"{milliseconds // DAY} days"
    return f"{milliseconds // HOUR} hours" if milliseconds >= HOUR else f"{milliseconds // 60_000} minutes"


def _last(line: list[tuple[float, float]] | None) -> float:
    return line[-1][1] if line else 0.0
