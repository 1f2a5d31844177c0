"""Comparison of a candidate with the model in use, and the gates that decide on it."""

from __future__ import annotations

import numpy as np
import pytest

from processors.models.comparison import Judged, compare, contradiction
from processors.models.inference import models_folder
from processors.models.promotion import MeasuredModel, read_requirements, refusal_reasons

LABELS = {"mood": ["angry", "happy", "relax", "sad"], "sentiment": ["negative", "neutral", "positive"]}


def answers(truth: list[str], labels: list[str], share_right: float, seed: int) -> list[str]:
    """Return labels of which a share is right, and the others the next one in the list."""
    right = np.random.default_rng(seed).random(len(truth)) < share_right
    wrong = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
    return [label if good else wrong[label] for label, good in zip(truth, right, strict=True)]


def measured(
    name: str, candidate: list[str], current: list[str], labels: list[str], truth: list[str] | None = None
) -> list[str]:
    """Return the reasons of the shipped gate against a candidate with these answers.

    Args:
        labels: what people said of the test part.
        truth: labels of the reference texts, if not the same.
    """
    truth = truth or labels
    groups = [str(number // 2) for number in range(len(truth))]
    figures = compare(Judged(LABELS[name], labels, groups, candidate, current), "test part")
    if name == "sentiment":
        figures |= compare(Judged(LABELS[name], truth, groups, candidate, current), "reference")
    else:
        figures |= compare(Judged(LABELS[name], labels, groups, candidate, current), "test part, overheard")
    figures["all labels"] = {"contradiction": contradiction(candidate, current)}
    reports = [
        {"macro_f1": figures[which]["macro_f1"], "worst_class_f1": figures[which]["macro_f1"]}
        for which in ("test part", "test part, model before")
    ]
    new = MeasuredModel(reports[0], figures, 0.1, 1.0)
    return refusal_reasons(new, MeasuredModel(reports[1], {}, 0.1, 1.0), read_requirements(models_folder() / name))


@pytest.mark.parametrize("name", LABELS)
def test_gate_lets_a_better_candidate_pass(name: str) -> None:
    truth = LABELS[name] * 40
    assert measured(name, answers(truth, LABELS[name], 0.9, 1), answers(truth, LABELS[name], 0.75, 2), truth) == []


@pytest.mark.parametrize("name", LABELS)
def test_gate_refuses_a_candidate_of_flipped_labels(name: str) -> None:
    truth = LABELS[name] * 40
    current = answers(truth, LABELS[name], 0.75, 2)
    flipped = answers(truth, LABELS[name], 0.1, 1)
    reasons = " ".join(measured(name, flipped, current, truth))
    assert "test part, change.macro_f1 is -" in reasons


@pytest.mark.parametrize("name", LABELS)
def test_gate_refuses_flipped_labels_that_are_in_the_test_part_too(name: str) -> None:
    truth = LABELS[name] * 40
    current = answers(truth, LABELS[name], 0.75, 2)
    flipped_truth = answers(truth, LABELS[name], 0.0, 1)
    reasons = measured(name, flipped_truth, current, flipped_truth, truth)  # perfect, by the labels it was given
    guard = "reference, change.macro_f1" if name == "sentiment" else "all labels.contradiction"
    assert len(reasons) == 1 and guard in reasons[0]


def test_intervals_are_wider_when_items_come_in_few_groups() -> None:
    truth = LABELS["mood"] * 20
    answered = answers(truth, LABELS["mood"], 0.7, 3)
    widths = []
    for size in (1, 20):
        groups = [str(number // size) for number in range(len(truth))]
        # Of a group, all or none are right.
        given = [
            label if int(group) % 2 else answer for label, answer, group in zip(truth, answered, groups, strict=True)
        ]
        figures = compare(Judged(LABELS["mood"], truth, groups, given, answered), "test part")["test part"]
        assert figures["accuracy_low"] <= figures["accuracy"] <= figures["accuracy_high"]
        widths.append(figures["accuracy_high"] - figures["accuracy_low"])
    assert widths[1] > widths[0]
