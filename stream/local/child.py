"""One child process: started in its own group, watched, logged, and never left behind."""

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

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ChildError(PulsoError, RuntimeError):
    """A child did not start or ended by itself. The message ends with its log."""


def _die_with_parent() -> None:
    # Even when the supervisor is killed with SIGKILL, nothing of it stays behind.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Child:
    """A process and how to know that it works.

    Attributes:
        healthy: asked again and again after the start, until it says yes; raising counts as no.
    """

    name: str
    command: Sequence[str]
    log: Path
    healthy: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 120
    stop_seconds: float = 20
    starts: int = 0
    started: float = 0.0
    """monotonic time of the last start"""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process without waiting for it to be healthy."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor alone
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl call, safe after fork
            )
        self.starts += 1
        self.started = time.monotonic()

    def wait_healthy(self) -> None:
        """Wait until it is healthy.

        Raises:
            ChildError: it ended, or was not healthy in time.
        """
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if self.pid is None:
                raise ChildError(f"{self.name} ended while it started{self.tail()}")
            if self.is_healthy():
                return
            time.sleep(0.1)
        raise ChildError(f"{self.name} was not ready after {self.start_seconds:.0f} s{self.tail()}")

    def is_healthy(self) -> bool:
        """Whether it runs and answers."""
        if self.pid is None:
            return False
        try:
            return self.healthy()
        except Exception:
            return False

    def stop(self) -> None:
        """Ask it to end; after `stop_seconds`, end it."""
        self._end(signal.SIGTERM, self.stop_seconds)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL, 10)

    def _end(self, how: signal.Signals, seconds: float) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        self._process = None

    def tail(self, lines: int = 15) -> str:
        """The end of its log, for an error message."""
        try:
            end = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        except FileNotFoundError:
            return ""
        return f"; {self.log} ends with:\n  " + "\n  ".join(end)
