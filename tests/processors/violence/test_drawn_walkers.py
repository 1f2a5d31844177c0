"""Shipped network and rule on rendered people, who are not in the training data: walking, dancing, fighting."""

from __future__ import annotations

import pytest

from processors.cameras.picture import decode
from processors.violence.alarms import alarm_times
from processors.violence.evaluation import score_clip, scored
from processors.violence.rules import VIOLENCE_RULE
from processors.violence.scorer import ViolenceScorer
from simulation.crowd_images import render_burst
from simulation.evening import INCIDENTS, Evening

(FIGHT,) = (incident for incident in INCIDENTS if incident.kind == "fight")


@pytest.mark.parametrize(
    ("camera", "zone", "begin", "seconds", "alarms"),
    [
        ("bar-square", "bars", FIGHT.start + 1, 8, 1),
        ("bar-square", "bars", FIGHT.start - 60, 8, 0),
        ("gate-east", "gate", 3600.0, 10, 0),
        ("gate-east", "gate", 10_000.0, 10, 0),
        ("front-left", "front", 20_000.0, 10, 0),
    ],
    ids=["fight", "before the fight", "walking in", "walking in later", "dancing"],
)
def test_only_rendered_fight_raises_alarm(camera: str, zone: str, begin: float, seconds: int, alarms: int) -> None:
    scorer = ViolenceScorer.load()
    rendered_frames = render_burst(Evening(), camera, zone, begin, 8 * seconds)
    times = [time for time, _ in rendered_frames]
    probabilities = score_clip(scorer, [decode(jpeg) for _, jpeg in rendered_frames], times)
    clip = scored(probabilities, times, alarms > 0, scorer.settings)
    assert len(alarm_times(clip.probabilities, clip.times, VIOLENCE_RULE.defaults)) == alarms
