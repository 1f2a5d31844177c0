"""Watch of the sources: which are silent for longer than their own rhythm allows, and which all at once.

Silence is measured by the time of the worker that watches: its time records are the only clock. A report gives ages,
which are subtracted from the last of them, so that the clocks of other machines don't matter.

- A camera or microphone has a rhythm: it is silent after `PERIODS` of it, at least after `SILENCE`.
- A mailbox is judged by its connection, not by its mail; an endpoint by being open.
- A bar or network that had a pace is missed when it falls silent, while it is open (`processors.sources.pace`).
- A process that reports no more takes all its sources with it: that is one finding, about the process. So it is when
  all that is remote falls silent at once, as when a switch fails.
- A process that is stopped on purpose has `RESTART_GRACE` to come back.
- After a pause of the watching worker, or of Kafka, nothing is known about the time between: silence begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from processors.sources.opening import is_open
from processors.sources.pace import FeedPace, add_events
from schemas.ids import BarId, EventId
from schemas.sources import ProcessReport, ProcessState, SilenceCause, SourceReport, SourceState, source_key
from schemas.tickets import TICKETS
from schemas.venue import Venue

SILENCE = timedelta(seconds=20)
"""Shortest silence of a source that is reported. With the intervals of reports and time it is noticed within 30 s, and
a camera that is opened again, or a worker that is restarted, stays below it."""

PERIODS = 4
"""Periods of a source's rhythm that may be missed."""

PROCESS_SILENCE = timedelta(seconds=15)
"""Time without a report after which a process is silent: less than that of its sources, for which it is to blame."""

RESTART_GRACE = timedelta(seconds=60)
"""Time for a process that was stopped on purpose, and for one that has never reported, to start."""

MAX_SECONDS = 86_400.0
"""Age and period in seconds above which a report says no more than that."""

MIN_EVALUATION = timedelta(seconds=1.5)
"""Shortest time between two evaluations; several workers write the time."""

MAX_CLOCK_GAP = timedelta(seconds=15)
"""Longest pause between two times in which silence is still measured."""

SHARE_AT_ONCE, SHARE_STILL, MIN_AT_ONCE = 0.8, 0.2, 3
"""Share and number of remote sources whose silence at once has one cause, and share that is left when it is over: those
that return one after the other must not turn the others into alerts of their own."""

REFRESH, PROCESS_REFRESH = timedelta(seconds=60), timedelta(seconds=10)
"""Interval at which states that do not change are written: those of sources for readers that begin, those of processes
also as a sign that somebody watches."""

CHANGED = timedelta(seconds=60)
"""Time after a change for which a state is written at every evaluation, since the delays of rules need values."""

REMOTE_KINDS = frozenset({"camera", "microphone", "mailbox"})
"""Kinds that Pulso connects to; the endpoints are part of the process itself."""

FED_KINDS = frozenset({"tills", "posts"})
"""Kinds whose feeds have a pace."""

FORGET_EXTRA = timedelta(days=1)
"""Silence after which a source that is not in the venue file is forgotten, such as a camera that somebody tried."""

FEED_IDLE = timedelta(days=2)
"""Time after its last event for which the pace of a feed is kept that is no longer reported."""

MAX_FEEDS = 64
"""Feeds of one source that are watched; networks are named by whoever sends posts."""


class WatchedSource(Struct, kw_only=True):
    """One source, as last reported."""

    kind: str
    name: str
    process: str
    seen: datetime
    """Time of its last sign of life."""
    limit: float = SILENCE.total_seconds()
    """Silence in seconds that its rhythm allows."""
    reason: str = ""
    total: FeedPace | None = None
    feeds: dict[str, FeedPace] = {}


class WatchedProcess(Struct, kw_only=True):
    """One process of sources."""

    instance: str
    reported: datetime
    """Time of its last report."""
    grace_until: datetime | None = None
    """Time until which nobody is alarmed, after a stop on purpose."""


class Shown(Struct, kw_only=True):
    """State of a source or process as last written."""

    silent: bool
    covered: bool
    changed: datetime
    written: datetime


