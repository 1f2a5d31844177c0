"""A child process in a session of its own, with a log file and a health check."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import PulsoError
from stream.local.progress import StartProgress

POLL_SECONDS, LOOK_SECONDS, REPORT_SECONDS = 0.1, 5.0, 15.0
"""Intervals of the health check, of the look at the progress, and of its report, while a process starts."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ChildError(PulsoError, RuntimeError):
    """A child process did not start, or ended by itself. The message ends with the end of its log."""


def missing_program(program: str, packages: str, setting: str) -> ChildError:
    """Return the error for a server program that is not installed.

    Args:
        program: its name.
        packages: the Debian packages that have it.
        setting: variable that names a server elsewhere, which makes the program unnecessary.
    """
    return ChildError(
        f"{program} is missing: in a checkout run `make setup`, or install {packages}; in the image, which has no "
        f"servers, set {setting}"
    )


def _die_with_parent() -> None:
    # The child ends even when the supervisor is killed with SIGKILL.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Child:
    """A process and its health check.

    Attributes:
        name: name for messages.
        command: program and arguments.
        log: file that standard output and standard error are appended to.
        healthy: health check, called repeatedly after the start until it returns True; an exception counts as False.
        environment: variables that are added to those of this process.
        folder: working directory; that of this process if None.
        start_seconds: time without any progress after which the start is given up.
        stop_seconds: time between SIGTERM and SIGKILL.
        starts: number of starts so far.
    """

    name: str
    command: Sequence[str]
    log: Path
    healthy: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    start_seconds: float = 120
    stop_seconds: float = 20
    starts: int = 0
    started: float = 0.0
    """Monotonic time of the last start in seconds."""
    _process: subprocess.Popen[bytes] | None = None
    _log_offset: int = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process without waiting until it is healthy."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_offset = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor only
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl call, safe after fork
            )
        self.starts += 1
        self.started = time.monotonic()

    def wait_healthy(self, report: Callable[[str], None] = lambda _text: None) -> None:
        """Wait until it is healthy, for as long as it makes progress: a busy machine may take many minutes.

        Args:
            report: called every 15 s with a text that says what the process does.

        Raises:
            ChildError: The process ended, or made no progress for `start_seconds`.
        """
        progress = StartProgress(self.log, self._log_offset)
        began = looked = advanced = reported = time.monotonic()
        while True:
            pid = self.pid
            if pid is None:
                raise ChildError(f"{self.name} ended while it started{self.tail()}")
            if self.is_healthy():
                return
            now = time.monotonic()
            if now - looked >= min(LOOK_SECONDS, self.start_seconds / 4):
                if progress.advanced(pid, now - looked):
                    advanced = now
                looked = now
            if now - reported >= REPORT_SECONDS:
                report(f"{self.name} is not ready after {now - began:.0f} s; {progress.describe()}")
                reported = now
            if now - advanced > self.start_seconds:
                raise ChildError(
                    f"{self.name} was not ready after {now - began:.0f} s, and made no progress in the last "
                    f"{self.start_seconds:.0f} s ({progress.describe()}){self.tail()}"
                )
            time.sleep(POLL_SECONDS)

    def is_healthy(self) -> bool:
        """Return whether it runs and its health check succeeds."""
        if self.pid is None:
            return False
        try:
            return self.healthy()
        except Exception:
            return False

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL after `stop_seconds`."""
        self._end(signal.SIGTERM, self.stop_seconds)

    def kill(self) -> None:
        """Send SIGKILL, to simulate a crash."""
        self._end(signal.SIGKILL, 10)

    def _end(self, signal_: signal.Signals, seconds: float) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal_)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        self._process = None

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log, for an error message."""
        try:
            last = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        except FileNotFoundError:
            return ""
        return f"; {self.log} ends with:\n  " + "\n  ".join(last) if last else f"; {self.log} is empty"
