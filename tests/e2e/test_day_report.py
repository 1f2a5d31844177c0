"""The morning after a short evening: alerts and a delivery in real Kafka, the report, and its signed log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from processors.report.day import DayReport
from schemas.bars import STOCK, StockMovement
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.violence import VIOLENCE, ViolenceScore
from stream.commands.cli import app
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.stores.audit import AUDIT
from tests.e2e.conftest import StackClient

ZONE = ZoneInfo("Europe/Madrid")
EVENING = (datetime.now(ZONE) - timedelta(days=2)).replace(hour=21, minute=0, second=0, microsecond=0).astimezone(UTC)
DAY = EVENING.astimezone(ZONE).date().isoformat()


def send_evening(settings: Settings, zone: str) -> None:
    """Send four seconds of a fight, a count, and a delivery whose note has a mail address."""
    with EventProducer(settings) as producer:
        for tick in range(112):
            time = EVENING + timedelta(seconds=tick / 8)
            score = ViolenceScore(
                event_id=time.isoformat(), camera="gate", time=time, probability=0.99 if tick < 32 else 0.01, model="t"
            )
            producer.send(VIOLENCE, key="gate", value=score, id=score.event_id, source="test", time=time)
        count = CrowdCount(
            event_id="c1", camera="gate", time=EVENING, persons=77, zones=(ZoneCount(zone=zone, persons=77),), model="t"
        )
        producer.send(CROWD, key="gate", value=count, id="c1", source="test", time=EVENING)
        movement = StockMovement(
            id="m1", bar="north", product="beer", kind="delivery", quantity=9, time=EVENING, by="eva",
            note="ask someone@example.org",
        )  # fmt: skip
        producer.send(STOCK, key="north", value=movement, id="m1", source="test", time=EVENING)


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_evening_becomes_a_report_and_a_signed_log(
    stack_client: StackClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stack_client.settings
    monkeypatch.setenv("PULSO_DATA", str(settings.data))
    stack_client.stack.write_stack_file()
    zone = read_venue(settings.venue).zones[0].id
    send_evening(settings, zone)
    redis = Redis.from_url(settings.redis_url())
    at = int((EVENING + timedelta(minutes=1)).timestamp() * 1000)
    redis.xadd(AUDIT, {
        "time": (EVENING + timedelta(minutes=1)).isoformat(), "who": "eva", "what": "path-closed", "subject": "north",
        "detail": "wet", "origin": "203.0.113.9",
    }, id=f"{at}-0")  # fmt: skip
    stack_client.wait_for(
        "an alert that is over", lambda: [one for one in stack_client.alerts("security") if one.state == "resolved"]
    )

    out = tmp_path / "out"

    def pulso(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    written = pulso("report", DAY, "--out", str(out))
    assert written.exit_code == 0, written.output
    for language in ("es", "en"):
        assert "<svg" in (out / f"pulso-{DAY}.{language}.html").read_text(encoding="utf-8")
        assert (out / f"pulso-{DAY}.{language}.pdf").read_bytes().startswith(b"%PDF")

    report = msgspec.json.decode(pulso("report", DAY, "--json").stdout, type=DayReport)
    assert [(one.rule, one.subject) for one in report.alerts] == [("violence", "gate")]
    assert report.alerts[0].resolved_after is not None
    assert [place.peak.persons for place in report.places if place.peak] == [77]
    assert [(one.who, one.what) for one in report.decisions] == [("eva", "path-closed")]
    assert report.is_final
    sums = json.loads(pulso("report", DAY, "--period", "week").stdout)
    assert (sums["days"], sums["rules"][0]["rule"]) == (1, "violence")

    exported = pulso("log", "export", DAY, "--out", str(out))
    assert exported.exit_code == 0, exported.output
    log = out / f"pulso-{DAY}.log.jsonl"
    content = log.read_text(encoding="utf-8")
    assert "path-closed" in content
    assert "example.org" not in content
    assert "203.0.113.9" not in content
    assert (settings.data / "reports" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert pulso("log", "verify", str(log)).exit_code == 0
    log.write_text(content.replace("path-closed", "path-opened"), encoding="utf-8")
    broken = pulso("log", "verify", str(log))
    assert broken.exit_code == 1
    assert "was changed" in broken.output
