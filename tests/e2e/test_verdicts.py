"""Test of verdicts: labels, live precision and a training export, once each although workers are killed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from processors.violence.evaluation import read_list
from processors.violence.evidence import CONTENT_TYPE, animated
from schemas.alerts import ACTIONS, LABELS, Alert, AlertAction
from schemas.violence import VIOLENCE, ViolenceScore
from stream.commands.cli import app
from stream.runtime.producer import EventProducer
from stream.stores.alert_store import OPEN
from stream.stores.evidence import EVIDENCE
from tests.e2e.conftest import StackClient

CAMERA = "gate-east"


def send_fight_scores(stack_client: StackClient, began: datetime, evidence: str, *, ends: bool = True) -> None:
    """Send the scores of four seconds of a fight and ten seconds of calm."""
    with EventProducer(stack_client.settings) as producer:
        for tick in range(112 if ends else 32):
            time = began + timedelta(seconds=tick / 8)
            score = ViolenceScore(
                event_id=f"{time.isoformat()}", camera=CAMERA, time=time, probability=0.99 if tick < 32 else 0.01,
                model="test", evidence=(evidence,) if tick < 32 else (),
            )  # fmt: skip
            producer.send(VIOLENCE, key=CAMERA, value=score, id=score.event_id, source="test", time=time)


def make_clip() -> bytes:
    cells, began = [np.full((36, 48), 30, np.uint8) for _ in range(16)], datetime(2026, 7, 4, 20, tzinfo=UTC)
    for number, picture in enumerate(cells):
        picture[:, 3 * number : 3 * number + 12] = 220
    return animated(cells, [began + timedelta(seconds=number / 8) for number in range(len(cells))])


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_verdicts_are_stored_counted_and_exported(
    stack_client: StackClient, evening: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSO_DATA", str(stack_client.settings.data))
    stack_client.stack.write_stack_file()
    redis = Redis.from_url(stack_client.settings.redis_url())
    redis.hset(EVIDENCE.format(id="clip-2"), mapping={"content_type": CONTENT_TYPE, "body": make_clip()})

    def pulso(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "400"})

    def alerts(state: str) -> list[Alert]:
        return [alert for alert in stack_client.alerts("security") if alert.rule == "violence" and alert.state == state]

    # Two fights are over before anybody judges them, a third goes on. The evidence of the first has expired.
    for number in range(3):
        send_fight_scores(stack_client, evening + timedelta(minutes=10 * number), f"clip-{number + 1}", ends=number < 2)
    stack_client.wait_for(
        "three alerts, two of them resolved", lambda: len(alerts("raised")) == 3 and len(alerts("resolved")) == 2
    )
    first, second, third = (alert.id for alert in alerts("raised"))
    assert [alert.evidence for alert in alerts("raised")] == [("clip-1",), ("clip-2",), ("clip-3",)]

    listed = pulso("alerts", "list", "--all").stdout
    assert all(name in listed for name in (first, second, third))
    assert pulso("alerts", "reject", first, "--by", "ana", "--note", "dancing").exit_code == 0
    stack_client.stack.kill("alerts")
    assert pulso("alerts", "confirm", second, "--by", "ana").exit_code == 0
    assert pulso("alerts", "confirm", f"violence/{CAMERA}", "--by", "bo").exit_code == 0
    stack_client.stack.restart("alerts")
    refused = pulso("alerts", "confirm", f"violence/{CAMERA}@20200101T000000.000000")
    assert refused.exit_code == 2
    assert "list --all" in refused.output

    def labels() -> dict[str, str]:
        return {label.id: f"{label.verdict} by {label.by}" for _, label in stack_client.records(LABELS)}

    stack_client.wait_for("three labels", lambda: len(labels()) == 3)
    assert labels() == {first: "rejected by ana", second: "confirmed by ana", third: "confirmed by bo"}
    stack_client.wait_for("three judged alerts", lambda: len({alert.id for alert in alerts("judged")}) == 3)
    opened = [json.loads(row) for row in redis.hvals(OPEN)]  # type: ignore[union-attr]
    assert [(row["id"], row["verdict"]) for row in opened if row["rule"] == "violence"] == [(third, "confirmed")]

    # A changed verdict is sent twice, as by a console without a response, and another one has no alert.
    repeated = AlertAction(
        id="again", key=f"violence/{CAMERA}", action="reject", by="bo", time=datetime.now(UTC), alert=third
    )
    without_alert = AlertAction(
        id="nothing", key="violence/x", action="confirm", by="bo", time=datetime.now(UTC), alert="violence/y"
    )
    with EventProducer(stack_client.settings) as producer:
        for action in (repeated, repeated, without_alert):
            producer.send(ACTIONS, key=action.key, value=action, id=action.id, source="test", time=action.time)
    stack_client.wait_for("the changed verdict", lambda: labels()[third] == "rejected by bo")
    stack_client.wait_for("a dead letter", lambda: len(stack_client.dead_letters(ACTIONS)) == 1)

    def precision() -> tuple[str, ...]:
        targets = json.loads((stack_client.settings.data / "ports.json").read_text())
        text = httpx.get(f"http://127.0.0.1:{targets['metrics-alerts']}/metrics").text
        values = re.findall(r'pulso_alert(?:s_judged|_precision_ratio)\{rule="violence"\} (\S+)', text)
        return tuple(f"{float(number):.3f}" for number in values)

    stack_client.wait_for("one of three confirmed", lambda: precision() == ("3.000", "0.333"))
    stack_client.stack.kill("alerts")
    stack_client.stack.restart("alerts")
    stack_client.wait_for("the same precision after a crash", lambda: precision() == ("3.000", "0.333"))

    for _ in range(2):
        exported = pulso("labels", "export", str(tmp_path / "export"))
        assert exported.exit_code == 0, exported.output
        assert "3 verdicts, 3 of them on fights, 1 with a clip" in exported.stdout
        redis.delete(EVIDENCE.format(id="clip-2"))  # what was exported once stays
    (read,) = read_list(tmp_path / "export" / "clips.jsonl")
    assert (read.fight, read.source, read.set) == (True, CAMERA, "judged")
    verdicts = [json.loads(line) for line in (tmp_path / "export" / "labels.jsonl").read_text().splitlines()]
    assert [(row["id"], row["verdict"]) for row in verdicts] == [
        (first, "rejected"), (second, "confirmed"), (third, "rejected"),
    ]  # fmt: skip
    assert verdicts[0]["note"] == "dancing"
