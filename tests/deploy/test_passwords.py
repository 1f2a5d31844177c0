"""Tests of passwords with Kafka and Redis started as in docker-compose.yml: clients without one are rejected."""

# ruff: noqa: F811 - fixtures of another file

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import aiokafka
import pytest
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from redis import Redis
from redis.exceptions import AuthenticationError

from schemas.music import TAGS
from stream.local.child import Child
from stream.local.kafka import jars_folder
from stream.local.ports import Ports
from stream.runtime.broadcast import connection
from stream.runtime.settings import ROOT, Settings
from stream.runtime.topics import ensure_topics
from tests.deploy.test_compose import PASSWORDS, project, services  # noqa: F401 - fixtures

pytestmark = pytest.mark.stack


def java(*arguments: str) -> list[str]:
    program = shutil.which("java") or "java"
    return [program, "-Xmx256m", "-cp", f"{ROOT / 'deploy' / 'local'}:{jars_folder()}/*", *arguments]


@pytest.fixture(scope="module")
def kafka(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the broker with the container's properties, on other ports and folders."""
    folder = tmp_path_factory.mktemp("kafka")
    ports = Ports(folder / "ports.json")
    environment = services["kafka"]["environment"]
    # As the image does: KAFKA_A_B → a.b
    kafka_properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
    }
    ports_by_container_port = {
        9092: ports.get("pulso"),
        9093: ports.get("controller"),
        9094: ports.get("host"),
        9095: ports.get("local"),
    }
    for name in ("listeners", "advertised.listeners", "controller.quorum.voters"):
        text = kafka_properties[name].replace("kafka:", "127.0.0.1:").replace("://:", "://127.0.0.1:")
        kafka_properties[name] = re.sub(r":(909\d)", lambda match: f":{ports_by_container_port[int(match[1])]}", text)
    kafka_properties["log.dirs"] = str(folder / "log")
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in kafka_properties.items()))
    format_command = java(
        "kafka.tools.StorageTool", "format", "--cluster-id=MkU3OEVBNTcwNTJENDM2Qg", "--config", str(properties)
    )
    result = subprocess.run(format_command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports_by_container_port[9095]}", "log_level": 0})
    child = Child(
        name="kafka",
        command=java("kafka.Kafka", str(properties)),
        log=folder / "kafka.log",
        healthy=lambda: bool(admin.list_topics(timeout=1).brokers),
        stop_seconds=30,
    )
    child.start()
    try:
        child.wait_healthy()
        yield f"127.0.0.1:{ports_by_container_port[9092]}"
    finally:
        child.stop()


@pytest.fixture(scope="module")
def redis_port(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start Redis with the container's command, on another port."""
    folder = tmp_path_factory.mktemp("redis")
    port = Ports(folder / "ports.json").get("redis")
    shell, flag, script = services["redis"]["command"]
    script = script.replace("$$", "$").replace("redis-server -", f"redis-server - --port {port} --dir {folder}", 1)
    environment = os.environ | services["redis"]["environment"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([shell, flag, script], stdout=log, stderr=log, env=environment)
    try:
        for _ in range(100):
            if b"Ready to accept" in (folder / "log").read_bytes():
                break
            assert process.poll() is None, (folder / "log").read_text()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert b"redis-server" in arguments, "it is the container's first process, which receives SIGTERM"
        assert PASSWORDS["PULSO_REDIS_PASSWORD"].encode() not in arguments
        yield port
    finally:
        process.terminate()
        assert process.wait(10) == 0


def settings_of(services: dict[str, Any], kafka: str, redis_port: int, data: Path) -> Settings:
    """Return the environment of a worker's container, with local addresses."""
    environment = {name.lower(): str(value) for name, value in services["alerts"]["environment"].items()}
    values = {name.removeprefix("pulso_"): value for name, value in environment.items() if name.startswith("pulso_")}
    redis = re.sub(r"redis:6379", f"127.0.0.1:{redis_port}", values["redis"])
    return Settings(**{**values, "kafka": kafka, "redis": redis, "data": data, "venue": Settings().venue})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "password"), [("", ""), ("pulso", "wrong"), ("eve", PASSWORDS["PULSO_KAFKA_PASSWORD"])]
)
def test_kafka_rejects_clients_without_password(kafka: str, name: str, password: str) -> None:
    sasl = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": name,
        "sasl.password": password,
    }
    client = AdminClient({"bootstrap.servers": kafka, "log_level": 0, **(sasl if name else {})})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=4)


def test_redis_rejects_clients_without_password(redis_port: int) -> None:
    with pytest.raises(AuthenticationError):
        Redis(port=redis_port).ping()
    with pytest.raises(AuthenticationError):
        Redis(port=redis_port, password="wrong").ping()
    assert Redis(port=redis_port, password=PASSWORDS["PULSO_REDIS_PASSWORD"]).ping()


async def test_kafka_and_redis_accept_every_own_client(
    services: dict[str, Any],
    kafka: str,
    redis_port: int,
    tmp_path: Path,
) -> None:
    settings = settings_of(services, kafka, redis_port, tmp_path)
    assert ensure_topics(settings)
    consumer = aiokafka.AIOKafkaConsumer(TAGS.name, **connection(settings))
    await consumer.start()
    await consumer.stop()
    with pytest.raises(KafkaError):
        await aiokafka.AIOKafkaConsumer(TAGS.name, bootstrap_servers=kafka, request_timeout_ms=3000).start()


def test_worker_with_passwords_becomes_ready(
    services: dict[str, Any], kafka: str, redis_port: int, tmp_path: Path
) -> None:
    """Start a worker with SASL and a Redis password; neither may appear in its log."""
    settings = settings_of(services, kafka, redis_port, tmp_path)
    ensure_topics(settings)
    port = Ports(tmp_path / "ports.json").get("metrics")
    environment = services["alerts"]["environment"] | {
        "PULSO_KAFKA": kafka, "PULSO_REDIS": str(settings.redis), "PULSO_DATA": str(tmp_path),
        "PULSO_BIND": "127.0.0.1", "PULSO_VENUE": str(settings.venue), "PULSO_PROMETHEUS": "",
    }  # fmt: skip

    def ready() -> bool:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as response:
            return b'pulso_worker_ready{worker="alerts"} 1.0' in response.read()

    child = Child(
        name="alerts",
        command=[sys.executable, "-m", "stream.commands.cli", "worker", "alerts", "--metrics-port", str(port)],
        log=tmp_path / "log",
        healthy=ready,
        environment={name: str(value) for name, value in environment.items()},
        start_seconds=120,
    )
    child.start()
    try:
        child.wait_healthy()
    finally:
        child.stop()
    log = (tmp_path / "log").read_text()
    assert not [name for name, password in PASSWORDS.items() if password in log]
