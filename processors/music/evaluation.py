"""Evaluation of mood and genre on labelled clips: a CSV with the columns clip and mood (or genre)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from processors.csv_table import TableError, read_table
from processors.music.audio import AudioError, decode
from processors.music.tagger import Tagger
from schemas.errors import PulsoError

Progress = Callable[[int, int], None]
"""Called with the number of clips done and their total."""


class ClipsFileError(PulsoError, ValueError):
    """The table can't be used; the message names the line."""


def evaluate_mood(table: Path, *, tagger: Tagger, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Return accuracy and macro-F1 of the moods.

    Raises:
        ClipsFileError: the table can't be used.
    """
    return _evaluate(table, "mood", tagger, progress)


def evaluate_genre(table: Path, *, tagger: Tagger, progress: Progress = lambda done, total: None) -> dict[str, Any]:
    """Return accuracy and macro-F1 of the genres.

    Raises:
        ClipsFileError: the table can't be used.
    """
    return _evaluate(table, "genre", tagger, progress)


def read_clips(table: Path, kind: str, labels: Collection[str]) -> list[tuple[Path, str]]:
    """Return the clips, relative to the table's folder, and their labels.

    Raises:
        ClipsFileError: a column is missing, a line has no clip or an unsupported label, or a clip does not exist.
    """
    clips: list[tuple[Path, str]] = []
    try:
        rows = read_table(table)
    except TableError as error:
        raise ClipsFileError(str(error)) from error
    clip = next((name for name in ("clip", "file", "path") if name in rows.columns), None)
    if clip is None or kind not in rows.columns:
        raise ClipsFileError(f"{table} has the columns {', '.join(rows.columns)}; clip and {kind} are needed")
    for row in rows.rows:
        name, label = row.text(clip, ""), row.text(kind, "").lower()
        if not name or not label:
            raise ClipsFileError(f"{table}, line {row.line}: {clip} or {kind} is empty")
        if label not in labels:
            raise ClipsFileError(f"{table}, line {row.line}: {kind} {label!r} is not one of {', '.join(labels)}")
        clips.append((table.parent / name, label))
    if not clips:
        raise ClipsFileError(f"{table} names no clip")
    # Checked before minutes are spent on the others.
    if missing := [path for path, _ in clips if not path.is_file()]:
        raise ClipsFileError(
            f"{table}: {len(missing)} of {len(clips)} clips do not exist, the first {missing[0]}; "
            "names are relative to the table's folder"
        )
    return clips


def _evaluate(table: Path, kind: Literal["mood", "genre"], tagger: Tagger, progress: Progress) -> dict[str, Any]:
    model = tagger.mood if kind == "mood" else tagger.genre
    labels: list[str] = list(model.card.settings["labels"])
    clips = read_clips(table, kind, labels)
    answers: list[dict[str, float]] = []
    unreadable, seconds = 0, 0.0
    for number, (path, _) in enumerate(clips):
        value = path.read_bytes()
        began = time.perf_counter()
        try:
            tags = tagger.tag(decode(value))
            answers.append(tags.moods if kind == "mood" else tags.genres)
        except AudioError:
            # Counts as a wrong answer: left out, it would flatter the figures.
            answers.append({})
            unreadable += 1
        # The first clip's time includes the libraries that are loaded on first use.
        if number or len(clips) == 1:
            seconds += time.perf_counter() - began
        progress(number + 1, len(clips))
    return {
        "model": model.card.name,
        "hash": model.card.sha256,
        "clips": len(clips),
        "unreadable": unreadable,
        **figures([label for _, label in clips], answers, labels),
        "seconds_per_clip": seconds / max(1, len(clips) - 1),
    }


def figures(actual: Sequence[str], answers: Sequence[dict[str, float]], labels: Sequence[str]) -> dict[str, Any]:
    """Return accuracy, macro-F1, calibration error and figures per class.

    Macro-F1 is the mean over the classes that occur. The calibration error is the expected calibration error (Naeini et
    al., AAAI 2015) with ten equal bins of confidence: the mean difference of confidence and share of right answers.

    Args:
        actual: true labels, (n,).
        answers: probabilities by label, n times; empty where there was no answer, which counts as wrong.
        labels: all labels.

    >>> found = figures(["sad", "happy"], [{"sad": 0.9, "happy": 0.1}, {"sad": 0.6, "happy": 0.4}], ["happy", "sad"])
    >>> found["accuracy"], round(found["calibration_error"], 3)
    (0.5, 0.35)
    """
    predicted = [max(answer, key=answer.__getitem__) if answer else "" for answer in answers]
    right = np.array([truth == given for truth, given in zip(actual, predicted, strict=True)], float)
    confidence = np.array([max(answer.values(), default=0.0) for answer in answers])
    bins = np.minimum((confidence * 10).astype(int), 9)
    error = sum(abs(float(np.sum(right[bins == b] - confidence[bins == b]))) for b in range(10)) / len(right)
    precision, recall, f1, support = precision_recall_fscore_support(actual, predicted, labels=labels, zero_division=0)
    return {
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean([value for value, clips in zip(f1, support, strict=True) if clips])),
        "calibration_error": error,
        "per_class": {
            label: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "clips": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
    }
