"""A console with two signs, real Redis, and a writer that gives records back at once, without Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from console.services import ConsoleServices
from schemas.signs import SignCommand, SignState
from schemas.topic import Topic
from stream.runtime.producer import NotDeliveredError
from tests.console.conftest import client_of_page, console_of, console_without_kafka

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
        return client_of_page(self.url, "/signs")


@pytest.fixture
def signs_console(redis_url: str, tmp_path: Any) -> Iterator[SignsConsole]:
    """Return a console in this process, open as in the demo, with Redis and without Kafka."""
    app = console_without_kafka(VENUE, tmp_path, redis_url, sign_token=SecretStr(TOKEN))
    services: ConsoleServices = app.state.console
    console = SignsConsole(services)
    app.state.console = replace(services, writer=console)
    with console_of(app) as console.url:
        yield console
