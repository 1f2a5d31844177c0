"""The local stack: servers, workers, console and sources, started in order, supervised and stopped together."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stream.features import registry
from stream.local.child import Child
from stream.local.kafka import kafka
from stream.local.ports import Ports
from stream.local.prometheus import prometheus
from stream.local.redis import redis
from stream.runtime.addresses import check_bind, direct_connections, local_host
from stream.runtime.atomic_file import replace_file
from stream.runtime.console_certificate import check_certificate
from stream.runtime.local_http import get_local
from stream.runtime.settings import Settings
from stream.runtime.topics import ensure_topics

log = logging.getLogger(__name__)

Progress = Callable[[str], None]

_RESTART_SECONDS = (0.5, 10.0)
"""First and longest pause before a child that ended by itself is started again."""

_RETRY_RESET_SECONDS = 60.0
"""Run time after which the pauses begin with the first again."""


class LocalStack:
    """Servers, workers, console and sources as child processes.

    A server that PULSO_KAFKA, PULSO_REDIS or PULSO_PROMETHEUS names is used, and neither started nor stopped.

    Args:
        data: data folder.
        venue: venue file; that of the settings if left out.
        workers: workers to start.
        with_prometheus: start Prometheus.
        with_console: start the console.
        with_sources: start the sources that the venue file names.
        scrape_seconds: interval of Prometheus's scrapes.
        default_ports: listen on the servers' default ports where they are free.
        open_demo: the console requires no login, and listens on loopback only.
        environment: further variables of workers, console and sources.
        direct_hosts: hosts that workers, console and sources reach without the proxies of the environment.
        progress: called with a line of text at each step of the start.

    Attributes:
        data: data folder.
        endpoints: addresses of Kafka, Redis, Prometheus and the console.
    """

    def __init__(
        self,
        data: Path,
        *,
        venue: Path | None = None,
        workers: Sequence[str] | None = None,
        with_prometheus: bool = True,
        with_console: bool = True,
        with_sources: bool = False,
        scrape_seconds: int = 5,
        default_ports: bool = False,
        open_demo: bool = False,
        environment: Mapping[str, str] | None = None,
        direct_hosts: Sequence[str] = (),
        progress: Progress = lambda _text: None,
    ) -> None:
        given = Settings()
        self.data = data.resolve()
        self.endpoints: dict[str, str] = {}
        self._given = given
        self._venue = (venue or given.venue).resolve()
        self._workers = registry.workers() if workers is None else tuple(workers)
        self._with = {"prometheus": with_prometheus, "console": with_console, "sources": with_sources}
        self._scrape_seconds = scrape_seconds
        self._environment = dict(environment or {})
        self._direct = direct_connections(os.environ, direct_hosts)
        self._open_demo = open_demo
        self._progress = progress
        self._ports = Ports(self.data / "ports.json", prefer_default=default_ports, bind=given.bind)
        self._host = local_host(given.bind)
        self._children: dict[str, Child] = {}
        self._unwatched: set[str] = set()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def settings(self) -> Settings:
        """Settings of a client of this stack in the same process."""
        return self._given.model_copy(update={"data": self.data, "venue": self._venue, **self.endpoints})

    @property
    def children(self) -> Mapping[str, Child]:
        """Child processes by name."""
        return self._children

    def __enter__(self) -> LocalStack:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until all of it is healthy.

        Raises:
            AddressError: No server can listen on PULSO_BIND.
            CertificateError: The console's certificate can't be used.
            ChildError: A child did not start; the message ends with the end of its log.
        """
        check_bind(self._given.bind)
        if self._with["console"]:
            check_certificate(self._given)
        self.data.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        scraped = [*self._workers, *(["sources"] if self._with["sources"] else [])]
        targets = {name: self._ports.get(f"metrics-{name}") for name in scraped}
        self._start_servers(targets)
        self._progress("topics")
        ensure_topics(self.settings, timeout_s=60)
        for name in self._workers:
            self._add(self._worker(name, targets[name])).start()
        if self._with["console"]:
            self._add(self._console()).start()
        if self._with["sources"]:
            self._add(self._sources(targets["sources"])).start()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        for name, child in self._children.items():
            self._progress(f"{name} …")
            child.wait_healthy(self._progress)
        self._watcher.start()
        self._progress(f"ready after {time.monotonic() - began:.0f} s")

    def _start_servers(self, targets: Mapping[str, int]) -> None:
        if self._given.kafka is None:
            self._progress("kafka …")
            self._add(kafka(self.data, self._ports)).start()
            self.endpoints["kafka"] = f"127.0.0.1:{self._ports.assigned('kafka')}"
        else:
            self.endpoints["kafka"] = self._given.kafka
        if self._given.redis is None:
            self._add(redis(self.data, self._ports)).start()
            self.endpoints["redis"] = f"redis://127.0.0.1:{self._ports.assigned('redis')}/0"
        else:
            self.endpoints["redis"] = self._given.redis
        if self._given.prometheus is not None:
            self.endpoints["prometheus"] = self._given.prometheus
        elif self._with["prometheus"]:
            server = prometheus(self.data, self._ports, targets, host=self._host, scrape_seconds=self._scrape_seconds)
            self._add(server).start()
            self.endpoints["prometheus"] = f"http://127.0.0.1:{self._ports.assigned('prometheus')}"
        for child in self._children.values():
            child.wait_healthy(self._progress)

    def _add(self, child: Child) -> Child:
        self._children[child.name] = child
        return child

    def _python(self, name: str, arguments: Sequence[str], healthy: Callable[[], bool]) -> Child:
        return Child(
            name=name,
            command=[sys.executable, *arguments],
            log=self.data / "logs" / f"{name}.log",
            healthy=healthy,
            environment={
                **{f"PULSO_{key.upper()}": value for key, value in self.endpoints.items()},
                "PULSO_DATA": str(self.data),
                "PULSO_VENUE": str(self._venue),
                "PYTHONUNBUFFERED": "1",
                "PYTHONUTF8": "1",  # names of files, whatever the locale
                **self._direct,
                **self._environment,
            },
        )

    def join(self, worker: str, *, wait: bool = True) -> str:
        """Start one more process of a worker, which shares its partitions; return the name of the child."""
        name = f"{worker}-{1 + sum(name.split('-')[0] == worker for name in self._children)}"
        child = self._add(self._worker(worker, self._ports.get(f"metrics-{name}"), name))
        child.start()
        if wait:
            child.wait_healthy()
        return name

    def _worker(self, name: str, port: int, child: str | None = None) -> Child:
        ready = f'pulso_worker_ready{{worker="{name}"}} 1.0'
        return self._python(
            child or name,
            ["-m", "stream.commands.cli", "worker", name, "--metrics-port", str(port)],
            lambda: ready in get_local(f"http://{self._host}:{port}/metrics", timeout=10).text,
        )

    def _console(self) -> Child:
        port = self._ports.get("console", 8080)
        scheme = "https" if self._given.console_certificate else "http"
        host = "127.0.0.1" if self._open_demo else self._host
        url = self.endpoints["console"] = f"{scheme}://{host}:{port}"
        return self._python(
            "console",
            ["-m", "console", "--port", str(port), *(["--open-demo"] if self._open_demo else [])],
            lambda: get_local(f"{url}/healthz", timeout=10).is_success,
        )

    def _sources(self, port: int) -> Child:
        return self._python(
            "sources",
            ["-m", "stream.commands.cli", "sources", "--metrics-port", str(port)],
            lambda: get_local(f"http://{self._host}:{port}/metrics", timeout=10).is_success,
        )

    def _watch(self) -> None:
        """Restart children that ended by themselves, after a pause that doubles each time."""
        first, longest = _RESTART_SECONDS
        pauses: dict[str, float] = {}
        due: dict[str, float] = {}
        while not self._stopping.wait(0.25):
            for name, child in list(self._children.items()):
                if child.pid is not None or name in self._unwatched:
                    due.pop(name, None)
                    continue
                now = time.monotonic()
                if name not in due:
                    pause = first if now - child.started > _RETRY_RESET_SECONDS else pauses.get(name, first)
                    pauses[name] = min(pause * 2, longest)
                    due[name] = now + pause
                    log.warning("%s ended and is started again in %.1f s; see %s", name, pause, child.log)
                elif now >= due[name]:
                    due.pop(name)
                    try:
                        child.start()
                    except OSError as error:  # such as a full disk: this thread must go on
                        log.error("%s can't be started: %s", name, error)  # noqa: TRY400 - the reason is enough

    def kill(self, name: str) -> None:
        """End a child with SIGKILL, to simulate a crash; `restart` starts it again."""
        self._unwatched.add(name)
        self._children[name].kill()

    def halt(self, name: str) -> None:
        """Stop a child with SIGTERM; `restart` starts it again."""
        self._unwatched.add(name)
        self._children[name].stop()

    def restart(self, name: str, *, wait: bool = True) -> None:
        """Start a child that was ended by `kill` or `halt`."""
        self._children[name].start()
        if wait:
            self._children[name].wait_healthy()
        self._unwatched.discard(name)

    def stop(self) -> None:
        """Stop everything, the servers last."""
        self._stopping.set()
        if self._watcher is not None and self._watcher.is_alive():
            self._watcher.join(timeout=5)
        order = list(reversed(self._children.values()))
        servers = [child for child in order if child.name in ("kafka", "redis", "prometheus")]
        for group in ([child for child in order if child not in servers], servers):
            threads = [threading.Thread(target=child.stop) for child in group]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def describe(self) -> dict[str, Any]:
        """Return the content of stack.json."""
        return {
            "pid": os.getpid(),
            "venue": str(self._venue),
            "bind": self._given.bind,
            "endpoints": self.endpoints,
            "sent_to": self._ingest_urls() if "sources" in self._children else {},
            "children": {
                name: {"pid": child.pid, "starts": child.starts, "log": str(child.log)}
                for name, child in self._children.items()
            },
        }

    def _ingest_urls(self) -> dict[str, str]:
        """Return the URLs that tills and senders of posts send to, as the running sources announced them."""
        urls = {}
        for kind in ("tills", "posts"):
            with suppress(OSError, ValueError, KeyError):
                announced = json.loads((self.data / f"{kind}.json").read_text(encoding="utf-8"))
                urls[kind] = str(announced["url"])
        return urls

    def write_stack_file(self) -> None:
        """Write stack.json, which tells other commands the addresses; replaces the file in one step."""
        replace_file(self.settings.stack_file, json.dumps(self.describe(), indent=2))
