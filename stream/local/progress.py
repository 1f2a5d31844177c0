"""Progress of a process that starts: whether it works or waits, so that a slow machine is told from a fault."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

BUSY_SHARE = 0.2
"""Share of the time from which a process counts as busy: it ran on a core, or waited for one or for the disk.

A worker that is idle stays below 0.05 of it; one that loads code and models is near 1, whatever else runs.
"""

MAX_LINE_LETTERS = 160
"""Letters of a log line that are shown."""

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_NUMBERS = re.compile(r"\d+")


@dataclass(slots=True)
class ProcessTimes:
    """Seconds of a process since its start.

    Attributes:
        cpu: on a core, with those of its children that ended.
        waited: ready to run, but waiting for a core; 0 where the kernel does not count it.
        disk: waiting for the disk; 0 where the kernel does not count it.
    """

    cpu: float = 0.0
    waited: float = 0.0
    disk: float = 0.0

    @property
    def total(self) -> float:
        """Seconds in which it had something to do."""
        return self.cpu + self.waited + self.disk


def process_times(pid: int, proc: Path = Path("/proc")) -> ProcessTimes:
    """Return the times of a process and of those that it started, from proc(5); zeros where there is no such file.

    Args:
        pid: leader of a session, to which all of them belong.
        proc: folder of the kernel's files.
    """
    times = [_times_in_session(folder, pid) for folder in proc.iterdir() if folder.name.isdecimal()]
    return ProcessTimes(
        cpu=sum(one.cpu for one in times),
        waited=sum(one.waited for one in times),
        disk=sum(one.disk for one in times),
    )


def _times_in_session(folder: Path, session: int) -> ProcessTimes:
    """Return the times of one process; zeros if it ended, or is not of the session."""
    try:
        # The name of the program, in parentheses, may hold spaces.
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        if int(fields[3]) != session:
            return ProcessTimes()
        ticks = sum(map(int, fields[11:15]))
        disk = int(fields[39])
    except (OSError, ValueError, IndexError):
        return ProcessTimes()
    waited = 0
    for file in folder.glob("task/*/schedstat"):
        try:
            waited += int(file.read_text(encoding="ascii").split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return ProcessTimes(ticks / _TICKS_PER_SECOND, waited / 1e9, disk / _TICKS_PER_SECOND)


@dataclass(slots=True)
class StartProgress:
    """Decides whether a process that starts makes progress: it is busy, or writes log lines that are new.

    A line that differs from an earlier one in numbers only is not new: it repeats a failing attempt.

    Attributes:
        log: log file, read from `offset`.
        times: times at the last look.
        last_line: last line of the log.
    """

    log: Path
    offset: int = 0
    times: ProcessTimes = field(default_factory=ProcessTimes)
    last_line: str = ""
    _seen: set[str] = field(default_factory=set)

    def advanced(self, pid: int, seconds: float) -> bool:
        """Return True if it has made progress since the last look.

        Args:
            pid: the process.
            seconds: time since the last look.
        """
        before, self.times = self.times.total, process_times(pid)
        is_busy = self.times.total - before >= BUSY_SHARE * seconds
        return self._read_new_lines() or is_busy

    def _read_new_lines(self) -> bool:
        try:
            with self.log.open("rb") as log:
                log.seek(self.offset)
                text = log.read()
        except OSError:
            return False
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        lines = [line.strip() for line in whole.decode("utf-8", "replace").splitlines() if line.strip()]
        if not lines:
            return False
        self.last_line = lines[-1][:MAX_LINE_LETTERS]
        kinds = {_NUMBERS.sub("0", line) for line in lines}
        is_new = not kinds <= self._seen
        self._seen |= kinds
        return is_new

    def describe(self) -> str:
        """Return what it does, for people."""
        text = f"{self.times.cpu:.0f} s of processor time used"
        if self.times.waited >= 1:
            text += f", waited {self.times.waited:.0f} s for a core"
        return f"{text}; {'last log line: ' + self.last_line if self.last_line else 'no log line yet'}"
