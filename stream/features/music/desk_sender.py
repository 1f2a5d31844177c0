"""Sender to a lighting desk over UDP in a thread of its own: neither a name server nor a desk holds up who calls it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

log = logging.getLogger(__name__)

Value = float | int | str
Encoder = Callable[[Mapping[str, Value]], Iterable[bytes]]
"""Returns the datagrams of some values."""
Address = tuple[int, tuple[str | int | bytes, ...]]
"""Address family and socket address."""

MAX_WAITING = 64
"""Number of frames that wait at most; older ones are dropped."""
MAX_AGE_SECONDS = 1.0
"""Age from which a frame is dropped: late light is worse than none."""

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 30.0
"""First and longest pause before a name is resolved again after it failed; it is doubled each time."""
REFRESH_SECONDS = 300.0
"""Time after which a name is resolved again although all is well: the desk may have a new address."""
QUIET_SECONDS = 10.0
"""Time without an error after which a desk counts as reached again."""


MULTICAST_HOPS = 8
"""Routers that a multicast packet may pass."""


def resolve(host: str, port: int) -> Address:
    """Return the address of a name; it may take long.

    Raises:
        OSError: The name has no address, or the name server does not answer.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    return family, address


class DeskSender:
    """Sends values to one desk.

    The sending thread owns the socket; a second thread resolves the name and lives no longer than that takes. While a
    name is resolved anew, messages go to the address known so far.

    Args:
        host: name or address of the desk.
        port: UDP port of the desk.
        purpose: what the messages are for, in log lines.
        encode: writes values as the desk reads them; called in the sending thread, in the order of sending.
        dropped: called with the number of values that were dropped, from any thread.
        resolve: replaces the resolver.
    """

    def __init__(
        self,
        host: str,
        port: int,
        purpose: str,
        encode: Encoder,
        dropped: Callable[[int], None],
        resolve: Callable[[str, int], Address] = resolve,
    ) -> None:
        self._host, self._port, self._purpose = host, port, purpose
        self._encode, self._dropped, self._resolve = encode, dropped, resolve
        self._changed = threading.Condition()
        self._frames: deque[tuple[float, Mapping[str, Value]]] = deque()
        self._lasting: dict[str, Value] = {}
        self._address: Address | None = None
        self._resolving, self._closed = False, False
        self._resolve_at, self._pause = 0.0, FIRST_RETRY_SECONDS
        self._failing, self._last_error = False, 0.0
        self._thread: threading.Thread | None = None

    def send_frame(self, values: Mapping[str, Value]) -> None:
        """Send values now or never: they are dropped, and counted, where the desk can't be reached."""
        with self._changed:
            self._frames.append((time.monotonic(), values))
            if len(self._frames) > MAX_WAITING:
                self._dropped(len(self._frames.popleft()[1]))
            self._wake()

    def send_lasting(self, values: Mapping[str, Value]) -> None:
        """Send values as soon as the desk can be reached; newer ones replace those that wait."""
        with self._changed:
            if replaced := len(self._lasting.keys() & values.keys()):
                self._dropped(replaced)
            self._lasting.update(values)
            self._wake()

    def close(self) -> None:
        """End the thread; what waits is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"desk-{self._purpose}", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        connected: tuple[Address, socket.socket] | None = None
        while (values := self._next()) is not None:
            address = self._address
            if address is None:
                continue
            try:
                if connected is None or connected[0] != address:
                    if connected is not None:
                        connected[1].close()
                    connected = address, _connected(address)
                for datagram in self._encode(values):
                    connected[1].send(datagram)
            except OSError as error:
                self._dropped(len(values))
                self._report(error)
            else:
                self._report(None)
        if connected is not None:
            connected[1].close()

    def _next(self) -> Mapping[str, Value] | None:
        """Return the next values, once the desk has an address; None when the sender is closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                while self._frames and now - self._frames[0][0] > MAX_AGE_SECONDS:
                    self._dropped(len(self._frames.popleft()[1]))
                waiting = bool(self._frames or self._lasting)
                if waiting and not self._resolving and now >= self._resolve_at:
                    self._resolving = True
                    threading.Thread(target=self._find, name=f"resolve-{self._purpose}", daemon=True).start()
                if waiting and self._address is not None:
                    if self._lasting:
                        values, self._lasting = self._lasting, {}
                        return values
                    return self._frames.popleft()[1]
                self._changed.wait(MAX_AGE_SECONDS / 4 if waiting else None)
        return None

    def _find(self) -> None:
        """Resolve the name once."""
        try:
            address, failure = self._resolve(self._host, self._port), None
        except (OSError, UnicodeError) as error:  # a name may be too long for IDNA
            address, failure = None, error
        with self._changed:
            self._resolving = False
            if address is not None:
                self._address, self._pause = address, FIRST_RETRY_SECONDS
                self._resolve_at = time.monotonic() + REFRESH_SECONDS
            else:
                self._resolve_at = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, MAX_RETRY_SECONDS)
            self._changed.notify_all()
        if failure is not None:
            self._report(failure)

    def _report(self, error: Exception | None) -> None:
        """Log the first of several errors, and that there are none any more."""
        now = time.monotonic()
        with self._changed:
            if error is None:
                recovered = self._failing and now - self._last_error > QUIET_SECONDS
                failed = False
                self._failing = self._failing and not recovered
            else:
                recovered, failed = False, not self._failing
                self._failing, self._last_error = True, now
                if self._address is not None:  # it may have moved
                    self._resolve_at = min(self._resolve_at, now + self._pause)
        if failed:
            log.warning("%s at %s can't be reached: %s", self._purpose, self._host, error)
        elif recovered:
            log.info("%s at %s are reached again", self._purpose, self._host)


def _connected(address: Address) -> socket.socket:
    """Return a connected UDP socket: the system then reports that the desk is off or the way to it is closed."""
    family, destination = address
    desk = socket.socket(family, socket.SOCK_DGRAM)
    desk.setblocking(False)
    if family == socket.AF_INET:
        desk.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        desk.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_HOPS)
    try:
        desk.connect(destination)
    except OSError:
        desk.close()
        raise
    return desk
