"""Ports of local servers: the ports of last time where they are still free."""

from __future__ import annotations

import json
import random
from pathlib import Path

from stream.runtime.addresses import is_free
from stream.runtime.atomic_file import replace_file

EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")

MIN_PORT = 10_000
"""Lowest port that is assigned; well-known servers listen below it."""


def server_ports() -> list[int]:
    """Return the ports outside the ephemeral range of the kernel; all ports where nothing is outside.

    A client that connects to a stopped server may be given that server's port as its own: it is then connected to
    itself, and the server can't start again.
    """
    try:
        first, last = map(int, EPHEMERAL_RANGE.read_text(encoding="ascii").split())
    except OSError:  # not Linux; the range of IANA
        first, last = 49_152, 65_535
    ports = range(MIN_PORT, 65_536)
    return [port for port in ports if not first <= port <= last] or list(ports)


class Ports:
    """Ports by name, stored in a file so that clients find a restarted server again.

    Args:
        file: JSON file of the ports.
        prefer_default: take each server's default port where it is free, as people expect. Stacks that run for minutes
            take any port: two that start together would choose the same one.
        bind: address that the servers listen on beside loopback.
    """

    def __init__(self, file: Path, *, prefer_default: bool = False, bind: str = "127.0.0.1") -> None:
        self._file = file
        self._hosts = tuple(dict.fromkeys(("127.0.0.1", bind)))
        self._use_default = prefer_default
        try:
            self._known: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self._known = {}

    def get(self, name: str, default: int = 0) -> int:
        """Return the stored port, else the default one, else any free one of `server_ports`, and store it."""
        for port in (self._known.get(name, 0), default if self._use_default else 0):
            if port and self._is_free(port) and port not in self._others(name):
                return self._store(name, port)
        ports = server_ports()
        random.shuffle(ports)  # two stacks that start together should choose different ones
        others = self._others(name)
        return self._store(name, next(port for port in ports if port not in others and self._is_free(port)))

    def assigned(self, name: str) -> int:
        """Return the port that `get` returned for this name before, whether or not it is free now.

        Raises:
            KeyError: `get` was not called with this name.
        """
        return self._known[name]

    def _is_free(self, port: int) -> bool:
        return all(is_free(port, host) for host in self._hosts)

    def _others(self, name: str) -> set[int]:
        return {port for other, port in self._known.items() if other != name}

    def _store(self, name: str, port: int) -> int:
        self._known[name] = port
        replace_file(self._file, json.dumps(self._known))
        return port
