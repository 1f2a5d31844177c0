"""Evaluation of gate counting on rendered crowds with known heads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processors.attendance.gate_evaluation import evaluate
from processors.crowd.density import CrowdCounter
from processors.crowd.evaluation import HeadsFileError
from simulation.crowd_images import render
from simulation.evening import Evening, clock


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two rendered crowds and the positions of their heads."""
    folder = tmp_path_factory.mktemp("gates")
    labels = {}
    for camera, zone, at in (("bar-square", "bars", "20:05"), ("front-left", "front", "21:00")):
        rendering = render(Evening(), camera, zone, clock(at))
        (folder / f"{camera}.jpg").write_bytes(rendering.jpeg())
        labels[f"{camera}.jpg"] = {"width": 640, "height": 480, "heads": rendering.heads.tolist()}
    (folder / "heads.json").write_text(json.dumps(labels))
    return folder


def test_evaluation_counts_heads_moving_past_line(rendered: Path, counter: CrowdCounter) -> None:
    report = evaluate(rendered, counter=counter)
    assert report["sequences"] == 2 and report["crossed"] > 30
    assert report["motion alone"]["wape"] < 0.25 and report["wape"] < 0.4
    assert report["wrong way"] < 0.1
    assert sum(band["crossed"] for band in report["bands"].values()) == pytest.approx(report["crossed"])


def test_missing_picture_is_named(rendered: Path, counter: CrowdCounter, tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_text('{"gone.jpg": {"heads": [[1, 2]]}}')
    with pytest.raises(HeadsFileError, match=r"gone\.jpg"):
        evaluate(tmp_path, counter=counter)
    (tmp_path / "heads.json").write_text('{"gone.jpg": {"heads": [[1, 2], [3]]}}')
    with pytest.raises(HeadsFileError, match="is not"):
        evaluate(tmp_path, counter=counter)
