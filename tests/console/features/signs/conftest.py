"""A console with two signs, real Redis, and a writer that gives records back at once, without Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
import yaml
from pydantic import SecretStr

from console.server import build
from console.services import ConsoleServices
from schemas.signs import SignCommand, SignState
from schemas.topic import Topic
from stream.runtime.producer import NotDeliveredError
from stream.runtime.settings import Settings
from tests.console.conftest import console_of

TOKEN = "a token of this test"
VENUE = {
    "name": "Feria de Prueba",
    "zones": [{"id": "front", "title": "Explanada", "area_m2": 100, "capacity": 300, "exits": ["East", "West"]}],
    "signs": [
        {"id": "arch", "title": "Arco norte", "zone": "front", "place": "tras la puerta norte", "act": "automatic",
         "default": {"es": "Bienvenidos", "en": "Welcome"}, "arrows": ["left", "up-right"],
         "serves": [{"exit": "East", "arrow": "left"}]},
        {"id": "yard", "default": {"es": "Patio", "en": "Yard"}},
    ],
}  # fmt: skip


class SignsConsole:
    """A running console, and the records that it sent.

    Attributes:
        url: its address.
        records: what was written to Kafka.
        away: True while Kafka refuses records.
        caught_up: set while the console has read what Kafka held at its start.
    """

    def __init__(self, services: ConsoleServices) -> None:
        self._services = services
        self.url = ""
        self.records: list[msgspec.Struct] = []
        self.away = False
        self.caught_up = services.results.caught_up

    async def send(self, topic: Topic[Any], *, record: msgspec.Struct, **_: object) -> None:
        """Take a record, and apply it as if it came from Kafka."""
        if self.away:
            raise NotDeliveredError("away")
        self.records.append(record)
        self._services.results.apply(topic.name, msgspec.json.encode(record), round(time.time() * 1000))

    async def close(self) -> None:
        """Do nothing."""

    def commands(self) -> list[SignCommand]:
        """Return the commands that were written."""
        return [one for one in self.records if isinstance(one, SignCommand)]

    def states(self) -> list[SignState]:
        """Return the signs of life that were written."""
        return [one for one in self.records if isinstance(one, SignState)]

    def client(self) -> httpx.Client:
        """Return a client who is logged in, as a page is."""
        page = httpx.get(f"{self.url}/signs", timeout=30).text
        csrf = page.partition('"csrf":"')[2].partition('"')[0]
        return httpx.Client(base_url=self.url, headers={"X-Pulso-CSRF": csrf}, timeout=30)


@pytest.fixture
def signs_console(redis_url: str, tmp_path: Any) -> Iterator[SignsConsole]:
    """Return a console in this process, open as in the demo, with Redis and without Kafka."""
    venue = tmp_path / "venue.yaml"
    venue.write_text(yaml.safe_dump(VENUE, allow_unicode=True), encoding="utf-8")
    settings = Settings(venue=venue, kafka="127.0.0.1:1", redis=redis_url, sign_token=SecretStr(TOKEN))
    app = build(settings, open_demo=True)
    services: ConsoleServices = app.state.console
    console = SignsConsole(services)
    app.state.console = replace(services, writer=console)
    services.results.caught_up.set()
    with console_of(app) as console.url:
        yield console
