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
from tests.e2e.conftest import Outside

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def fight(producer: EventProducer, camera: str) -> None:
    """Return two scores, far enough apart for the on-delay."""
    key = f"violence/{camera}"
    for number in range(2):
        one = Observation(
            id=f"{key}-{number}", key=key, rule="violence", subject=camera, time=AT + timedelta(seconds=10 * number),
            value=0.97, text={"es": f"Posible pelea {camera}", "en": f"Possible fight {camera}"},
        )  # fmt: skip
        producer.send(OBSERVATIONS, key=key, value=one, id=one.id, source="test", time=one.time)


@pytest.mark.stack
def test_alerts_notify_once_after_worker_kill(tmp_path: Path) -> None:
    got: list[str] = []

    class Phone(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            got.append(body["message"].splitlines()[0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Phone)
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
        outside, redis = Outside(stack), Redis.from_url(stack.settings.redis_url())
        for number in range(6):
            fight(producer, f"camera-{number}")
            if number == 2:
                # Only what is on its way at that moment may come twice, so nothing is.
                outside.wait("three messages", lambda: len(got) == 3)
                outside.wait("nothing on its way", lambda: redis.zcard(DUE) == 0)
                stack.kill("alerts")
        stack.restart("alerts")
        outside.wait("all six", lambda: len(set(got)) == 6)
        time.sleep(2)
    server.shutdown()
    assert Counter(got) == {f"Posible pelea camera-{number}": 1 for number in range(6)}
