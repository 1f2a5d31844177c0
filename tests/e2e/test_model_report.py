"""Test from music tags to lights, mood corrections, and the model report."""

from __future__ import annotations

from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from xml.etree import ElementTree

import httpx
import pytest
from pythonosc.osc_message import OscMessage
from typer.testing import CliRunner

from schemas.music import SNIPPETS, TAGS
from stream.commands.cli import app
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.sources.source import now
from tests.e2e.conftest import StackClient
from tests.e2e.test_models import chord_audio


def pulso(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["models", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_model_report_shows_corrections_latency_confidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lights = socket(AF_INET, SOCK_DGRAM)
    lights.bind(("127.0.0.1", 0))
    lights.settimeout(60)
    venue = tmp_path / "venue.yaml"
    venue.write_text(
        "name: Lit\nstages: [{id: main}]\n"
        f"lights: [{{stage: main, host: 127.0.0.1, port: {lights.getsockname()[1]}, addresses: {{mood: /look}}}}]\n"
    )
    with LocalStack(tmp_path, venue=venue, workers=("music",), with_console=False, scrape_seconds=1) as stack:
        stack.write_stack_file()
        monkeypatch.setenv("PULSO_DATA", str(tmp_path))
        stack_client = StackClient(stack)
        prometheus = stack.endpoints["prometheus"]

        def prometheus_total(query: str) -> float:
            series = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}).json()["data"]["result"]
            return sum(float(one["value"][1]) for one in series)

        with EventProducer(stack_client.settings) as producer:
            for number in range(4):
                if number == 2:  # a rate needs a sample before the counter rises again
                    producer.flush(20)
                    stack_client.wait_for(
                        "the first fragments", lambda: prometheus_total("pulso_event_delay_seconds_count") >= 2
                    )
                producer.send(SNIPPETS, key="main", value=chord_audio(), id=f"f{number}", source="test", time=now())
        stack_client.wait_for("tags", lambda: len(stack_client.records(TAGS)) == 4)
        message = OscMessage(lights.recv(1_024))
        assert message.address == "/look"
        assert message.params == [stack_client.records(TAGS)[0][1].mood]
        moods = stack_client.records(TAGS)[-1][1].moods
        best = max(moods, key=moods.__getitem__)
        other = min(moods, key=moods.__getitem__)
        assert f"label was {best}" in pulso("correct", "mood", "main", other)
        refused = CliRunner().invoke(app, ["models", "correct", "mood", "main", "gloomy"])
        assert refused.exit_code == 2 and "not 'gloomy'" in refused.output
        wrong_feedback = 'pulso_model_feedback_total{model="mood",verdict="wrong"}'
        stack_client.wait_for("the correction in Prometheus", lambda: prometheus_total(wrong_feedback) == 1)
        stack_client.wait_for(
            "all fragments in Prometheus", lambda: prometheus_total("pulso_event_delay_seconds_count") >= 4
        )
        page = tmp_path / "report.html"
        pulso("report", "--out", str(page), "--days", "0.05")
    text = page.read_text(encoding="utf-8")
    assert f"{best} → {other}: 1" in text
    assert "could not be queried" not in text
    drawings = [ElementTree.fromstring(f"<svg{part.split('</svg>')[0]}</svg>") for part in text.split("<svg")[1:]]
    assert len(drawings) >= 2  # latency and confidence; drift needs more fragments
    assert "http://" not in text.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )

    # Without servers the page still contains what is stored locally, and states what is missing.
    monkeypatch.setenv("PULSO_DATA", str(tmp_path / "nowhere"))
    pulso("report", "--out", str(page))
    assert "no Prometheus" in page.read_text(encoding="utf-8")
