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

LIBFAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"
"""Library of Debian's package libfaketime."""

BLOCK = bytes(1024 * 1024)


class Watchman:
    """Recorder of the downtime of each killed child."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children
        self._since: dict[str, float] = {}
        self.seconds: list[float] = []

    def killed(self, name: str) -> None:
        """Record a kill; a child killed again before it is ready has been down since the first kill."""
        self._since.setdefault(name, time.monotonic())

    def look(self, seconds: float = 0.0) -> None:
        """Probe all children that are down, for a number of seconds."""
        until = time.monotonic() + seconds
        while True:
            for name, since in list(self._since.items()):
                if self._children[name].is_healthy():
                    self.seconds.append(time.monotonic() - since)
                    del self._since[name]
            if time.monotonic() >= until:
                return
            time.sleep(0.1)

    @property
    def away(self) -> frozenset[str]:
        """Return the children that are still down."""
        return frozenset(self._since)

    def wait(self, patience: float = 600.0) -> None:
        """Wait until all children are ready again."""
        until = time.monotonic() + patience
        while self._since and time.monotonic() < until:
            self.look(0.2)
        assert not self._since, f"not ready again after {patience:.0f} s: {', '.join(self._since)}"


def kill_at_random(
    stack: LocalStack,
    names: Sequence[str],
    number: int,
    seeded: random.Random,
    *,
    between: tuple[float, float],
    say: Callable[[str], None],
) -> Watchman:
    """SIGKILL one after the other, whatever it is doing: working, starting, or reading its state back.

    Three times of four it is one that works, where there is one: on a slow machine most would only ever start.
    """
    watchman = Watchman(stack.children)
    for kill in range(1, number + 1):
        at_work = [name for name in names if name not in watchman.away]
        name = seeded.choice(at_work if at_work and seeded.random() < 0.75 else names)
        stack.kill(name)
        watchman.killed(name)
        stack.restart(name, wait=False)
        if kill % 10 == 0:
            say(f"{kill} of {number} kills")
        watchman.look(seeded.uniform(*between))
    watchman.wait()
    return watchman


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
def stood_still(child: Child) -> Iterator[None]:
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
    """A file system of its own, of so many megabytes.

    Raises:
        PermissionError: only root may mount one.
    """
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(options, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError as error:
        raise PermissionError("there is no mount") from error
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, timeout=20)


def fill(folder: Path) -> Path:
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
    """Adjustable wall clock of processes started with its environment."""

    def __init__(self, folder: Path) -> None:
        """Raises: FileNotFoundError: libfaketime is not installed."""
        found = sorted(Path("/").glob(LIBFAKETIME.lstrip("/")))
        if not found:
            raise FileNotFoundError("libfaketime is missing: install the package libfaketime")
        self._file = folder / "clock"
        self.jump(0)
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def jump(self, seconds: int) -> None:
        """Set the offset from the true time; it takes effect within a second."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}s\n", encoding="ascii")
        draft.replace(self._file)
