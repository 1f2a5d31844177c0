"""Evaluation of violence detection: figures checked by hand, and errors that name the line."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from processors.violence.clip import read_clip
from processors.violence.evaluation import clip_score, count_alarms, evaluate, read_list
from processors.violence.scorer import ViolenceScorer, ViolenceSettings

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "violence"


def write_clip(path: Path, frames: int, rate: float) -> None:
    """Write a clip whose frame i has the brightness 5 i."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    for index in range(frames):
        writer.write(np.full((48, 64, 3), index * 5, np.uint8))
    writer.release()


def test_clip_is_sampled_at_requested_rate(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.avi", 50, 25.0)
    frames, times = read_clip(tmp_path / "a.avi", 8.0)
    assert len(frames) == 16
    assert np.allclose(np.diff(times), 0.125, atol=0.036)
    brightness = [round(float(frame.mean()) / 5) for frame in frames]
    assert np.allclose(brightness, np.array(times) * 25, atol=1)


def test_slow_clip_is_read_completely(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.avi", 10, 5.0)
    frames, times = read_clip(tmp_path / "a.avi", 8.0)
    assert len(frames) == 10
    assert times[-1] == pytest.approx(1.8)


def test_reading_invalid_video_names_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 100)
    with pytest.raises(ValueError, match=r"broken\.mp4: not a video"):
        read_clip(broken, 8.0)
    with pytest.raises(ValueError, match="file not found"):
        read_clip(tmp_path / "missing.mp4", 8.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ('{"label": "fight"}', 'line 2: needs "clip"'),
        ('{"clip": "a.avi", "label": "brawl"}', 'line 2: "label" must be'),
        ('{"clip": "b.avi", "label": "fight"}', "line 2: .*b.avi does not exist"),
        ("[1]", 'line 2: needs "clip"'),
    ],
)
def test_invalid_line_of_list_is_named_by_number(tmp_path: Path, line: str, message: str) -> None:
    write_clip(tmp_path / "a.avi", 2, 8.0)
    listing = tmp_path / "clips.jsonl"
    listing.write_text('{"clip": "a.avi", "label": "normal", "source": "1", "set": "x"}\n' + line + "\n")
    with pytest.raises(ValueError, match=message):
        read_list(listing)


def test_empty_list_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "clips.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="no clips"):
        read_list(tmp_path / "clips.jsonl")


def test_long_clip_scores_highest_two_seconds() -> None:
    times = [i / 8 for i in range(80)]
    probabilities = [0.9 if 3 <= t < 5.2 else 0.1 for t in times]
    assert clip_score(probabilities, times, 1.0) == pytest.approx(0.9)
    assert clip_score([0.2, 0.4], [0.0, 0.1], 1.0) == 0.4


def test_short_spike_raises_no_alarm() -> None:
    settings = ViolenceSettings(raise_threshold=0.8, clear_threshold=0.4, minimum_seconds=0.5, warm_seconds=0.0)
    times = [i / 8 for i in range(16)]
    assert count_alarms([0.1] * 6 + [0.9] * 3 + [0.1] * 7, times, settings) == 0
    assert count_alarms([0.1] * 6 + [0.9] * 6 + [0.1] * 4, times, settings) == 1
    assert count_alarms([0.9] * 7 + [0.6] * 2 + [0.9] * 7, times, settings) == 1


def test_evaluation_figures_of_small_list(tmp_path: Path) -> None:
    rows = []
    for index, label in enumerate(["fight", "normal", "normal"]):
        write_clip(tmp_path / f"{index}.avi", 20, 10.0)
        rows.append({"clip": f"{index}.avi", "label": label, "source": str(index), "set": "ab"[index % 2]})
    (tmp_path / "clips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    calls: list[tuple[int, int]] = []
    scorer = ViolenceScorer.load()
    result = evaluate(tmp_path / "clips.jsonl", scorer=scorer, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert result["clips"] == 3
    assert result["model"] == scorer.identity
    assert result["normal_hours"] == pytest.approx(2 * 2.0 / 3600, rel=0.1)
    assert result["sets"]["b"]["auc"] is None
    assert result["auc"] == 0.5, "the three clips are identical"
    assert set(result["sets"]) == {"a", "b"}


@pytest.mark.shared
def test_real_fights_score_above_normal_clips(tmp_path: Path) -> None:
    """A sanity check on clips that the shipped model may have been trained on; held-out figures are in the card."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is missing")
    lines = (SHARED / "clips.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    chosen = [
        row
        for s in ("surveillance", "hockey")
        for row in [r for r in rows if r["set"] == s][:: 40 if s == "hockey" else 12]
    ]
    for row in chosen:
        row["clip"] = str(SHARED / row["clip"])
    (tmp_path / "clips.jsonl").write_text("\n".join(map(json.dumps, chosen)))
    result = evaluate(tmp_path / "clips.jsonl", scorer=ViolenceScorer.load())
    assert result["auc"] > 0.9
    assert result["accuracy"] > 0.8
