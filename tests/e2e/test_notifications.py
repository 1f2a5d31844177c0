"""Test that notifications are delivered once although the alerts worker is killed while sending."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis

from schemas.alerts import OBSERVATIONS, Observation
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.settings import ROOT
from stream.stores.notification_queue import DUE
from tests.e2e.conftest import StackClient

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def send_fight_scores(producer: EventProducer, camera: str) -> None:
    """Send two observations, far enough apart for the on-delay."""
    key = f"violence/{camera}"
    for number in range(2):
        observation = Observation(
            id=f"{key}-{number}", key=key, rule="violence", subject=camera, time=AT + timedelta(seconds=10 * number),
            value=0.97, text={"es": f"Posible pelea {camera}", "en": f"Possible fight {camera}"},
        )  # fmt: skip
        producer.send(OBSERVATIONS, key=key, value=observation, id=observation.id, source="test", time=observation.time)


@pytest.mark.stack
def test_alerts_notify_once_after_worker_kill(tmp_path: Path) -> None:
    received: list[str] = []

    class PhoneHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            received.append(body["message"].splitlines()[0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), PhoneHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    content = yaml.safe_load((ROOT / "deploy" / "venues" / "demo.yaml").read_text(encoding="utf-8"))
    venue, contacts = tmp_path / "venue.yaml", tmp_path / "contacts.yaml"
    venue.write_text(yaml.safe_dump(content | {"contacts": [{"id": "duty", "audience": ["security"]}]}), "utf-8")
    contacts.write_text(f"urls:\n  - json://127.0.0.1:{server.server_port}/duty:\n     - tag: duty\n", encoding="utf-8")
    with (
        LocalStack(
            tmp_path / "data",
            venue=venue,
            workers=("alerts",),
            with_prometheus=False,
            with_console=False,
            environment={"PULSO_CONTACTS": str(contacts)},
        ) as stack,
        EventProducer(stack.settings) as producer,
    ):
        stack_client, redis = StackClient(stack), Redis.from_url(stack.settings.redis_url())
        for number in range(6):
            send_fight_scores(producer, f"camera-{number}")
            if number == 2:
                # Only messages in transit at the kill may be sent twice, so none is in transit.
                stack_client.wait_for("three messages", lambda: len(received) == 3)
                stack_client.wait_for("no message in transit", lambda: redis.zcard(DUE) == 0)
                stack.kill("alerts")
        stack.restart("alerts")
        stack_client.wait_for("six messages", lambda: len(set(received)) == 6)
        time.sleep(2)
    server.shutdown()
    assert Counter(received) == {f"Posible pelea camera-{number}": 1 for number in range(6)}
