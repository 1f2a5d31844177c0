"""Tests of `pulso tag`: the table of a folder, its update, and continuation after a stop."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from processors.music.catalogue_table import CatalogueEntry, CatalogueError
from processors.music.tagger import Tagger
from schemas.music import MusicSettings
from stream.commands.cli import app
from stream.features.music import catalogue
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


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyze in this process: starting others takes seconds each time."""

    def analyzed(todo: Sequence[Path], jobs: int, known: frozenset[str]) -> Iterator[tuple[Path, CatalogueEntry]]:
        monkeypatch.setattr(catalogue, "_known_digests", known)
        return ((path, catalogue.analyze(str(path))) for path in todo)

    monkeypatch.setattr(catalogue, "_tagger", Tagger.load())
    monkeypatch.setattr(catalogue, "_analyzed_files", analyzed)


LATIN_1 = b"caf\xe9.wav".decode(errors="surrogateescape")
ODD_NAMES = (
    LATIN_1, "tab\there.wav", "two\nlines.wav", "carriage\rreturn.wav", "bell\x07.wav", "next\x85line.wav",
    "separator\u2028.wav", 'quote".wav', "comma, [red]markup.wav", "=1+1.wav", " space .wav", "\u202etxet.wav",
)  # fmt: skip


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("where", ["name", "folder"])
def test_odd_names_are_analyzed_once(folder: Path, where: str) -> None:
    for number, name in enumerate(ODD_NAMES):
        path = folder / name if where == "name" else folder / name / "song.wav"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(folder / "a.wav", path)
        os.utime(path, (1_000 + number, 1_000))
    table = folder / "tags.csv"
    first = tag_folder(folder, table, limits=MusicSettings())
    assert (first.unusable, len(first.entries)) == (0, 4 + len(ODD_NAMES))
    for name in ODD_NAMES:
        (folder / name if where == "name" else folder / name / "song.wav").write_bytes(b"no sound")
    refused = tag_folder(folder, table, limits=MusicSettings())
    assert refused.unusable == len(ODD_NAMES)
    again = tag_folder(folder, table, limits=MusicSettings())
    assert (again.analyzed, again.kept) == (0, 4 + len(ODD_NAMES))
    with table.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        names = {row["file"] for row in csv.DictReader(file)}
    assert names == set(NAMES) | {name if where == "name" else f"{name}/song.wav" for name in ODD_NAMES}


def test_command_survives_odd_names_and_reports_refusals(folder: Path) -> None:
    """Through a real process, since a terminal's encoding is part of it."""
    for name in ODD_NAMES:
        shutil.copy(folder / "a.wav", folder / name)
    (folder / "broken [x].wav").write_bytes(b"RIFF")
    (folder / "cover.jpg").write_bytes(b"no sound")
    command = [sys.executable, "-m", "stream.commands.cli", "tag", str(folder), "--jobs", "1"]
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"}
    for listened in (5, 0):
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        output = done.stderr.decode(errors="replace")
        assert done.returncode == 2, output
        assert f"{listened} listened to" in output
        assert "1 of 17 recordings could not be used" in output
        assert "2 other files left out, by their names no recordings: 1 .jpg, 1 .txt" in output
        assert "Traceback" not in output


@pytest.mark.usefixtures("in_process")
def test_folder_that_cannot_be_searched_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "locked").mkdir()
    scandir = os.scandir

    def denied(path: Path) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    result = tag_folder(folder, folder / "tags.csv", limits=MusicSettings())
    assert result.analyzed == 4
    assert result.unsearched == {"locked": "Permission denied"}
    assert not result.complete


@pytest.mark.usefixtures("in_process")
def test_links_are_followed_once_and_dead_ones_reported(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    (folder / "self.wav").symlink_to(folder / "self.wav")
    outside = folder.parent / f"{folder.name}-outside"
    outside.mkdir()
    shutil.copy(folder / "a.wav", outside / "there.wav")
    (folder / "linked").symlink_to(outside)
    os.mkfifo(folder / "pipe.wav")
    result = tag_folder(folder, folder / "tags.csv", limits=MusicSettings())
    assert set(result.entries) == {*NAMES, "gone.wav", "self.wav", "linked/there.wav"}
    assert "No such file" in result.entries["gone.wav"].error
    assert "symbolic links" in result.entries["self.wav"].error
    assert result.left_out == {".txt": 1, ".wav": 1}


@pytest.mark.usefixtures("in_process")
def test_file_that_could_not_be_read_is_tried_again(folder: Path) -> None:
    table = folder / "tags.csv"
    (folder / "late.wav").symlink_to(folder / "nowhere.wav")
    assert tag_folder(folder, table, limits=MusicSettings()).unusable == 1
    shutil.copy(folder / "a.wav", folder / "nowhere.wav")
    repaired = tag_folder(folder, table, limits=MusicSettings())
    assert (repaired.unusable, repaired.entries["late.wav"].error) == (0, "")


@pytest.mark.usefixtures("in_process")
def test_notes_are_stored_and_kept(folder: Path) -> None:
    table = folder / "tags.csv"
    sound, _ = soundfile.read(folder / "a.wav")
    soundfile.write(folder / "inverted.wav", np.stack([sound, -sound], axis=1), 22_050)
    damaged = bytearray((folder / "more" / "d.mp3").read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 4_000] = bytes(4_000)
    (folder / "more" / "d.mp3").write_bytes(damaged)
    for _ in range(2):
        result = tag_folder(folder, table, limits=MusicSettings())
        assert (result.unusable, result.noted) == (0, 2)
        found = rows(table)
        assert found["inverted.wav"]["note"] == "channel 1 and, inverted, 2 of 2"
        assert found["inverted.wav"]["genre"] == found["a.wav"]["genre"]
        assert "s can be read" in found["more/d.mp3"]["note"]
        assert found["a.wav"]["note"] == ""
    assert result.analyzed == 0


@pytest.mark.usefixtures("in_process")
def test_table_of_an_earlier_version_is_kept_but_its_refusals_are_not(folder: Path) -> None:
    table = folder / "tags.csv"
    (folder / "broken.wav").write_bytes(b"RIFF")
    tag_folder(folder, table, limits=MusicSettings())
    with table.open(encoding="utf-8", newline="") as file:
        before = [row[:-1] for row in csv.reader(file)]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(before)
    again = tag_folder(folder, table, limits=MusicSettings())
    assert (again.analyzed, again.kept) == (1, 4)
