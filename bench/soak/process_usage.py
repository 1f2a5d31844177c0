"""Resource usage of processes from /proc: memory, processor time, open files, threads."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class ProcessUsage:
    """Resource usage of a process and its descendants.

    Attributes:
        resident_bytes: resident memory; shared pages count for each process.
        cpu_seconds: processor time used so far by the live processes.
    """

    resident_bytes: int = 0
    cpu_seconds: float = 0.0
    open_files: int = 0
    threads: int = 0
    processes: int = 0


def process_usage(pid: int, children: dict[int, list[int]]) -> ProcessUsage:
    """Return the usage of a process and its descendants; zeros if it has ended.

    >>> me = process_usage(os.getpid(), children_of())
    >>> me.resident_bytes > 1_000_000, me.open_files > 0, me.threads > 0, me.processes >= 1
    (True, True, True, True)
    """
    total = ProcessUsage()
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, [])
        try:
            fields = _stat(one)
            open_files = sum(1 for _ in (PROC / str(one) / "fd").iterdir())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total.processes += 1
        total.cpu_seconds += (int(fields[11]) + int(fields[12])) / _TICKS
        total.threads += int(fields[17])
        total.resident_bytes += int(fields[21]) * _PAGE
        total.open_files += open_files
    return total


def children_of() -> dict[int, list[int]]:
    """Return the child processes of each process."""
    found: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(_stat(int(entry.name))[1])].append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on, which follow the name."""
    return (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()


def disk_bytes(folders: Iterable[Path]) -> int:
    """Return the disk space of the files in folders in bytes, without holes."""
    total = 0
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    total += (Path(place) / name).lstat().st_blocks * 512
                except FileNotFoundError:  # a segment that was just deleted
                    continue
    return total
