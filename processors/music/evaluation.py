"""Mood and genre measured on labelled clips: a CSV with the columns clip and mood (or genre)."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from processors.music.audio import AudioError, decode
from processors.music.tagger import Tagger

Progress = Callable[[int, int], None]


class ClipsFileError(ValueError):
    """The table can't be used; the message names the line."""


def evaluate_mood(table: Path, *, tagger: Tagger, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Accuracy and macro-F1 of moods; raises ClipsFileError when the table can't be used."""
    return _evaluate(table, "mood", tagger, progress)


def evaluate_genre(table: Path, *, tagger: Tagger, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Accuracy and macro-F1 of genres; raises ClipsFileError when the table can't be used."""
    return _evaluate(table, "genre", tagger, progress)


def read_clips(table: Path, kind: str) -> list[tuple[Path, str]]:
    """Clips, relative to the table's folder, and their labels.

    Raises:
        ClipsFileError: a column is missing, or a line has no clip or label.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or []
            clip = next((name for name in ("clip", "file", "path") if name in columns), None)
            if clip is None or kind not in columns:
                raise ClipsFileError(f"{table} has the columns {', '.join(columns)}; clip and {kind} are needed")
            found = []
            for row in rows:
                if not row[clip] or not row[kind]:
                    raise ClipsFileError(f"{table}, line {rows.line_num}: {clip} or {kind} is empty")
                found.append((table.parent / row[clip], row[kind].strip()))
    except UnicodeDecodeError as error:
        raise ClipsFileError(f"{table}: not UTF-8 text: {error}") from error
    if not found:
        raise ClipsFileError(f"{table} names no clip")
    return found


def _evaluate(table: Path, kind: Literal["mood", "genre"], tagger: Tagger, progress: Progress) -> dict[str, Any]:
    clips = read_clips(table, kind)
    model = tagger.mood if kind == "mood" else tagger.genre
    labels: list[str] = list(model.card.settings["labels"])
    actual, predicted, seconds = [], [], 0.0
    for number, (path, label) in enumerate(clips):
        if label not in labels:
            raise ClipsFileError(f"{table}: {kind} {label!r} of {path.name} is none of {', '.join(labels)}")
        try:
            value = path.read_bytes()
            began = time.perf_counter()
            tags = tagger.tag(decode(value))
        except (OSError, AudioError) as error:
            raise ClipsFileError(f"{path}: {error}") from error
        # The first clip pays for the libraries that are loaded on first use.
        seconds += time.perf_counter() - began if number else 0.0
        probabilities = tags.moods if kind == "mood" else tags.genres
        actual.append(label)
        predicted.append(max(probabilities, key=probabilities.__getitem__))
        progress(number + 1, len(clips))
    precision, recall, f1, support = precision_recall_fscore_support(actual, predicted, labels=labels, zero_division=0)
    return {
        "model": model.card.name,
        "hash": model.card.sha256,
        "clips": len(clips),
        "accuracy": float(accuracy_score(actual, predicted)),
        "macro_f1": float(sum(f for f, s in zip(f1, support, strict=True) if s) / max(1, sum(s > 0 for s in support))),
        "per_class": {
            label: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "clips": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
        "seconds_per_clip": seconds / max(1, len(clips) - 1),
    }
