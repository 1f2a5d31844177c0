"""`pulso evaluate stampede`: rendered crowds go through all that a camera's frames go through, up to the alert."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from schemas.venue import Venue
from simulation import stampede_evaluation
from simulation.stampede_evaluation import RenderedSequence, evaluate, sequences
from stream.commands.cli import app


def test_stampede_evaluation_detects_running_not_calm() -> None:
    ran = CliRunner().invoke(app, ["evaluate", "stampede", "--sequences", "1", "--json"])
    assert ran.exit_code == 0, ran.output
    report = json.loads(ran.stdout)
    for kind, soonest, latest in (("stampede", 2.0, 6.0), ("scattering", 0.3, 3.0)):
        assert report[kind]["told"] == 1 and report[kind]["told_as_other"] == 0, kind
        assert soonest <= report[kind]["delay_median"] <= latest, "not before anybody runs, nor when all are gone"
    assert report["calm"]["false_alarms"] == 0
    assert report["calm"]["hours"] == pytest.approx(4 * 8 / 3600)


def test_stampede_evaluation_counts_wrong_and_missed_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count a stampede taken for a scattering, a missed one, and a false alarm in a calm crowd."""
    told = {
        "running together": [("scattering", 4.0)], "running apart": [], "swaying": [("stampede", 1.0)],
    }  # fmt: skip

    def panic_alerts(scene: RenderedSequence, *_: object) -> list[tuple[str, float]]:
        return told.get(scene.name, [])

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
    once, again, other = ([(one.name, one.begin) for one in sequences(3, seed)] for seed in (1, 1, 2))
    assert once == again != other
