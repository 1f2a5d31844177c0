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
from apprise import Apprise, NotifyBase
from msgspec.structs import replace
from pydantic import ValidationError
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from processors.alerts.notifications import plan_notifications
from schemas.alerts import Alert
from schemas.contacts import Contact, QuietHours
from schemas.venue import Venue
from stream.features import registry
from stream.features.alerts import notifier
from stream.features.alerts.notifier import Notifier
from stream.features.alerts.targets import single_targets
from stream.local.ports import Ports
from stream.local.redis import redis as redis_server
from stream.runtime.settings import Settings
from stream.stores import audit
from stream.stores.alert_store import AlertStore
from stream.stores.notification_queue import DUE, Delivery, NotificationQueue

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
        self.refusing: set[str] = set()
        self.refusing_topics: set[str] = set()
        self.on_message: Callable[[], None] = lambda: None
        self.on_body: Callable[[dict[str, Any]], None] = lambda _body: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                receiver.on_message()
                receiver.on_body(body)
                refuses = self.path.strip("/") in receiver.refusing or body.get("topic") in receiver.refusing_topics
                status = 503 if refuses else receiver.status
                if status == 200:
                    receiver.messages.append((self.path, body))
                else:
                    receiver.refused += 1
                self.send_response(status)
                self.end_headers()
                if status == 200:
                    self.wfile.write(b"{}")

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
async def test_who_was_told_and_who_is_next_can_be_read(url: str, receiver: Receiver, tmp_path: Path) -> None:
    slow = [VENUE.contacts[0].model_copy(update={"escalate_after_minutes": 5}), *VENUE.contacts[1:]]
    queue = NotificationQueue(AsyncRedis.from_url(url))
    receiver.status = 503
    async with run_notifier(url, VENUE.model_copy(update={"contacts": slow}), contacts(tmp_path, receiver, "duty")):
        await AlertStore(url).write(FIGHT, AT)
        await wait_until(lambda: receiver.refused)
        (failed,) = await wait_for_deliveries(queue, "failed")
        receiver.status = 200
        pending = {one.queued.notification.contact: one for one in await queue.pending()}
        minutes = (pending["chief"].due - datetime.now(UTC)).total_seconds() / 60
        (sent,) = await wait_for_deliveries(queue, "sent")
    assert (failed.contact, failed.reason, failed.target, failed.attempts) == ("duty", "raised", "json 1/1", 1)
    assert (sent.attempts, sent.target) == (2, "json 1/1"), "the outcome so far is replaced"
    assert pending["chief"].queued.notification.reason == "nobody" and 4.5 < minutes <= 5


@pytest.mark.stack
async def test_contact_without_address_is_reported(url: str, receiver: Receiver, tmp_path: Path) -> None:
    queue = NotificationQueue(AsyncRedis.from_url(url))
    async with run_notifier(url, VENUE, contacts(tmp_path, receiver, "chief")):
        await AlertStore(url).write(FIGHT, AT)
        (without,) = await wait_for_deliveries(queue, "no-address")
    assert (without.contact, without.target) == ("duty", "")


async def wait_for_deliveries(queue: NotificationQueue, outcome: str) -> list[Delivery]:
    for _ in range(400):
        found = (await queue.deliveries([FIGHT.id]))[FIGHT.id]
        if deliveries := [one for one in found if one.outcome == outcome]:
            return deliveries
        await asyncio.sleep(0.05)
    raise AssertionError("not after 20 s")


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


def audit_lines(url: str) -> list[str]:
    """Return what the audit log says of notifications, oldest first, without the attempts of retries."""
    entries: Any = Redis.from_url(url).xrange(audit.AUDIT)
    return [f"{fields[b'what'].decode()}: {fields[b'detail'].decode()}" for _, fields in entries]


def addresses(tmp_path: Path, *tagged: tuple[str, str]) -> Path:
    file = tmp_path / "contacts.yaml"
    file.write_text(json.dumps({"urls": [{address: [{"tag": name}]} for address, name in tagged]}), encoding="utf-8")
    return file


ANA = Venue(name="Aquí", contacts=[Contact(id="ana", audience=["security"])])


@pytest.mark.stack
async def test_each_address_at_one_service_is_tried_until_it_is_reached(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (0.2, 1.0))
    file = addresses(tmp_path, *((f"{receiver.address}/{path}", "ana") for path in ("phone", "radio", "desk")))
    receiver.refusing = {"radio"}
    async with run_notifier(url, ANA, file):
        await AlertStore(url).write(FIGHT, AT)
        await wait_until(lambda: receiver.refused >= 3)
        assert len(receiver.titles_sent_to("phone")) == len(receiver.titles_sent_to("desk")) == 1
        assert not [line for line in audit_lines(url) if "sent: ana raised 1 json 2/3" in line]
        receiver.refusing = set()
        await wait_until(lambda: receiver.titles_sent_to("radio"))
        await wait_until(lambda: Redis.from_url(url).zcard(DUE) == 0)
        await asyncio.sleep(1.2)
    assert [len(receiver.titles_sent_to(one)) for one in ("phone", "radio", "desk")] == [1, 1, 1]
    lines = audit_lines(url)
    assert sorted(line for line in lines if "raised 1 " in line) == [
        "notification-failed: ana raised 1 json 2/3",
        "notification-sent: ana raised 1 json 1/3",
        "notification-sent: ana raised 1 json 3/3",
    ]
    assert [line.startswith("notification-sent: ana raised") for line in lines if "2/3" in line] == [False, True]
    assert "127.0.0.1" not in "".join(lines)