class WatchState(Struct, kw_only=True):
    """All that the watch knows; bounded by the sources of the venue."""

    offset: int = -1
    """Offset of the last record that it includes."""
    clock: datetime | None = None
    """Last time."""
    resumed: datetime | None = None
    """Time from which silence is measured: the first time, or the first after a pause."""
    began: datetime | None = None
    """First time ever."""
    processes: dict[str, WatchedProcess] = {}
    sources: dict[str, WatchedSource] = {}
    shown: dict[str, Shown] = {}


class _Finding(Struct, frozen=True, kw_only=True):
    """A source or feed that is silent or not."""

    kind: str
    name: str
    silent: bool
    since: datetime
    covered: bool = False
    reason: str = ""


class SourceWatch:
    """Judges the sources of one venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._expected = frozenset(
            [source_key("camera", camera.id) for camera in venue.cameras if camera.url]
            + [source_key("microphone", stage.id) for stage in venue.stages if stage.url]
            + [source_key("mailbox", box.id) for box in venue.mailboxes]
        )
        orders = venue.section(TICKETS).server
        endpoints = {"tills/http": venue.tills, "posts/http": venue.social, "orders/http": orders}
        self._configured = self._expected | {key for key, endpoint in endpoints.items() if endpoint is not None}

    def apply(self, state: WatchState, report: ProcessReport) -> list[SourceState | ProcessState]:
        """Apply one record to the state; return the states to write, none for a report."""
        if report.kind == "time":
            return self._at(state, report.time, report.id)
        self._add_report(state, report)
        return []

    def _add_report(self, state: WatchState, report: ProcessReport) -> None:
        now = state.clock or report.time
        known = state.processes.get(report.process)
        restarted = known is not None and known.instance != report.instance
        grace = known.grace_until if known is not None else None
        if report.final:
            grace = now + RESTART_GRACE
        state.processes[report.process] = WatchedProcess(
            instance=report.instance, reported=now, grace_until=grace if grace is None or grace > now else None
        )
        reported = set()
        for source in report.sources:
            key = source_key(source.kind, source.name)
            if not source.ended:
                reported.add(key)
                state.sources[key] = _watched(state.sources.get(key), source, report.process, now, restarted=restarted)
        for key, one in list(state.sources.items()):
            is_extra = report.final and key not in self._configured
            if one.process == report.process and (key not in reported or is_extra):
                del state.sources[key]  # it ended, was removed from the venue file, or was never in it

    def _at(self, state: WatchState, now: datetime, event: EventId) -> list[SourceState | ProcessState]:
        if state.clock is not None and state.clock - now > MAX_CLOCK_GAP:
            _set_back(state, now)
        if state.clock is not None and now - state.clock < MIN_EVALUATION:
            return []
        if state.clock is None or state.resumed is None or now - state.clock > MAX_CLOCK_GAP:
            state.resumed = now
        state.began = state.began or now
        state.clock = now
        self._forget_extra(state, now)
        found: list[SourceState | ProcessState] = []
        shown_processes: set[str] = set()
        findings: dict[str, _Finding] = {}
        for process in self._processes(state, now):
            members = {key: one for key, one in state.sources.items() if one.process == process.process}
            findings |= self._judge(members, state, process, now)
            shown_processes.add(f"process {process.process}")
            if _is_due(
                state.shown,
                f"process {process.process}",
                now,
                silent=process.silent,
                covered=False,
                refresh=PROCESS_REFRESH,
            ):
                found.append(replace(process, event_id=event))
        for key, one in findings.items():
            if _is_due(state.shown, key, now, silent=one.silent, covered=one.covered):
                found.append(_source_state(one, now, event))
        for key in [key for key in state.shown if key not in findings and key not in shown_processes]:
            if not state.shown.pop(key).silent:
                continue
            if key.startswith("process "):  # others have its sources by now
                gone = key.removeprefix("process ")
                found.append(ProcessState(event_id=event, process=gone, time=now, silent=False, since=now))
            else:
                kind, _, name = key.partition("/")
                found.append(
                    _source_state(_Finding(kind=kind, name=name, silent=False, since=now), now, event, watched=False)
                )
        return found

    def _forget_extra(self, state: WatchState, now: datetime) -> None:
        """Forget sources that are not in the venue file and have ended without a word."""
        if now - (state.resumed or now) <= RESTART_GRACE:
            return  # they may come back after a pause
        for key in [key for key in state.sources if key not in self._configured]:
            if now - state.sources[key].seen > FORGET_EXTRA:
                del state.sources[key]

    def _processes(self, state: WatchState, now: datetime) -> Iterator[ProcessState]:
        """Yield the state of each process, and of the one that should run those of the file that nobody runs."""
        missing = self._expected - state.sources.keys()
        began = state.began or now
        for name, process in list(state.processes.items()):
            members = {key: one for key, one in state.sources.items() if one.process == name}
            if not members and now - process.reported > RESTART_GRACE:
                del state.processes[name]
                continue
            shown = state.shown.get(f"process {name}")
            yield _process_state(name, process, members, state.resumed or now, now, shown is not None and shown.silent)
        if missing and not state.sources and now - began > RESTART_GRACE and "sources" not in state.processes:
            yield ProcessState(
                event_id=EventId("-"), process="sources", time=now, silent=True, since=began, cause="process",
                sources=tuple(sorted(missing)), number=len(missing),
            )  # fmt: skip
        elif "sources" not in state.processes:
            yield ProcessState(event_id=EventId("-"), process="sources", time=now, silent=False, since=now)

    def _judge(
        self, members: dict[str, WatchedSource], state: WatchState, process: ProcessState, now: datetime
    ) -> dict[str, _Finding]:
        resumed = state.resumed or now
        known = state.processes.get(process.process)
        in_grace = known is not None and known.grace_until is not None and now < known.grace_until
        ended = known is not None and now - known.reported > PROCESS_SILENCE
        found: dict[str, _Finding] = {}
        for key, one in members.items():
            silent = not in_grace and _is_late(one, resumed, now) and self._must_deliver(one, now)
            found[key] = _Finding(
                kind=one.kind, name=one.name, silent=silent, since=one.seen, covered=silent and process.silent,
                reason="process" if ended else one.reason,
            )  # fmt: skip
            if one.kind in FED_KINDS and not silent and not in_grace:
                found |= self._judge_feeds(key, one, resumed, now)
        return found

    def _must_deliver(self, source: WatchedSource, now: datetime) -> bool:
        """Return False for a microphone while the ground is closed; cameras and connections matter at any hour."""
        return source.kind != "microphone" or is_open(self._venue, now)

    def _judge_feeds(self, key: str, source: WatchedSource, resumed: datetime, now: datetime) -> dict[str, _Finding]:
        """Return the findings on a source's feeds; where all of them are silent, one about the source."""
        open_feeds = {name for name in source.feeds if self._is_feed_open(source.kind, name, now)}
        found: dict[str, _Finding] = {}
        all_silent = source.total is not None and bool(open_feeds) and source.total.is_silent(now, resumed)
        if all_silent and source.total is not None:
            found[key] = _Finding(
                kind=source.kind, name=source.name, silent=True, since=source.total.last, reason="pace"
            )
        for name, pace in source.feeds.items():
            silent = not all_silent and name in open_feeds and pace.is_silent(now, resumed)
            found[source_key(source.kind, name)] = _Finding(
                kind=source.kind, name=name, silent=silent, since=pace.last, reason="pace" if silent else ""
            )
        return found

    def _is_feed_open(self, kind: str, feed: str, now: datetime) -> bool:
        return is_open(self._venue, now, BarId(feed) if kind == "tills" else None)


