"""`pulso evaluate stampede`: rendered crowds pass through the whole pipeline from frame to alert."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from schemas.venue import Venue
from simulation import stampede_evaluation
from simulation.stampede_evaluation import RenderedSequence, evaluate, sequences
from stream.commands.cli import app


def test_stampede_evaluation_detects_running_not_calm() -> None:
    result = CliRunner().invoke(app, ["evaluate", "stampede", "--sequences", "1", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    for kind, min_delay, max_delay in (("stampede", 2.0, 6.0), ("scattering", 0.3, 3.0)):
        assert report[kind]["told"] == 1 and report[kind]["told_as_other"] == 0, kind
        assert min_delay <= report[kind]["delay_median"] <= max_delay, "neither before the run nor after it"
    assert report["calm"]["false_alarms"] == 0
    assert report["calm"]["hours"] == pytest.approx(4 * 8 / 3600)


def test_stampede_evaluation_counts_wrong_and_missed_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count a stampede taken for a scattering, a missed one, and a false alarm in a calm crowd."""
    alerts_by_scene = {
        "running together": [("scattering", 4.0)], "running apart": [], "swaying": [("stampede", 1.0)],
    }  # fmt: skip

    def panic_alerts(scene: RenderedSequence, *_: object) -> list[tuple[str, float]]:
        return alerts_by_scene.get(scene.name, [])

    class Counter:
        identity = "none"

    monkeypatch.setattr(stampede_evaluation, "panic_alerts", panic_alerts)
    venue = Venue.model_validate({"name": "Test", "cameras": [{"id": "gate-east"}]})
    report = evaluate(venue, counter=Counter(), scorer=None, number=1)  # type: ignore[arg-type]
    assert report["stampede"]["told"] == 0 and report["stampede"]["told_as_other"] == 1
    assert report["scattering"]["told"] == 0 and report["scattering"]["delay_median"] is None
    assert report["calm"]["false_alarms"] == 1 and report["calm"]["by_scene"]["swaying"] == 1
    with pytest.raises(ValueError, match="gate-east"):
        evaluate(Venue(name="Test"), counter=Counter(), scorer=None)  # type: ignore[arg-type]


def test_rendered_sequences_are_deterministic_by_seed() -> None:
    first, same_seed, other_seed = ([(one.name, one.begin) for one in sequences(3, seed)] for seed in (1, 1, 2))
    assert first == same_seed != other_seed
