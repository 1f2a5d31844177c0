"""Free ports, the same ones as last time where they are still free."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")

LOWEST = 10_000
"""below it well-known servers listen"""


def server_ports() -> list[int]:
    """Ports that the kernel gives to no client; all where it may give any.

    A client that calls a server that is away may be given that server's own port: it then talks to itself, and the
    server can't start again.
    """
    try:
        first, last = map(int, CLIENTS.read_text(encoding="ascii").split())
    except OSError:  # not Linux; these are the usual ones
        first, last = 49_152, 65_535
    every = range(LOWEST, 65_536)
    return [port for port in every if not first <= port <= last] or list(every)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Ports:
    """Ports by name, remembered in the data folder so that clients find a restarted server again.

    Args:
        usual: take each server's usual port where it is free, as people expect. Stacks that live for minutes take
            any: two that start together would choose the same one.
    """

    def __init__(self, file: Path, *, usual: bool = False) -> None:
        self._file = file
        self._usual = usual
        try:
            self._known: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self._known = {}

    def get(self, name: str, usual: int = 0) -> int:
        """The remembered port, else the usual one, else any that is free and that no client is given."""
        for port in (self._known.get(name, 0), usual if self._usual else 0):
            if port and is_free(port) and port not in self._others(name):
                return self._remember(name, port)
        ports = server_ports()
        random.shuffle(ports)  # two stacks that start together should not choose the same ones
        others = self._others(name)
        return self._remember(name, next(port for port in ports if port not in others and is_free(port)))

    def assigned(self, name: str) -> int:
        """The port that `get` gave, whether or not a server listens on it by now."""
        return self._known[name]

    def _others(self, name: str) -> set[int]:
        return {port for other, port in self._known.items() if other != name}

    def _remember(self, name: str, port: int) -> int:
        self._known[name] = port
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._known), encoding="utf-8")
        return port
