"""Manifest of training data: features are recomputed only for new and changed clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from processors.models.inference import open_model
from processors.music.audio import RATE
from training.music import describe
from training.music.manifest import manifest_of, version_of


def clip(path: Path, frequency: float) -> None:
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * frequency * np.arange(2 * RATE) / RATE), RATE)


def test_manifest_selects_only_changed_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, path = tmp_path / "mood.csv", tmp_path / "rows.npz"
    for number in range(3):
        clip(tmp_path / f"{number}.wav", 220 * (number + 1))
    table.write_text("clip,mood,artist\n0.wav,sad,a\n1.wav,happy,b\n2.wav,relax,b\n")
    sound = open_model("sound")
    monkeypatch.setattr(describe, "CHUNK", 2)
    assert describe.update(table, "mood", 0, sound, path) == 3
    before = dict(np.load(path))
    assert describe.update(table, "mood", 0, sound, path) == 0

    clip(tmp_path / "1.wav", 1_000)
    clip(tmp_path / "3.wav", 50)
    table.write_text("clip,mood,artist\n3.wav,sad,c\n0.wav,sad,a\n1.wav,happy,b\n")  # one gone, one new, one changed
    assert describe.update(table, "mood", 0, sound, path) == 2
    after = dict(np.load(path))
    assert after["clips"].tolist() == ["3.wav", "0.wav", "1.wav"]
    assert after["groups"].tolist() == ["c", "a", "b"]
    np.testing.assert_array_equal(after["x"][1], before["x"][0])
    assert not np.array_equal(after["x"][2], before["x"][1])


def test_manifest_version_depends_on_labels(tmp_path: Path) -> None:
    clip(tmp_path / "0.wav", 220)
    table = tmp_path / "mood.csv"
    table.write_text("clip,mood\n0.wav,sad\n")
    then = version_of(manifest_of(table, "mood"))
    table.write_text("clip,mood\n0.wav,happy\n")
    assert version_of(manifest_of(table, "mood")) != then
