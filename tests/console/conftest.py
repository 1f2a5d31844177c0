"""A console on a real Kafka and Redis, with the alerts worker; and Debian's Chromium to open its pages."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import msgspec
import numpy
import pytest
import uvicorn
import yaml
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from console.server import build
from schemas.alerts import ACTIONS, OBSERVATIONS, Alert, AlertAction, Observation
from schemas.bars import DEMAND, DemandForecast, HorizonDemand, ProductDemand
from schemas.cameras import FRAMES
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.music import TAGS, MusicTags
from schemas.support import TRIAGE, Reason, Suggestion, SupportTriage
from schemas.support import MailTopic as Subject
from stream.features import registry
from stream.local import LocalStack
from stream.runtime.addresses import listening_socket
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.stores.accounts import AccountStore
from stream.stores.alert_store import OPEN

PASSWORD = "long enough to type"
ACCOUNTS: dict[str, tuple[list[str], list[str]]] = {
    "sara": (["security"], []),
    "sol": (["security"], []),
    "bea": (["bar"], ["north"]),
    "sue": (["support"], []),
    "pau": (["production"], []),
    "ada": (["admin"], []),
    "eva": (["production"], []),  # may confirm a show stop in the demo's venue file
    "screen": (["wall"], []),
}
CHROMIUM = shutil.which("chromium")
BROWSER_TIMEOUT_MS = 20_000
"""Timeout in milliseconds that only ends tests that hang; no test measures speed."""


class ConsoleStack:
    """A running stack with a console, and functions that send events to it."""

    def __init__(self, stack: LocalStack, producer: EventProducer) -> None:
        self.stack = stack
        self.url = stack.endpoints["console"]
        self.redis = Redis.from_url(stack.settings.redis_url())
        self._producer = producer
        self._number = 0

    def send_observation(
        self, rule: str, subject: str, value: float, es: str, en: str, *, at: datetime | None = None, **more: Any
    ) -> str:
        """Send a value twice, the rule's on-delay apart in event time, and return the alert key.

        Without a time, each alert is hours away from the others.
        """
        key = f"{rule}/{subject}"
        self._number += 1
        start = at or datetime.now(UTC) - timedelta(days=20) + timedelta(hours=self._number)
        on_delay = registry.rules_by_name()[rule].defaults.on_delay_seconds
        for number, offset in enumerate((0.0, max(1.0, on_delay))):
            observation = Observation(
                id=f"{key}-{self._number}-{number}", key=key, rule=rule, subject=subject,
                time=start + timedelta(seconds=offset), value=value, text={"es": es, "en": en}, **more,
            )  # fmt: skip
            self._send(OBSERVATIONS, key, observation, observation.id)
        return key

    def open_alert(self, key: str) -> Alert | None:
        """Return the open alert of a key."""
        row: Any = self.redis.hget(OPEN, key)
        return msgspec.json.decode(row, type=Alert) if row else None

    def resolve_all(self) -> None:
        """Resolve what other tests left open, for pages that show the worst alerts of all."""
        rows: Any = self.redis.hvals(OPEN)
        alerts = [msgspec.json.decode(row, type=Alert) for row in rows]
        with self.alert_actions("sara") as act:
            for alert in alerts:
                act(alert, "resolve")
        for alert in alerts:
            wait_until(lambda key=alert.key: self.open_alert(key) is None)

    def raise_alert(self, rule: str, subject: str, value: float, es: str, en: str, **more: Any) -> Alert:
        """Raise an alert and return it once it is in Redis."""
        key = self.send_observation(rule, subject, value, es, en, **more)
        return wait_until(lambda: self.open_alert(key))

    @contextmanager
    def alert_actions(self, name: str) -> Iterator[Callable[[Alert, str], None]]:
        """Yield a function that sends alert actions without the console, as the command line does."""

        def act(alert: Alert, kind: Any) -> None:
            action = AlertAction(id=uuid.uuid4().hex, key=alert.key, action=kind, by=name, time=datetime.now(UTC))
            self._send(ACTIONS, alert.key, action, action.id)

        yield act
        self._producer.flush()

    def send_frame(self, camera: str, grey: int) -> None:
        """Send a camera frame of one grey level."""
        _, jpeg = cv2.imencode(".jpg", numpy.full((360, 640, 3), grey, numpy.uint8))
        now = datetime.now(UTC)
        self._number += 1
        name = f"frame-{self._number}"
        self._producer.send(FRAMES, key=camera, value=jpeg.tobytes(), id=name, source="test", time=now)
        self._producer.flush()

    def send_mail(
        self, name: str, summary: str, *, topic: str, facts: Any = None, cluster: str | None = None, size: int = 2
    ) -> None:
        """Send a triaged mail, with the suggestion of its topic's approved answer."""
        order = (facts or {}).get("order", ("",))[0]
        suggestion = Suggestion(
            answer=topic, text=f"Hemos abierto la solicitud del pedido {order}.", confidence=0.9,
            why=f"topic '{topic}' with confidence 0.90",
            reasons=(
                Reason(kind="topic", name=topic, value="0.90"),
                *((Reason(kind="fact", name="order", value=order),) if order else ()),
            ),
        )  # fmt: skip
        triage = SupportTriage(
            event_id=name, message=name, thread=name, language="es", time=datetime.now(UTC), priority="normal",
            topic=Subject(name=topic, confidence=0.9), cluster=cluster, cluster_size=size if cluster else 0,
            summary=summary, facts=facts or {}, suggestion=suggestion, model="test",
        )  # fmt: skip
        self._send(TRIAGE, name, triage, name)
        self._producer.flush()

    def send_result(self, topic: Any, key: str, record: msgspec.Struct, name: str) -> None:
        """Send a result, as a worker would."""
        self._send(topic, key, record, name)
        self._producer.flush()

    def send_evening(self) -> None:
        """Send results of crowd, bars, support and music, as of one evening."""
        now = datetime.now(UTC).replace(microsecond=0)
        self._number += 1
        name = f"e{self._number}"
        front = ZoneCount(zone="front", persons=310, density=3.1, level_of_service="F")
        count = CrowdCount(event_id=name, camera="front-left", time=now, persons=310, zones=(front,), model="test")
        self._send(CROWD, "front-left", count, name)
        blind = CrowdCount(event_id=name, camera="gate-east", time=now, persons=None, blind="black", model="test")
        self._send(CROWD, "gate-east", blind, name)
        for minutes in (90, 45, 0):
            horizons = tuple(
                HorizonDemand(minutes=m, mean=m, p05=m * 0.7, p50=m, p95=m * 1.4) for m in (15, 30, 60, 120)
            )
            beer = ProductDemand(
                product="beer", sold=900 - minutes * 5, stock=40, horizons=horizons, run_out_probability=0.6,
                minutes_to_empty=25, fetch=120,
            )  # fmt: skip
            water = ProductDemand(product="water", sold=100, stock=900, horizons=horizons, run_out_probability=0.01)
            forecast = DemandForecast(
                event_id=f"{name}-{minutes}", bar="north", time=now - timedelta(minutes=minutes), tickets=10,
                products=(beer, water), model="test",
            )  # fmt: skip
            self._send(DEMAND, "north", forecast, forecast.event_id)
        for number in range(6):
            mail = SupportTriage(
                event_id=f"{name}-{number}", message=f"m{number}", thread=f"t{number}", language="es",
                time=now - timedelta(minutes=10 * number), priority="urgent" if number == 3 else "normal",
                topic=Subject(name="entradas", confidence=0.9), cluster="c1", cluster_label="entrada · código",
                cluster_size=6, surge=5, summary=f"No me llega la entrada {number}", model="test",
            )  # fmt: skip
            self._send(TRIAGE, mail.thread, mail, mail.event_id)
        for number in range(5):
            tags = MusicTags(
                event_id=f"{name}-{number}", stage="main", time=now - timedelta(minutes=5 - number), seconds=5,
                mood="energetic" if number > 2 else "calm", mood_confidence=0.7, moods={}, genre="rock",
                genre_confidence=0.6, genres={}, tempo=128, loudness=-12, silent=False, model="test",
            )  # fmt: skip
            self._send(TAGS, "main", tags, tags.event_id)
        self._producer.flush()

    def _send(self, topic: Any, key: str, record: msgspec.Struct, name: str) -> None:
        self._producer.send(topic, key=key, value=record, id=name, source="test", time=datetime.now(UTC))


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Call a function until its result is true, and return the result."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    while datetime.now(UTC) < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not after {seconds} s")


