"""Fault injection into a running stack under load."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from stream.local import LocalStack
from stream.local.child import Child
from stream.runtime.atomic_file import replace_file

LIBFAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"
"""Library of Debian's package libfaketime."""

BLOCK = bytes(1024 * 1024)


class DowntimeRecorder:
    """Recorder of the downtime of each killed child."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children
        self._killed_at: dict[str, float] = {}
        self.downtimes: list[float] = []

    def record_kill(self, name: str) -> None:
        """Record a kill; the downtime of a child that is killed again before it is ready begins with the first kill."""
        self._killed_at.setdefault(name, time.monotonic())

    def probe(self, seconds: float = 0.0) -> None:
        """Probe the children that are down until a number of seconds has passed."""
        deadline = time.monotonic() + seconds
        while True:
            for name, killed_at in list(self._killed_at.items()):
                if self._children[name].is_healthy():
                    self.downtimes.append(time.monotonic() - killed_at)
                    del self._killed_at[name]
            if time.monotonic() >= deadline:
                return
            time.sleep(0.1)

    @property
    def down(self) -> frozenset[str]:
        """Names of the children that are not ready again."""
        return frozenset(self._killed_at)

    def wait_until_ready(self, timeout: float = 600.0) -> None:
        """Wait until all children are ready again."""
        deadline = time.monotonic() + timeout
        while self._killed_at and time.monotonic() < deadline:
            self.probe(0.2)
        assert not self._killed_at, f"not ready again after {timeout:.0f} s: {', '.join(self._killed_at)}"


def kill_at_random(
    stack: LocalStack,
    names: Sequence[str],
    number: int,
    rng: random.Random,
    *,
    between: tuple[float, float],
    print_progress: Callable[[str], None],
) -> DowntimeRecorder:
    """Kill workers at random with SIGKILL while they work, start or recover their state, and restart them.

    In three of four cases a running worker is chosen, because on a slow machine most would never finish their start.
    """
    downtime = DowntimeRecorder(stack.children)
    for kill in range(1, number + 1):
        running = [name for name in names if name not in downtime.down]
        name = rng.choice(running if running and rng.random() < 0.75 else names)
        stack.kill(name)
        downtime.record_kill(name)
        stack.restart(name, wait=False)
        if kill % 10 == 0:
            print_progress(f"{kill} of {number} kills")
        downtime.probe(rng.uniform(*between))
    downtime.wait_until_ready()
    return downtime


def stop_for(stack: LocalStack, name: str, seconds: float, *, kill: bool = False) -> float:
    """Stop a server and start it again; return the seconds until it responds."""
    if kill:
        stack.kill(name)
    else:
        stack.halt(name)
    time.sleep(seconds)
    began = time.monotonic()
    stack.restart(name)
    return time.monotonic() - began


@contextmanager
def suspended(child: Child) -> Iterator[None]:
    """Suspend a process as in a paused virtual machine, then resume it."""
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of the given size in megabytes.

    Raises:
        PermissionError: the process may not mount file systems, which needs root.
    """
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(options, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError as error:
        raise PermissionError("the command mount is missing") from error
    if mounted.returncode:
        raise PermissionError(mounted.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, timeout=20)


def fill_disk(folder: Path) -> Path:
    """Fill the disk with a file; delete the file to free the space."""
    file = folder / "filled"
    with suppress(OSError), file.open("wb", buffering=0) as out:
        while True:
            out.write(BLOCK)
    with suppress(OSError), file.open("ab", buffering=0) as out:
        while True:
            out.write(b"0")
    return file


class WallClock:
    """Adjustable wall clock of the processes that are started with its environment."""

    def __init__(self, folder: Path) -> None:
        """Raises: FileNotFoundError: libfaketime is not installed."""
        libraries = sorted(Path("/").glob(LIBFAKETIME.lstrip("/")))
        if not libraries:
            raise FileNotFoundError("libfaketime is missing: install the package libfaketime")
        self._file = folder / "clock"
        self.set_offset(0)
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def set_offset(self, seconds: int) -> None:
        """Set the offset from the true time; it takes effect within a second."""
        replace_file(self._file, f"{seconds:+d}s\n")