@pytest.mark.stack
async def test_one_address_with_two_topics_is_two_targets(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (0.2, 1.0))
    topics: list[str] = []
    receiver.on_body = lambda body: topics.append(body["topic"])
    receiver.refusing_topics = {"second"}
    address = receiver.address.replace("json://", "ntfy://") + "/first/second?mode=private"
    async with run_notifier(url, ANA, addresses(tmp_path, (address, "ana"))):
        await AlertStore(url).write(FIGHT, AT)
        await wait_until(lambda: topics.count("second") >= 3)
        receiver.refusing_topics = set()
        await wait_until(lambda: Redis.from_url(url).zcard(DUE) == 0 and topics.count("second") >= 4)
        await asyncio.sleep(1)
    assert topics.count("first") == 1
    assert sum(line.startswith("notification-sent") for line in audit_lines(url)) == 2


@pytest.mark.stack
async def test_address_that_was_corrected_gets_what_the_wrong_one_missed(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "RETRY_SECONDS", (0.2, 1.0))
    receiver.refusing = {"wrong"}
    good, wrong = (f"{receiver.address}/good", "ana"), (f"{receiver.address}/wrong", "ana")
    async with run_notifier(url, ANA, addresses(tmp_path, good, wrong)):
        await AlertStore(url).write(FIGHT, AT)
        await wait_until(lambda: receiver.refused and receiver.titles_sent_to("good"))
    async with run_notifier(url, ANA, addresses(tmp_path, good, (f"{receiver.address}/right", "ana"))):
        await wait_until(lambda: receiver.titles_sent_to("right"))
        await wait_until(lambda: Redis.from_url(url).zcard(DUE) == 0)
    assert [len(receiver.titles_sent_to(one)) for one in ("good", "right", "wrong")] == [1, 1, 0]


@pytest.mark.stack
async def test_chain_of_escalation_goes_to_its_end(url: str, receiver: Receiver, tmp_path: Path) -> None:
    chain = Venue(
        name="Aquí",
        contacts=[
            Contact(id="duty", audience=["security"], escalate_to=["chief"], escalate_after_minutes=0.01),
            Contact(id="chief", escalate_to=["director"], escalate_after_minutes=0.02),
            Contact(id="director"),
        ],
    )
    file = contacts(tmp_path, receiver, "duty", "chief", "director")
    async with run_notifier(url, chain, file), run_notifier(url, chain, file):
        await AlertStore(url).write(FIGHT, AT)
        await wait_until(lambda: receiver.titles_sent_to("director"))
        await wait_until(lambda: Redis.from_url(url).zcard(DUE) == 0)
    assert [path.strip("/") for path, _ in receiver.messages] == ["duty", "chief", "director"]


@pytest.mark.stack
async def test_notification_says_that_the_source_is_silent_since(url: str, receiver: Receiver, tmp_path: Path) -> None:
    store = AlertStore(url)
    async with run_notifier(url, VENUE, contacts(tmp_path, receiver, "duty", "chief")):
        await store.write(replace(FIGHT, origin="camera/c"), AT)
        await wait_until(lambda: receiver.titles_sent_to("duty"))
        await store.write(replace(FIGHT, version=2, state="updated", origin="camera/c", blind_since=AT), AT)
        await wait_until(lambda: receiver.titles_sent_to("chief"))
    texts = {path.strip("/"): body["message"] for path, body in receiver.messages}
    assert "camera/c" not in texts["duty"]
    assert "Not known any more: camera/c has been silent since 00:00:00." in texts["chief"]


def test_each_contact_of_a_chain_is_planned_once_at_the_earliest_time() -> None:
    venue = Venue(
        name="Aquí",
        contacts=[
            Contact(id="duty", audience=["security"], escalate_to=["chief", "deputy"], escalate_after_minutes=5),
            Contact(id="deputy", escalate_to=["director"], escalate_after_minutes=1),
            Contact(id="chief", escalate_to=["director", "owner"], escalate_after_minutes=10),
            Contact(id="director", escalate_to=["owner"], escalate_after_minutes=2),
            Contact(id="owner"),
        ],
    )
    planned = {(one.contact, one.reason): (one.due - AT).seconds / 60 for one in plan_notifications(FIGHT, AT, venue)}
    assert planned == {
        ("duty", "raised"): 0, ("chief", "nobody"): 5, ("deputy", "nobody"): 5, ("director", "nobody"): 6,
        ("owner", "nobody"): 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    "links", [{"a": ["b"], "b": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["a"]}, {"d": ["a"], "a": ["b"], "b": ["a"]}]
)
def test_chain_that_goes_round_is_refused(links: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError, match="escalate_to goes round in a circle, a → b"):
        Venue.model_validate({"name": "v", "contacts": [{"id": one, "escalate_to": to} for one, to in links.items()]
                              + [{"id": one} for one in {"a", "b", "c", "d"} - links.keys()]})  # fmt: skip


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("ntfy://host/one/two/three", 3),
        ("mailto://user:pass@example.com?to=a@example.org,b@example.org", 2),
        ("tgram://123456789:abcdefg_hijklmnop/111/222", 2),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a/#b", 2),
        ("json://host/a", 1),
    ],
)
def test_address_is_taken_apart_into_its_targets(address: str, number: int) -> None:
    service = Apprise.instantiate(address)
    assert isinstance(service, NotifyBase)
    singles = single_targets(service)
    assert [len(single) for single in singles] == [1] * number
    assert len({single.url(privacy=False) for single in singles}) == number


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
