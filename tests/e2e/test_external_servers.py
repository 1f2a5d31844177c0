"""Tests with external servers, with TLS and passwords: used as configured, neither started nor stopped."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from redis import Redis

from schemas.bars import DEMAND, SALES, SaleLine, Ticket
from schemas.support import MAILS, TRIAGE
from stream.local import LocalStack
from stream.local.child import Child
from stream.local.kafka import fetch_jars
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer
from stream.runtime.settings import ROOT
from stream.sources.mailbox import MailboxSource
from stream.sources.source import run_all
from tests.e2e.conftest import StackClient

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing, which makes the certificates"),
]

PASSWORD = "only for this test, with a space"


def certificates(folder: Path) -> tuple[Path, Path]:
    """Create the certificate of an authority, and the broker's key and certificate in one file."""
    folder.mkdir()

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test")
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=broker"
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl(
        "x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "broker.pem", "-extfile", "names",
    )  # fmt: skip
    key_and_certificate = folder / "both.pem"
    key_and_certificate.write_text((folder / "broker.key").read_text() + (folder / "broker.pem").read_text())
    return folder / "ca.pem", key_and_certificate


def secured_broker(folder: Path, ports: Ports, authority: Path, identity: Path) -> Child:
    """Return a Kafka broker that accepts only clients with TLS and a password."""
    port, internal, controller = ports.get("kafka"), ports.get("own"), ports.get("controller")
    folder.mkdir()
    properties = folder / "server.properties"
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"SASL_SSL://127.0.0.1:{port},BROKER://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{port},BROKER://127.0.0.1:{internal}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": identity,
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'user_pulso="{PASSWORD}";'
        ),
        "log.dirs": folder / "log",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 2000,
    }  # fmt: skip
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    java = ["java", "-Xmx384m", "-cp", f"{ROOT / 'deploy' / 'local'}:{fetch_jars()}/*"]
    subprocess.run(
        [
            *java,
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id=dGVzdC1vZi1zYXNsLXNzbA",
            "--config",
            str(properties),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    admin = AdminClient({
        "bootstrap.servers": f"127.0.0.1:{port}",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(authority),
        "sasl.mechanism": "PLAIN",
        "sasl.username": "pulso",
        "sasl.password": PASSWORD,
        "log_level": 0,
    })  # fmt: skip
    return Child(
        name="kafka",
        command=[*java, "kafka.Kafka", str(properties)],
        log=folder / "kafka.log",
        healthy=lambda: bool(admin.list_topics(timeout=1).brokers),
        stop_seconds=30,
    )


@pytest.fixture
def external_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Child]]:
    """External Kafka with SASL_SSL and Redis with a password, configured in the environment."""
    ports = Ports(tmp_path / "ports.json")
    authority, identity = certificates(tmp_path / "certificates")
    port = ports.get("redis")
    redis = Child(
        name="redis",
        command=["redis-server", "--port", str(port), "--requirepass", "secret", "--save", "", "--dir", str(tmp_path)],
        log=tmp_path / "redis.log",
        healthy=lambda: bool(Redis(port=port, password="secret").ping()),
    )
    servers = [secured_broker(tmp_path / "kafka", ports, authority, identity), redis]
    for name, value in {
        "KAFKA": f"127.0.0.1:{ports.assigned('kafka')}",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_USERNAME": "pulso",
        "KAFKA_PASSWORD": PASSWORD,
        "KAFKA_SSL_CA": str(authority),
        "REDIS": f"redis://:secret@127.0.0.1:{port}/0",
    }.items():
        monkeypatch.setenv(f"PULSO_{name}", value)
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_healthy()
        yield servers
    finally:
        for server in reversed(servers):
            server.stop()


@pytest.mark.timeout(300)
def test_events_reach_redis_through_external_servers(
    external_servers: list[Child], tmp_path: Path, evening: datetime
) -> None:
    mails = tmp_path / "mails"
    mails.mkdir()
    (mails / "1.eml").write_bytes(
        b"From: ana@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: Help\r\n\r\n"
        b"My friend has fainted next to the main stage and does not wake up!\r\n"
    )
    workers = ("bars", "support", "alerts")
    with LocalStack(tmp_path / "data", workers=workers, with_prometheus=False, with_console=False) as stack:
        assert set(stack.children) == set(workers), "external servers are not started by the stack"
        stack_client = StackClient(stack)
        with EventProducer(stack.settings) as producer:
            for number in range(20):
                ticket = Ticket(
                    id=f"t{number}",
                    bar="north",
                    till="north-1",
                    time=evening + timedelta(minutes=number),
                    lines=(SaleLine(product="beer", quantity=2, unit_price=5),),
                )
                producer.send(SALES, key="north", value=ticket, id=ticket.id, source="test", time=ticket.time)
        _read_mailbox(stack, mails, tmp_path)
        stack_client.wait_for("forecasts", lambda: [f for f in stack_client.records(DEMAND) if f[1].tickets == 20])
        stack_client.wait_for("the triaged mail", lambda: stack_client.records(TRIAGE))
        stack_client.wait_for(
            "the alert", lambda: [a for a in stack_client.alerts("security") if a.rule == "mail-urgent"]
        )
        assert len(stack_client.records(MAILS)) == 1
    for server in external_servers:
        assert server.pid is not None, f"{server.name} was stopped by the stack"
    for log in (tmp_path / "data" / "logs").iterdir():
        assert PASSWORD not in log.read_text(errors="replace"), f"{log.name} contains the password"


def _read_mailbox(stack: LocalStack, mails: Path, folder: Path) -> None:
    source = MailboxSource("support", str(mails), state=folder / "mailbox.json", once=True)
    with EventProducer(stack.settings) as producer:
        run_all([source], producer, threading.Event())
