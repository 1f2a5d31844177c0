"""Tests of the page docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

from bench.alert_delays import alert_delay
from bench.comparison_table import compare
from bench.report_page import FILE, PAGE, new_part, read_parts, write_page
from bench.run_result import RunResult


def run_result(events: int) -> RunResult:
    return RunResult(events=events, seconds=1.0, cpu_seconds=0.5)


def test_report_page_replaces_only_repeated_part(tmp_path: Path) -> None:
    first = compare("bars worker", "tickets/s", run_result(900), "a loop", run_result(1000))
    second = compare("bars worker", "tickets/s", run_result(800), "a loop", run_result(1000))
    late = alert_delay("mails", "mail-urgent", 0.9, 50.0, 44.9, [0.02, 0.04])
    tmp_path /= "docs"
    write_page(tmp_path, {"tickets": new_part([first], [], seconds=1, quick=False)})
    write_page(tmp_path, {"alerts": new_part([], [late], seconds=2, quick=True)})
    write_page(tmp_path, {"tickets": new_part([second], [], seconds=1, quick=False)})
    text = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert "| bars worker | 800 tickets/s | a loop | 1,000 tickets/s | 0.8 | 0.8 |" in text
    assert "900" not in text
    assert "| mails | mail-urgent | 50/s | 90% | 44.9/s | 2 | 0.030 s | 0.040 s |" in text
    assert "a trial" in text, "a trial run is marked"
    parts = read_parts(tmp_path / FILE)
    assert set(parts) == {"tickets", "alerts"}
    assert parts["tickets"].machine["versions"]["Kafka"]


def test_alert_delay_without_alerts_has_no_quantiles() -> None:
    delay = alert_delay("frames", "violence", 0.1, 60.0, 6.0, [])
    assert (delay.alerts, delay.p50, delay.p99) == (0, None, None)
