"""Evaluation of mood and genre: figures that can be checked by hand, and errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from processors.music.evaluation import ClipsFileError, evaluate_genre, evaluate_mood, figures
from processors.music.tagger import Tagger


@pytest.fixture(scope="module")
def tagger() -> Iterator[Tagger]:
    yield Tagger.load()


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    time = np.arange(2 * 22_050) / 22_050
    for number, frequency in enumerate((110, 220, 440)):
        soundfile.write(tmp_path / f"{number}.wav", 0.2 * np.sin(2 * np.pi * frequency * time), 22_050)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    return tmp_path


def table(folder: Path, text: str) -> Path:
    path = folder / "clips.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_figures_equal_values_by_hand() -> None:
    def sure(label: str) -> dict[str, float]:
        return {name: 0.7 if name == label else 0.1 for name in ("angry", "happy", "relax", "sad")}

    report = figures(
        ["sad", "sad", "relax", "happy"],
        [sure("sad"), sure("relax"), sure("relax"), {}],
        ["angry", "happy", "relax", "sad"],
    )
    assert report["accuracy"] == 0.5
    # relax: precision 1/2, recall 1; sad: precision 1, recall 1/2; happy 0; angry does not occur.
    assert report["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert report["per_class"]["sad"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "clips": 2}
    assert report["calibration_error"] == pytest.approx(abs(2 - 2.1) / 4)


def test_mood_table_is_evaluated(clips: Path, tagger: Tagger) -> None:
    progress_calls: list[tuple[int, int]] = []
    report = evaluate_mood(
        table(clips, "file,mood\n0.wav,sad\n1.wav,Happy\n2.wav,relax\nbroken.wav,angry\n"),
        tagger=tagger,
        progress=lambda done, total: progress_calls.append((done, total)),
    )
    assert report["clips"] == 4
    assert report["unreadable"] == 1
    assert report["per_class"]["angry"]["recall"] == 0
    assert 0 <= report["macro_f1"] <= 1
    assert report["seconds_per_clip"] > 0
    assert progress_calls[-1] == (4, 4)
    json.dumps(report, allow_nan=False)


def test_genre_table_with_one_clip_is_evaluated(clips: Path, tagger: Tagger) -> None:
    report = evaluate_genre(table(clips, "\ufeffclip,genre\n0.wav,rock\n"), tagger=tagger)
    assert report["accuracy"] in {0.0, 1.0}
    assert report["seconds_per_clip"] > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip,feeling\n0.wav,sad\n", "columns clip, feeling; clip and mood are needed"),
        ("sound,mood\n0.wav,sad\n", "clip and mood are needed"),
        ("clip,mood\n", "names no clip"),
        ("", "is empty: a line with the names of the columns is expected"),
        ("clip,mood\n0.wav,sad\n1.wav,\n", "line 3: clip or mood is empty"),
        ("clip,mood\n0.wav\n", "line 2: clip or mood is empty"),
        ("clip,mood\n0.wav,gloomy\n", "line 2: mood 'gloomy' is not one of angry, happy, relax, sad"),
        ("clip,mood\n0.wav,sad\nnot_there.wav,sad\n", "1 of 2 clips do not exist, the first .*not_there.wav"),
    ],
)
def test_invalid_table_is_reported_with_its_line(clips: Path, tagger: Tagger, text: str, message: str) -> None:
    with pytest.raises(ClipsFileError, match=message):
        evaluate_mood(table(clips, text), tagger=tagger)


def test_table_that_is_not_text_is_reported(tmp_path: Path, tagger: Tagger) -> None:
    (tmp_path / "clips.csv").write_bytes(b"\xff\xfe\x00clip")
    with pytest.raises(ClipsFileError, match="not valid UTF-16 text"):
        evaluate_mood(tmp_path / "clips.csv", tagger=tagger)