async def _add_accounts(url: str) -> None:
    redis = AsyncRedis.from_url(url)
    store = AccountStore(redis)
    for name, (roles, bars) in ACCOUNTS.items():
        await store.add(name, PASSWORD, roles, bars)
    await redis.aclose()


@pytest.fixture(scope="session")
def console_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleStack]:
    """Running stack with a console and accounts of all roles."""
    folder = tmp_path_factory.mktemp("console")
    with (
        LocalStack(folder, workers=("alerts",), with_prometheus=False) as stack,
        EventProducer(stack.settings) as producer,
    ):
        asyncio.run(_add_accounts(stack.settings.redis_url()))
        console_stack = ConsoleStack(stack, producer)
        console_stack.send_evening()
        yield console_stack


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Headless Chromium as packaged by Debian.

    Its scope is a module, because Playwright keeps an event loop in this thread, and async tests need their own.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: `make test-setup`, or install the package chromium")
    expect.set_options(timeout=BROWSER_TIMEOUT_MS)  # its own 5 s are less than a page may wait before it asks again
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@contextmanager
def console_of(app: FastAPI) -> Iterator[str]:
    """Serve a console in this process, without its background tasks: nothing reads Kafka; yield its address."""
    socket = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def console_without_kafka(fields: Mapping[str, object], folder: Path, redis_url: str, **settings: Any) -> FastAPI:
    """Build a console of a venue file, open as in the demo: the test gives it what would come from Kafka.

    Args:
        fields: of the venue file.
        folder: for the file.
        redis_url: a real Redis.
        settings: further settings.
    """
    venue = folder / "venue.yaml"
    venue.write_text(yaml.safe_dump(dict(fields), allow_unicode=True), encoding="utf-8")
    app = build(Settings(venue=venue, kafka="127.0.0.1:1", redis=redis_url, **settings), open_demo=True)
    app.state.console.results.caught_up.set()
    return app