def _watched(
    before: WatchedSource | None, report: SourceReport, process: str, now: datetime, *, restarted: bool
) -> WatchedSource:
    # A process that starts is no sign of life: one that crashes again and again would hide that a camera is dead.
    last = before.seen if before is not None else now
    seen = last if report.age is None else max(last, now - timedelta(seconds=min(report.age, MAX_SECONDS)))
    limit = SILENCE.total_seconds()
    if report.up and report.period is not None:
        limit = max(limit, PERIODS * min(report.period, MAX_SECONDS))
    total, feeds = None, {}
    if report.kind in FED_KINDS:
        # What could not come while the endpoint was away is not missed.
        away = before is not None and seen - before.seen > SILENCE
        total = add_events(before.total if before else None, report.events, now, restarted=restarted, away=away)
        counts = {feed.name: feed.events for feed in report.feeds[:MAX_FEEDS]}
        earlier = before.feeds if before else {}
        feeds = {
            name: pace
            for name, pace in earlier.items()
            if name in counts or now - (pace.heard or pace.last) <= FEED_IDLE
        }
        for name in feeds.keys() | counts.keys():
            pace = feeds.get(name)
            count = counts.get(name, 0 if restarted or pace is None else pace.count)
            feeds[name] = add_events(pace, count, now, restarted=restarted, away=away)
        while len(feeds) > MAX_FEEDS:
            del feeds[min(feeds, key=lambda name: feeds[name].last)]
    return WatchedSource(
        kind=report.kind,
        name=report.name,
        process=process,
        seen=seen,
        limit=limit,
        reason=report.reason,
        total=total,
        feeds=feeds,
    )


