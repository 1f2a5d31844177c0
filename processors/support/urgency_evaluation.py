"""Evaluation of urgency: recall and false alarms, by language, kind and writer, and at other thresholds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.evaluation import MailsFileError, first_value, mail_rows
from processors.support.mail_analysis import analyze_mail
from processors.support.priority import PRIORITIES, PriorityClassifier
from processors.support.requests import RequestClassifier
from processors.support.urgency_model import UrgencyModel
from schemas.support import Mail

GROUPS = ("language", "kind", "writer")
BOOTSTRAPS, INTERVAL, SEED = 2_000, (2.5, 97.5), 1
"""Resamplings of the mails, percentiles of the interval, and seed."""

CURVE = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)
"""Shares of false alarms at which the curve gives the recall."""

TIME = datetime(2026, 7, 4, 18, tzinfo=UTC)
LABELS = {"true": True, "1": True, "false": False, "0": False} | {name: name == "urgent" for name in PRIORITIES}

Mask = NDArray[np.bool_]


class UrgencyLabel(Struct, frozen=True):
    """A mail, whether people called it urgent, and the groups that it belongs to."""

    mail: Mail
    urgent: bool
    groups: Mapping[str, str]


def evaluate_urgency(
    path: Path,
    *,
    requests: RequestClassifier,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Classify all mails, and compare the results with the labels.

    The curve is that of the model's log odds, without the rules for mails of a word or three.

    Args:
        path: labelled mails, as `read_urgency_labels` reads them.
        requests: the classifier of requests.
        progress: called with the number of mails done and of all.

    Raises:
        MailsFileError: The file is not valid.
    """
    labelled = read_urgency_labels(path)
    priorities, model = PriorityClassifier(requests), UrgencyModel.load(requests.encoder)
    found, odds = np.zeros(len(labelled), bool), np.zeros(len(labelled))
    seconds = 0.0
    for index, label in enumerate(labelled):
        analysis = analyze_mail(label.mail, requests)
        began = time.perf_counter()
        found[index] = priorities.classify(analysis).priority == "urgent"
        seconds += time.perf_counter() - began
        odds[index] = model.log_odds(analysis)[0]
        progress(index + 1, len(labelled))
    urgent = np.array([label.urgent for label in labelled])
    report: dict[str, Any] = {"mails": len(labelled), **_figures(found, urgent), **_intervals(found, urgent)}
    report["seconds_per_decision"] = seconds / len(labelled)
    for group in GROUPS:
        names = np.array([label.groups[group] for label in labelled])
        if len(set(names)) > 1:
            rows = [
                {group: name, **_figures(found[names == name], urgent[names == name])} for name in sorted(set(names))
            ]
            report[f"by_{group}"] = rows
    report["curve"] = _curve(odds, urgent)
    return report


def _figures(found: Mask, urgent: Mask) -> dict[str, Any]:
    """Return recall and false alarms; None where there is nothing to divide by."""
    calm = ~urgent
    return {
        "urgent": int(urgent.sum()),
        "missed": int((urgent & ~found).sum()),
        "recall": float(found[urgent].mean()) if urgent.any() else None,
        "false_alarms": int((calm & found).sum()),
        "false_alarm_rate": float(found[calm].mean()) if calm.any() else None,
    }


def _intervals(found: Mask, urgent: Mask) -> dict[str, float]:
    """Return the intervals of both rates by resampling the urgent and the calm mails."""
    rng = np.random.default_rng(SEED)
    bounds: dict[str, float] = {}
    for name, group in (("recall", found[urgent]), ("false_alarm_rate", found[~urgent])):
        if len(group):
            rates = rng.choice(group, (BOOTSTRAPS, len(group))).mean(axis=1)
            bounds[f"{name}_low"], bounds[f"{name}_high"] = (float(one) for one in np.percentile(rates, INTERVAL))
    return bounds


def _curve(odds: NDArray[np.float64], urgent: Mask) -> list[dict[str, float]]:
    """Return recall and threshold at several shares of false alarms."""
    if urgent.all() or not urgent.any():
        return []
    limits = [(share, float(np.quantile(odds[~urgent], 1 - share, method="higher"))) for share in CURVE]
    return [
        {
            "false_alarm_rate": float((odds[~urgent] >= limit).mean()),
            "recall": float((odds[urgent] >= limit).mean()),
            "log_odds": limit,
        }
        for _, limit in limits
    ]


def read_urgency_labels(path: Path) -> list[UrgencyLabel]:
    """Read CSV or JSON lines with text, subject, or both, and urgent (true, false) or priority.

    The columns language (or lang), kind and writer may be missing; the writer is the part of an id before its hyphen.

    Raises:
        MailsFileError: a column is missing, or a line is not valid.
    """
    labels = [_label(path, line, row) for line, row in mail_rows(path)]
    if not labels:
        raise MailsFileError(f"{path} holds no mail")
    return labels


def _label(path: Path, line: int, row: Mapping[str, object]) -> UrgencyLabel:
    label = first_value(row, "urgent", "priority").lower()
    if label not in LABELS:
        raise MailsFileError(f"{path}, line {line}: urgent must be true or false, or priority one of {PRIORITIES}")
    subject, text = first_value(row, "subject"), first_value(row, "text", "body")
    if not subject and not text:
        raise MailsFileError(f"{path}, line {line}: no text and no subject")
    identity = first_value(row, "id") or str(line)
    groups = {
        "language": first_value(row, "language", "lang"),
        "kind": first_value(row, "kind"),
        "writer": first_value(row, "writer") or (identity.partition("-")[0] if "-" in identity else ""),
    }
    return UrgencyLabel(
        Mail(id=identity, thread=identity, time=TIME, subject=subject, text=text), LABELS[label], groups
    )
