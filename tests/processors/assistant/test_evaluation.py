"""Evaluation of the assistant: right, wrong, handed over, threads by list and by id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processors.assistant.evaluation import QuestionsFileError, evaluate, read_questions
from processors.support.encoder import Encoder
from processors.support.requests import RequestClassifier
from tests.processors.assistant.small_festival import write_festival

NOW = "2024-08-02T20:12:00+02:00"


def row(number: int, question: str, thread: object = None, **expect: object) -> dict[str, object]:
    return {"id": f"q{number}", "lang": "en", "question": question, "now": NOW, "thread": thread, "expect": expect}


def test_figures_of_right_wrong_and_handed_over(tmp_path: Path) -> None:
    rows = [
        row(
            1,
            "When does Paper Tigers play?",
            "a",
            must_contain=["21:00", ["Pinar", "Lago"]],
            must_not_contain=["23:00"],
        ),
        row(2, "And where?", "a", must_contain=["Pinar"]),
        row(3, "and where?", ["When does Paper Tigers play?"], must_contain=["Pinar"]),
        row(4, "When does Paper Tigers play?", must_contain=["22:15"]),
        row(5, "Is there wifi?", handover=True),
        row(6, "my friend fainted, help", urgent=True, handover=True),
    ]
    folder = write_festival(tmp_path)
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    answers = tmp_path / "answers.jsonl"
    report = evaluate(folder, requests=RequestClassifier.load(Encoder.load()), answers=answers)
    assert (report["questions"], report["answered_right"], report["answered_wrong"]) == (6, 0.75, pytest.approx(1 / 6))
    assert (report["handed_over_right"], report["danger_recall"], report["danger_false"]) == (1, 1, 0)
    assert set(report["per_kind"]) == {"answer", "thread", "handover", "danger"}
    written = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in written] == [f"q{number}" for number in range(1, 7)]


def test_invalid_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "q1"}\n', encoding="utf-8")
    with pytest.raises(QuestionsFileError, match="line 1"):
        read_questions(path)