def client_of_page(url: str, path: str) -> httpx.Client:
    """Return a client of an open console who may act, as a page's script does."""
    page = httpx.get(f"{url}{path}", timeout=30).text
    csrf = page.partition('"csrf":"')[2].partition('"')[0]
    return httpx.Client(base_url=url, headers={"X-Pulso-CSRF": csrf}, timeout=30)


@contextmanager
def watched_pages(chromium: Browser, url: str) -> Iterator[tuple[OpenPage, list[str]]]:
    """Yield a function that returns an empty page in a browser of its own, and the errors, which fail the test.

    Errors of scripts, and what the security policy refused, are among them.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def new_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=url, **options)
        context.set_default_timeout(BROWSER_TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None)
        return page

    yield new_page, errors
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def open_page(chromium: Browser, console_stack: ConsoleStack) -> Iterator[OpenPage]:
    """Return a function that logs in and opens a page in its own browser context; errors in it fail the test.

    Example: `open_page("sara", "/support")`.
    """
    with watched_pages(chromium, console_stack.url) as (new_page, errors):

        def open_(name: str | None, path: str = "/", **options: Any) -> Page:
            page = new_page(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}} | options)
            page.on("console", lambda message: _collect_error(message, errors))
            page.on("request", lambda request: _collect_foreign_request(request.url, console_stack.url, errors))
            if name is None:
                page.goto(path)
                return page
            page.goto(f"/login?next={path}")
            page.fill("[name=name]", name)
            page.fill("[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_url(lambda url: "/login" not in url)
            if not page.url.endswith(path):  # bar staff start on their bar's page
                page.goto(path)
            return page

        yield open_


def _collect_error(message: Any, errors: list[str]) -> None:
    if message.type == "error" and "Failed to load" not in message.text:
        errors.append(message.text)


def _collect_foreign_request(url: str, origin: str, errors: list[str]) -> None:
    if not url.startswith((origin, "data:", "blob:")):
        errors.append(f"a request left the console: {url}")


@contextmanager
def api_client(console_stack: ConsoleStack, name: str) -> Iterator[tuple[httpx.Client, str]]:
    """Yield a client without a browser, and its CSRF token."""
    with httpx.Client(base_url=console_stack.url, follow_redirects=True, timeout=30) as client:
        response = client.post("/login", data={"name": name, "password": PASSWORD}, headers={"accept": "text/html"})
        assert response.status_code == 200, response.text
        state = response.text.split('id="state">')[1].split("</script>")[0]
        yield client, msgspec.json.decode(state)["csrf"]
