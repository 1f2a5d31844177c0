"""Tests on a real Kafka with TLS, SCRAM and ACLs: the generated rights are enough, and each of them is needed."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from schemas.alerts import OBSERVATIONS
from schemas.bars import DEMAND, SALES, SaleLine, Ticket
from schemas.cameras import FRAMES
from schemas.crowd import CROWD
from schemas.support import MAILS, TRIAGE, Mail
from stream.features import registry
from stream.features.clients import Acl, Client, client_named, clients
from stream.local.child import Child
from stream.local.ports import Ports
from stream.local.redis import redis
from stream.runtime.local_http import get_local
from stream.runtime.producer import EventProducer
from stream.runtime.retries import poller
from stream.runtime.settings import Settings
from stream.runtime.start_check import KafkaRightsError, check_kafka
from stream.runtime.topic_reader import read_all
from stream.runtime.topics import ensure_topics
from tests.e2e.test_external_servers import certificates
from tests.stream.kubernetes.secure_kafka import (
    ADMIN,
    ADMIN_PASSWORD,
    admin_of,
    connection_of,
    create_users,
    password_of,
    secure_kafka,
    take_away,
)

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing, which makes the certificates"),
]


@dataclass
class SecuredStack:
    """A broker with ACLs, and Redis.

    Attributes:
        folder: of logs and data.
    """

    folder: Path
    ports: Ports
    authority: Path
    kafka: Child
    redis_url: str

    def variables(self, client: Client) -> dict[str, str]:
        return {
            **connection_of(self.ports, self.authority, client.user, password_of(client)),
            "PULSO_REDIS": self.redis_url,
            "PULSO_DATA": str(self.folder / client.name),
            "PYTHONUTF8": "1",
        }

    def settings(self, client: Client) -> Settings:
        variables = self.variables(client)
        return Settings(**{name.removeprefix("PULSO_").lower(): value for name, value in variables.items()})

    @property
    def administrator(self) -> dict[str, str]:
        return connection_of(self.ports, self.authority, ADMIN, ADMIN_PASSWORD)

    def worker(self, name: str) -> Child:
        """Return a worker that connects as its own user."""
        port = self.ports.get(f"metrics-{name}")
        return self._child(
            name,
            ["stream.commands.cli", "worker", name, "--metrics-port", str(port)],
            lambda: get_local(f"http://127.0.0.1:{port}/ready", timeout=10).is_success,
        )

    def console(self) -> Child:
        """Return a console that connects as its own user."""
        port = self.ports.get("console")
        return self._child(
            "console",
            ["console", "--port", str(port)],
            lambda: get_local(f"http://127.0.0.1:{port}/healthz", timeout=10).is_success,
        )

    def _child(self, name: str, arguments: list[str], healthy: Callable[[], bool]) -> Child:
        return Child(
            name=name,
            command=[sys.executable, "-m", *arguments],
            log=self.folder / f"{name}.log",
            healthy=healthy,
            environment=self.variables(client_named(name)),
        )


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredStack]:
    folder = tmp_path_factory.mktemp("secured")
    ports = Ports(folder / "ports.json")
    authority, identity = certificates(folder / "certificates")
    servers = [secure_kafka(folder / "kafka", ports, authority, identity), redis(folder, ports)]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_healthy()
        stack = SecuredStack(folder, ports, authority, servers[0], f"redis://127.0.0.1:{ports.assigned('redis')}/0")
        create_users(admin_of(stack.administrator), clients())
        ensure_topics(stack.settings(client_named("topics")))
        yield stack
    finally:
        for server in reversed(servers):
            server.stop()


def send_input(producer: EventProducer) -> None:
    """Send a ticket, a frame and a mail as the sources would."""
    now, number = datetime.now(UTC), time.monotonic_ns()
    _, jpeg = cv2.imencode(".jpg", np.full((240, 320, 3), 128, np.uint8))
    lines = (SaleLine(product="beer", quantity=2, unit_price=5),)
    ticket = Ticket(id=f"t{number}", bar="north", till="north-1", time=now, lines=lines)
    mail = Mail(id=f"m{number}", thread=f"m{number}", time=now, subject="Help", text="My friend has fainted!")
    producer.send(SALES, key="north", value=ticket, id=ticket.id, source="test", time=now)
    producer.send(FRAMES, key="front-left", value=jpeg.tobytes(), id=f"f{number}", source="test", time=now)
    producer.send(MAILS, key=mail.thread, value=mail, id=mail.id, source="test", time=now)
    producer.flush()


@pytest.mark.timeout(600)
def test_stack_runs_with_exactly_the_generated_rights(secured: SecuredStack) -> None:
    processes = [secured.worker(name) for name in registry.workers()]
    processes.append(secured.console())
    try:
        for process in processes:
            process.start()
        for process in processes:
            process.wait_healthy()
        operator = secured.settings(client_named("operator"))
        with EventProducer(secured.settings(client_named("sources"))) as producer:
            # Frames count while they are fresh only, so there are new ones until each result is there.
            poller(timeout_s=120, interval_s=1)(LookupError, _send_until_results, producer, operator)
        for process in processes:
            assert process.pid is not None and process.starts == 1, process.tail()
    finally:
        for process in processes:
            process.stop()
    for process in processes:
        text = process.log.read_text(errors="replace")
        assert not re.search("authori[sz]", text, re.IGNORECASE), text
    denied = [line for line in secured.kafka.log.read_text(errors="replace").splitlines() if " is Denied " in line]
    assert not denied, "\n".join(denied[:5])


def _send_until_results(producer: EventProducer, operator: Settings) -> None:
    send_input(producer)
    for topic in (DEMAND, TRIAGE, CROWD, OBSERVATIONS):
        if next(iter(read_all(operator, topic.name)), None) is None:
            raise LookupError(f"nothing in {topic.name} yet")


@pytest.mark.parametrize(
    ("client", "acl", "phrase"),
    [
        ("vision", Acl("topic", "crowd.counts", ("Write",)), "write the topic crowd.counts"),
        ("support", Acl("topic", "support.emails", ("Read",)), "read the topic support.emails"),
        ("music", Acl("group", "pulso-music", ("Read",)), "read the group pulso-music"),
        ("sources", Acl("topic", "audio.snippets", ("Write",)), "write the topic audio.snippets"),
        ("console", Acl("topic", "alerts.actions", ("Write",)), "write the topic alerts.actions"),
    ],
)
def test_client_without_a_right_says_which(secured: SecuredStack, client: str, acl: Acl, phrase: str) -> None:
    one = client_named(client)
    check_kafka(secured.settings(one), one, {})
    take_away(admin_of(secured.administrator), one, acl)
    with pytest.raises(KafkaRightsError, match=f"Kafka does not let {one.user} {re.escape(phrase)}: grant it"):
        check_kafka(secured.settings(one), one, {})


@pytest.mark.timeout(300)
def test_worker_without_a_right_ends_with_the_sentence(secured: SecuredStack) -> None:
    take_away(admin_of(secured.administrator), client_named("bars"), Acl("topic", "pos.sales.dead", ("Write",)))
    worker = secured.worker("bars")
    worker.log = secured.folder / "bars-without.log"
    worker.start()
    try:
        poller(timeout_s=120)(lambda error: isinstance(error, AssertionError), _ended, worker)
    finally:
        worker.stop()
    sentence = (
        "Kafka does not let pulso-bars write the topic pos.sales.dead: grant it (Kubernetes: KafkaUser pulso-bars)"
    )
    text = " ".join(worker.log.read_text().split())
    assert sentence in text and "Traceback" not in text, text


def _ended(worker: Child) -> None:
    assert worker.pid is None
