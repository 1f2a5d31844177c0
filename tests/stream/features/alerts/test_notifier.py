"""Notifier with real HTTP receivers and a real Redis: delivery, escalation, failures, restarts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from processors.alerts.notifications import plan_notifications
from schemas.alerts import Alert
from schemas.contacts import Contact, QuietHours
from schemas.venue import Venue
from stream.features import registry
from stream.features.alerts import notifier
from stream.features.alerts.notifier import Notifier
from stream.local.ports import Ports
from stream.local.redis import redis as redis_server
from stream.runtime.settings import Settings
from stream.stores.alert_store import AlertStore
from stream.stores.notification_queue import DUE

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
FIGHT = Alert(
    id="violence/c@1", key="violence/c", version=1, rule="violence", subject="c", state="raised", severity="critical",
    audience=("security", "production"), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
    text={"es": "Posible pelea", "en": "Possible fight"},
)  # fmt: skip


class Receiver:
    """A chat service that accepts messages over HTTP, or answers with an error."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.refused = 0
        self.status = 200
        self.on_message: Callable[[], None] = lambda: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                receiver.on_message()
                if receiver.status == 200:
                    receiver.messages.append((self.path, body))
                else:
                    receiver.refused += 1
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}"

    def titles_sent_to(self, contact: str) -> list[str]:
        """Return the titles of the messages that a contact has received."""
        return [body["title"] for path, body in self.messages if path.strip("/") == contact]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    chat = Receiver()
    yield chat
    chat.server.shutdown()


@pytest.fixture
def url(redis_url: str) -> str:
    Redis.from_url(redis_url).flushall()
    return redis_url


def contacts(tmp_path: Path, receiver: Receiver, *names: str) -> Path:
    """Write an Apprise file with one address for each name."""
    urls = [{f"{receiver.address}/{name}": [{"tag": name}]} for name in names]
    file = tmp_path / "contacts.yaml"
    file.write_text(json.dumps({"urls": urls}), encoding="utf-8")
    return file


@asynccontextmanager
async def run_notifier(url: str, venue: Venue, file: Path) -> AsyncIterator[None]:
    task = asyncio.create_task(Notifier(Settings(redis=url, contacts=file), venue, registry.message_catalog()).run())
    try:
        await asyncio.sleep(0.7)  # first read of the streams
        yield
    finally:
        while not task.done():  # a client that loses its server at this moment may swallow a cancellation
            task.cancel()
            await asyncio.wait([task], timeout=1)


async def wait_until(condition: Callable[[], Any]) -> Any:
    for _ in range(400):
        if result := condition():
            return result
        await asyncio.sleep(0.05)
    raise AssertionError("not after 20 s")


VENUE = Venue(
    name="Aquí",
    contacts=[
        Contact(id="duty", audience=["security"], escalate_to=["chief"], escalate_after_minutes=0.03),
        Contact(id="bars", audience=["bar"], at_least="low"),
        Contact(id="chief", language="en"),
    ],
)


@pytest.mark.stack
async def test_alert_is_sent_once_and_then_escalated(url: str, receiver: Receiver, tmp_path: Path) -> None:
    store = AlertStore(url)
    file = contacts(tmp_path, receiver, "duty", "bars", "chief")
    async with run_notifier(url, VENUE, file), run_notifier(url, VENUE, file):  # two workers share the queue
        await store.write(FIGHT, AT)
        await wait_until(lambda: receiver.titles_sent_to("chief"))
        await asyncio.sleep(1.5)
    assert receiver.titles_sent_to("duty") == ["Aquí: alerta crítica"], "once, despite two audiences and two workers"
    assert receiver.titles_sent_to("chief") == ["Aquí: critical alert NOBODY HAS TAKEN"]
    assert receiver.titles_sent_to("bars") == []
    assert "Posible pelea" in next(body["message"] for path, body in receiver.messages if path == "/duty")
    assert Redis.from_url(url).zcard(DUE) == 0


@pytest.mark.stack
async def test_acknowledged_alert_is_not_escalated(url: str, receiver: Receiver, tmp_path: Path) -> None:
    store = AlertStore(url)
    async with run_notifier(url, VENUE, contacts(tmp_path, receiver, "duty", "chief")):
        await store.write(FIGHT, AT)
        await store.write(replace(FIGHT, version=2, state="acknowledged", acknowledged_by="sara"), AT)
        await wait_until(lambda: receiver.titles_sent_to("duty"))
        await asyncio.sleep(3)
    assert receiver.titles_sent_to("chief") == []


