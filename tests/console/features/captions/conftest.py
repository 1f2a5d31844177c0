"""A console with a stage that has a speech feed, real Redis, and a writer that keeps records, without Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from console.services import ConsoleServices
from schemas.captions import CAPTIONS, CaptionLine
from schemas.ids import CaptionId, EventId, StageId
from schemas.topic import Topic
from tests.console.conftest import client_of_page, console_of, console_without_kafka

VENUE = {
    "name": "Feria de Prueba",
    "stages": [{"id": "main"}, {"id": "small"}],
    "captions": {"feeds": [{"stage": "main", "language": "es"}]},
}
START = datetime.now(UTC) - timedelta(minutes=10)


def caption_line(number: int, text: str, **more: Any) -> CaptionLine:
    """Return a line of the main stage, ten seconds after the one before."""
    begin = START + timedelta(seconds=10 * number)
    fields: dict[str, Any] = {
        "id": CaptionId(f"line-{number}"), "event_id": EventId(f"line-{number}"), "stage": StageId("main"),
        "begin": begin, "until": begin + timedelta(seconds=3), "time": begin + timedelta(seconds=4), "language": "es",
        "text": text, "translation": f"EN {text}", "model": "test",
    }  # fmt: skip
    return CaptionLine(**fields | more)


class CaptionsConsole:
    """A running console, and the records that it sent.

    Attributes:
        url: its address.
        records: what was written to Kafka.
    """

    def __init__(self, services: ConsoleServices) -> None:
        self._services = services
        self.url = ""
        self.records: list[msgspec.Struct] = []

    async def send(self, _topic: Topic[Any], *, record: msgspec.Struct, **_: object) -> None:
        """Take a record."""
        self.records.append(record)

    async def close(self) -> None:
        """Do nothing."""

    def show(self, line: CaptionLine) -> None:
        """Apply a line as if it came from Kafka."""
        self._services.results.apply(CAPTIONS.name, msgspec.json.encode(line), round(time.time() * 1000))

    def client(self) -> httpx.Client:
        """Return a client who is logged in, as a page is."""
        return client_of_page(self.url, "/captioning")


@pytest.fixture
def captions_console(redis_url: str, tmp_path: Path) -> Iterator[CaptionsConsole]:
    """Return a console in this process, open as in the demo, with Redis and without Kafka."""
    app = console_without_kafka(VENUE, tmp_path, redis_url)
    services: ConsoleServices = app.state.console
    console = CaptionsConsole(services)
    app.state.console = replace(services, writer=console)
    with console_of(app) as console.url:
        yield console
