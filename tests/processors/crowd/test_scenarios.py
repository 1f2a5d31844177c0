"""Rendered crowds that stand, stream, meet, jam, run and scatter: each raises its own alert and no other."""

from __future__ import annotations

import numpy as np
import pytest

from processors.cameras.analyzer import CameraAnalyzer
from processors.crowd.density import CrowdCounter
from processors.violence.scorer import ViolenceScorer
from schemas.crowd import CrowdCount, ZoneFlow
from schemas.venue import Venue
from simulation import crowd_scenarios
from simulation.stampede_evaluation import raised_alerts
from stream.features import registry


class ScenarioAnalyzer:
    """Analyzes rendered scenarios with the camera analyzer and the alert rules."""

    def __init__(self, venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
        self._venue, self._counter, self._scorer = venue, counter, scorer

    def counts(
        self, scenario: crowd_scenarios.Scenario, seconds: float, *, camera: str = "gate-east", interval: float = 1.0
    ) -> list[CrowdCount]:
        cameras = [one.model_copy(update={"count_every_seconds": interval}) for one in self._venue.cameras]
        venue = self._venue.model_copy(update={"cameras": cameras})
        results = CameraAnalyzer(venue, self._counter, self._scorer).analyze(
            list(crowd_scenarios.render_frames(scenario, seconds, camera))
        )
        assert not any(one.error for one in results)
        return [one.count for one in results if one.count is not None]

    def flows(
        self, scenario: crowd_scenarios.Scenario, seconds: float, *, camera: str = "gate-east", interval: float = 1.0
    ) -> list[ZoneFlow]:
        counts = self.counts(scenario, seconds, camera=camera, interval=interval)
        return [zone.flow for count in counts for zone in count.zones if zone.flow is not None]

    def rules(self, counts: list[CrowdCount]) -> set[str]:
        """Return rules whose value reaches the raise threshold in any count."""
        evaluator = registry.rule_evaluator(self._venue)
        results = [observation for count in counts for observation in evaluator.observations(count)]
        return {one.rule for one in results if one.value >= registry.rule_settings(self._venue)[one.rule].raise_at}

    def alerts(self, counts: list[CrowdCount]) -> set[str]:
        """Return rules that raise an alert, with their on-delays."""
        return {rule for rule, _ in raised_alerts(counts, self._venue)}


@pytest.fixture(scope="module")
def scenarios(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> ScenarioAnalyzer:
    return ScenarioAnalyzer(venue, counter, scorer)


def test_swaying_crowd_raises_no_alert(scenarios: ScenarioAnalyzer) -> None:
    counts = scenarios.counts(crowd_scenarios.swaying(150), 4)
    flows = [zone.flow for count in counts for zone in count.zones if zone.flow is not None]
    assert all(flow.speed is not None and flow.speed < 0.2 and flow.moving < 0.1 for flow in flows)
    assert scenarios.rules(counts) == set()


@pytest.mark.parametrize(("velocity", "direction"), [((0.0, -1.0), 180), ((0.0, 1.2), 0), ((1.0, 0.0), 90)])
def test_stream_has_direction_and_speed(
    scenarios: ScenarioAnalyzer, velocity: tuple[float, float], direction: float
) -> None:
    flows = scenarios.flows(crowd_scenarios.uniform_flow(80, velocity), 3)
    assert len(flows) >= 2
    for flow in flows:
        assert flow.direction is not None and abs((flow.direction - direction + 180) % 360 - 180) < 30
        assert flow.speed == pytest.approx(np.hypot(*velocity), rel=0.2)
        assert flow.counter_flow < 0.15


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_opposite_streams_have_counter_flow(scenarios: ScenarioAnalyzer, share: float) -> None:
    counts = scenarios.counts(crowd_scenarios.bidirectional_flow(160, 1.0, share), 4)
    flows = [zone.flow for count in counts for zone in count.zones if zone.flow is not None]
    assert np.mean([flow.counter_flow for flow in flows]) == pytest.approx(2 * share, abs=0.25)
    if share == 0.5:
        assert "counter-flow" in scenarios.rules(counts)


def test_running_together_raises_stampede(scenarios: ScenarioAnalyzer) -> None:
    counts = scenarios.counts(crowd_scenarios.uniform_flow(90, (0.6, -4.0), begin=2), 6)
    assert "stampede" in scenarios.alerts(counts) and "scattering" not in scenarios.rules(counts)
    assert scenarios.rules(counts[:2]) == set()


@pytest.mark.parametrize(("interval", "begin"), [(0.5, 2.0), (0.5, 2.3), (1.0, 1.9)])
def test_running_apart_raises_scattering_within_1_5_seconds(
    scenarios: ScenarioAnalyzer, interval: float, begin: float
) -> None:
    counts = scenarios.counts(crowd_scenarios.dispersal(90, 4.0, begin=begin), 5, interval=interval)
    detected = [count for count in counts if "scattering" in scenarios.rules([count])]
    assert detected, "not detected"
    assert (detected[0].time - crowd_scenarios.START_TIME).total_seconds() - begin <= 1.5
    assert "stampede" not in scenarios.alerts(counts)
    assert not any(count.blind for count in counts), "an empty place is not a blind camera"


def test_exit_is_jammed_only_without_outflow(scenarios: ScenarioAnalyzer) -> None:
    jam = scenarios.flows(crowd_scenarios.queue_at_exit(160, 0.15), 3, camera="front-left")
    assert any(exit.jammed for flow in jam for exit in flow.exits)
    flowing = scenarios.flows(crowd_scenarios.queue_at_exit(40, 1.0), 3, camera="front-left")
    assert not any(exit.jammed for flow in flowing for exit in flow.exits)
    assert np.mean([exit.speed for flow in flowing for exit in flow.exits]) > 0.6


def test_stop_and_go_counts_waves(scenarios: ScenarioAnalyzer) -> None:
    flows = scenarios.flows(crowd_scenarios.stop_and_go_waves(220, 0.6, 6), 23)
    assert max(flow.stop_and_go for flow in flows) >= 3