def _process_state(
    name: str,
    process: WatchedProcess,
    members: dict[str, WatchedSource],
    resumed: datetime,
    now: datetime,
    was_silent: bool,
) -> ProcessState:
    """Return whether all of a process's sources are silent at once, and why."""
    in_grace = process.grace_until is not None and now < process.grace_until
    cause: SilenceCause | None = None
    since = process.reported
    if len(members) > 1 and not in_grace:
        if now - max(process.reported, resumed) > PROCESS_SILENCE:
            cause = "process"
        elif _all_lost(members.values(), resumed, now, was_silent):
            cause, since = "network", max(one.seen for one in members.values() if _is_late(one, resumed, now, 0.5))
    lost = sorted(key for key, one in members.items() if cause == "process" or _is_late(one, resumed, now, 0.5))
    return ProcessState(
        event_id=EventId("-"), process=name, time=now, silent=cause is not None, since=since, cause=cause,
        sources=tuple(lost) if cause else (), number=len(members),
    )  # fmt: skip


def _all_lost(sources: Iterable[WatchedSource], resumed: datetime, now: datetime, was_silent: bool) -> bool:
    """Return True if a remote source is silent, and nearly all others are about to be; or not enough came back."""
    remote = [one for one in sources if one.kind in REMOTE_KINDS]
    late = sum(_is_late(one, resumed, now, 0.5) for one in remote)
    share = SHARE_STILL if was_silent else SHARE_AT_ONCE
    return late >= max(MIN_AT_ONCE, share * len(remote)) and any(_is_late(one, resumed, now) for one in remote)


def _is_late(source: WatchedSource, resumed: datetime, now: datetime, share: float = 1.0) -> bool:
    """Return True if a source has been silent for longer than a share of what its rhythm allows."""
    return (now - max(source.seen, resumed)).total_seconds() > share * source.limit


def _set_back(state: WatchState, now: datetime) -> None:
    """Begin anew at a time before the last: the clock was ahead, and has been corrected since."""
    state.clock = state.resumed = None
    state.began = now
    for process in state.processes.values():
        process.reported, process.grace_until = min(process.reported, now), None
    for source in state.sources.values():
        source.seen, source.total, source.feeds = min(source.seen, now), None, {}
    for shown in state.shown.values():
        shown.changed = shown.written = now


def _is_due(
    shown: dict[str, Shown], key: str, now: datetime, *, silent: bool, covered: bool, refresh: timedelta = REFRESH
) -> bool:
    """Return True if a state must be written now, and note that it is."""
    before = shown.get(key)
    changed = before is None or (before.silent, before.covered) != (silent, covered)
    since = now if changed or before is None else before.changed
    if not changed and before is not None and not silent and now - since > CHANGED and now - before.written < refresh:
        return False
    shown[key] = Shown(silent=silent, covered=covered, changed=since, written=now)
    return True


def _source_state(one: _Finding, now: datetime, event: EventId, *, watched: bool = True) -> SourceState:
    return SourceState(
        event_id=event, source=source_key(one.kind, one.name), kind=one.kind, name=one.name, time=now,
        silent=one.silent, since=one.since, watched=watched, covered=one.covered, reason=one.reason,
    )  # fmt: skip
