"""Redis on loopback, with its data on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from redis import Redis

from stream.local.child import Child, missing_program
from stream.local.ports import Ports


def redis(data: Path, ports: Ports) -> Child:
    """Return a server whose append-only file is in `data`/redis.

    Raises:
        ChildError: The program is missing.
    """
    server = shutil.which("redis-server")
    if server is None:
        raise missing_program("Redis", "redis-server", "PULSO_REDIS")
    folder = data / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    port = ports.get("redis", 6379)
    client = Redis(port=port, socket_timeout=5, socket_connect_timeout=5)
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": folder,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }
    command = [server, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]

    def healthy() -> bool:
        # Another server may have taken the port meanwhile; only this one has this folder.
        configured: Any = client.config_get("dir")
        return configured == {"dir": os.fsencode(folder).decode("utf-8", "replace")} and bool(client.ping())

    return Child(name="redis", command=command, log=data / "logs" / "redis.log", healthy=healthy)