@pytest.mark.stack
async def test_failing_chat_service_is_retried(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (0.2, 1.0))
    store = AlertStore(url)
    receiver.status = 503
    file = contacts(tmp_path, receiver, "duty")
    async with run_notifier(url, VENUE, file):
        await store.write(FIGHT, AT)
        await wait_until(lambda: receiver.refused >= 2)
    receiver.status = 200
    async with run_notifier(url, VENUE, file):  # after a restart of the worker
        await wait_until(lambda: receiver.titles_sent_to("duty"))
        await asyncio.sleep(1.5)
    assert receiver.titles_sent_to("duty") == ["Aquí: alerta crítica"]


@pytest.mark.stack
async def test_restart_neither_loses_nor_repeats_notifications(url: str, receiver: Receiver, tmp_path: Path) -> None:
    store = AlertStore(url)
    file = contacts(tmp_path, receiver, "duty")
    venue = Venue(name="Aquí", contacts=[Contact(id="duty", audience=["security"])])
    async with run_notifier(url, venue, file):
        await store.write(FIGHT, AT)
        await wait_until(lambda: receiver.titles_sent_to("duty"))
    second = replace(FIGHT, id="violence/d@1", key="violence/d", text={"es": "Otra"})
    await store.write(second, AT)  # while no worker runs
    async with run_notifier(url, venue, file):
        await wait_until(lambda: len(receiver.titles_sent_to("duty")) == 2)
        await asyncio.sleep(1)
    texts = [body["message"].splitlines()[0] for _, body in receiver.messages]
    assert texts == ["Posible pelea", "Otra"]


@pytest.mark.stack
async def test_notification_is_not_repeated_when_redis_fails(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "CLAIM_SECONDS", 1.0)
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (2.0, 2.0))
    ports = Ports(tmp_path / "ports.json")
    child = redis_server(tmp_path, ports)
    child.start()
    child.wait_healthy()
    url = f"redis://127.0.0.1:{ports.assigned('redis')}/0"
    try:
        venue = Venue(name="v", contacts=[Contact(id="ana", audience=["security"])])
        async with run_notifier(url, venue, contacts(tmp_path, receiver, "ana")):
            await AlertStore(url).write(FIGHT, AT)
            receiver.on_message = child.kill
            await wait_until(lambda: receiver.titles_sent_to("ana"))
            receiver.on_message = lambda: None
            await asyncio.sleep(1.5)
            child.start()
            client = Redis.from_url(url)
            await wait_until(lambda: child.is_healthy() and not client.zcard(DUE))
            await asyncio.sleep(3)
    finally:
        child.stop()
    assert len(receiver.titles_sent_to("ana")) == 1


@pytest.mark.stack
async def test_cleared_alert_is_not_sent(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (0.2, 1.0))
    store = AlertStore(url)
    receiver.status = 500
    async with run_notifier(url, VENUE, contacts(tmp_path, receiver, "duty", "chief")):
        await store.write(FIGHT, AT)
        await wait_until(lambda: receiver.refused)
        await store.write(replace(FIGHT, version=2, state="resolved"), AT)
        receiver.status = 200
        await wait_until(lambda: Redis.from_url(url).zcard(DUE) == 0)
    assert receiver.messages == []


def test_quiet_hours_postpone_less_severe_alerts() -> None:
    quiet = QuietHours(begin="03:00", end="09:00")
    venue = Venue(name="Aquí", contacts=[Contact(id="duty", audience=["security"], at_least="medium", quiet=quiet)])
    night = datetime(2026, 7, 5, 2, 0, tzinfo=UTC)  # four o'clock in Madrid
    (notification,) = plan_notifications(FIGHT, night, venue)
    assert notification.due == night, "critical"
    (notification,) = plan_notifications(replace(FIGHT, severity="high"), night, venue)
    assert notification.due == night + timedelta(hours=5)
    assert plan_notifications(replace(FIGHT, severity="low"), night, venue) == []
    assert plan_notifications(replace(FIGHT, state="updated"), night, venue) == []
