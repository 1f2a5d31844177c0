"""Apache Kafka in KRaft mode, one node, run from jars that Maven fetches."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from schemas.topic import MEDIA_BYTES
from stream.local.child import Child, ChildError, missing_program
from stream.local.ports import Ports
from stream.runtime.cache import cache_folder
from stream.runtime.kafka_clients import make_admin
from stream.runtime.settings import ROOT

VERSION = "4.3.0"

JAVA_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
"""Java reads and writes the names of files in the encoding of the locale, whose default is ASCII."""

FORMAT_SECONDS = 600
"""Time-out of formatting the data folder; it takes two seconds on an idle machine."""


def jars_folder() -> Path:
    """Return the folder of the jars, in the user's cache folder."""
    return cache_folder() / f"kafka-{VERSION}"


def fetch_jars() -> Path:
    """Fetch Kafka's jars with Maven, unless they are there; return their folder.

    Raises:
        ChildError: Maven is missing or failed.
    """
    folder = jars_folder()
    stamp = folder / "complete"
    pom = ROOT / "deploy" / "local" / "pom.xml"
    if stamp.exists() and stamp.read_bytes() == pom.read_bytes():
        return folder
    if shutil.which("mvn") is None:
        raise missing_program("Maven", "maven and default-jre-headless", "PULSO_KAFKA")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=900, check=False,
        env={**os.environ, **JAVA_ENVIRONMENT},
    )  # fmt: skip
    if done.returncode:
        output = (done.stdout + done.stderr)[-2000:]
        raise ChildError(f"Maven could not fetch Kafka's jars into {folder} (PULSO_CACHE sets another):\n{output}")
    stamp.write_bytes(pom.read_bytes())
    return folder


def kafka(data: Path, ports: Ports) -> Child:
    """Return a broker whose data is in `data`/kafka; formats the folder the first time.

    Raises:
        ChildError: Jars or Java are missing, or formatting failed.
    """
    java = shutil.which("java")
    if java is None:
        raise missing_program("Java", "default-jre-headless", "PULSO_KAFKA")
    class_path = f"{ROOT / 'deploy' / 'local'}:{fetch_jars()}/*"
    folder = data / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    port = ports.get("kafka", 9092)
    properties = folder / "server.properties"
    properties.write_text(_properties(port, ports.get("kafka-controller")), encoding="ascii")
    if not (folder / "log" / "meta.properties").exists():
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [java, "-Xmx128m", "-cp", class_path, "kafka.tools.StorageTool", "format"]
        command += [
            f"--cluster-id={cluster}",
            "--config",
            str(properties),
        ]  # with `=`: an id may begin with a dash
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=FORMAT_SECONDS, check=False,
            cwd=folder, env={**os.environ, **JAVA_ENVIRONMENT},
        )  # fmt: skip
        if done.returncode:
            raise ChildError(f"Kafka's data folder {folder} could not be formatted:\n{done.stderr[-2000:]}")
    meta = dict(
        line.split("=", 1)
        for line in (folder / "log" / "meta.properties").read_text(encoding="utf-8").splitlines()
        if "=" in line
    )
    admin = make_admin({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})

    return Child(
        name="kafka",
        command=[
            java, "-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
            "-cp", class_path, "kafka.Kafka", str(properties),
        ],
        log=data / "logs" / "kafka.log",
        folder=folder,
        environment=JAVA_ENVIRONMENT,
        # Another broker may have taken the port meanwhile; only this one has this cluster id.
        healthy=lambda: admin.list_topics(timeout=5).cluster_id == meta["cluster.id"],
        stop_seconds=30,
    )  # fmt: skip


def _properties(port: int, controller: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        # Relative to the folder that Kafka starts in: properties are ISO-8859-1, and a comma divides the list.
        "log.dirs": "log",
        "message.max.bytes": MEDIA_BYTES,
        "replica.fetch.max.bytes": MEDIA_BYTES,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,  # one machine: no other member to wait for
        "group.min.session.timeout.ms": 2000,
        "log.retention.check.interval.ms": 60_000,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
