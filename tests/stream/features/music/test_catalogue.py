"""Tests of `pulso tag`: the table of a folder, its update, and continuation after a stop."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from processors.music.catalogue_table import CatalogueError
from schemas.music import MusicSettings
from stream.commands.cli import app
from stream.features.music.catalogue import tag_folder

NAMES = ("a.wav", "b.flac", "more/c.ogg", "more/d.mp3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with four recordings of chords, a hidden one and a text file."""
    (tmp_path / "more").mkdir()
    time_ = np.arange(3 * 22_050) / 22_050
    for number, name in enumerate(NAMES):
        chord = sum(np.sin(2 * np.pi * f * 2 ** (number / 3) * time_) for f in (220, 277.2, 329.6))
        soundfile.write(tmp_path / name, 0.1 * np.asarray(chord), 22_050)
    shutil.copy(tmp_path / "a.wav", tmp_path / ".hidden.wav")
    (tmp_path / "notes.txt").write_text("no recording")
    return tmp_path


def rows(table: Path) -> dict[str, dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_only_new_and_changed_files_are_analyzed(folder: Path) -> None:
    table = folder / "tags.csv"
    first = tag_folder(folder, table, limits=MusicSettings())
    assert (first.analyzed, first.kept, first.unusable) == (4, 0, 0)
    before = rows(table)
    assert list(before) == list(NAMES)
    assert float(before["a.wav"]["mood_confidence"]) == max(
        float(value) for name, value in before["a.wav"].items() if name.startswith("mood ") and value
    )

    soundfile.write(folder / "new.wav", np.random.default_rng(0).normal(0, 0.1, 44_100), 22_050)
    shutil.copy(folder / "new.wav", folder / "a.wav")  # changed, and of the same content as the new one
    (folder / "b.flac").rename(folder / "moved.flac")
    os.utime(folder / "more" / "c.ogg")
    (folder / "broken.wav").write_bytes(b"RIFF")
    second = tag_folder(folder, table, limits=MusicSettings())
    assert (second.analyzed, second.kept, second.unusable) == (2, 4, 1)
    after = rows(table)
    assert set(after) == {"a.wav", "new.wav", "moved.flac", "broken.wav", "more/c.ogg", "more/d.mp3"}
    assert after["moved.flac"]["mood sad"] == before["b.flac"]["mood sad"]
    assert "cut-off WAV" in after["broken.wav"]["error"]
    assert after["broken.wav"]["mood"] == ""

    third = tag_folder(folder, table, limits=MusicSettings())
    assert (third.analyzed, third.kept, third.unusable) == (0, 6, 1)


def test_other_limits_change_labels_without_analysis(folder: Path) -> None:
    table = folder / "tags.csv"
    tag_folder(folder, table, limits=MusicSettings(mood_limit=0, genre_limit=0))
    assert "unsure" not in {row["mood"] for row in rows(table).values()}
    relabelled = tag_folder(folder, table, limits=MusicSettings(mood_limit=1, genre_limit=1))
    assert relabelled.analyzed == 0
    assert {row["mood"] for row in rows(table).values()} <= {"unsure", "unknown"}
    assert {row["genre"] for row in rows(table).values()} == {"unknown"}


def test_next_run_continues_after_kill(folder: Path) -> None:
    table = folder / "tags.csv"
    command = [sys.executable, "-m", "stream.commands.cli", "tag", str(folder), "--out", str(table), "--jobs", "1"]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while not (table.exists() and len(table.read_text().splitlines()) > 1):
        assert running.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    result = len(rows(table))
    with table.open("a") as file:
        file.write("more/d.mp3,sad,0.9")  # a row that the crash cut off
    continued = tag_folder(folder, table, limits=MusicSettings())
    assert continued.kept >= min(result, 4) > 0
    assert continued.kept + continued.analyzed == 4
    assert list(rows(table)) == list(NAMES)


def test_foreign_table_is_not_overwritten(folder: Path) -> None:
    table = folder / "budget.csv"
    table.write_text("what,euro\nband,900\n")
    with pytest.raises(CatalogueError, match="stays as it is"):
        tag_folder(folder, table, limits=MusicSettings())
    assert table.read_text() == "what,euro\nband,900\n"


def test_command_prints_summary(folder: Path) -> None:
    result = CliRunner().invoke(app, ["tag", str(folder), "--unsure-below", "1", "--jobs", "2"])
    assert result.exit_code == 0, result.output
    assert "4 listened to, 0 as before, 0 unusable" in result.output
    assert "unsure" in result.output
    empty = folder / "empty"
    empty.mkdir()
    refused = CliRunner().invoke(app, ["tag", str(empty)])
    assert refused.exit_code == 2
    assert "holds no recording" in refused.output


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_formats_of_ffmpeg_are_read(folder: Path) -> None:
    for name in NAMES[1:]:
        (folder / name).unlink()
    subprocess.run(["ffmpeg", "-v", "error", "-i", folder / "a.wav", "-c:a", "aac", folder / "a.m4a"], check=True)
    result = tag_folder(folder, folder / "tags.csv", limits=MusicSettings())
    assert not result.unusable
    assert result.entries["a.m4a"].song is not None
