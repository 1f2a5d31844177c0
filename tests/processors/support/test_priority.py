"""Calls for help are urgent in both languages, and questions about danger are not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.support.evaluation import evaluate
from processors.support.mail_analysis import analyze_mail
from processors.support.priority import PriorityClassifier
from processors.support.requests import RequestClassifier
from schemas.support import Mail

FOLDER = Path(__file__).parent
START = datetime(2026, 7, 4, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def priority(requests: RequestClassifier) -> PriorityOfText:
    return PriorityOfText(requests)


class PriorityOfText:
    def __init__(self, requests: RequestClassifier) -> None:
        self._requests, self._priorities = requests, PriorityClassifier(requests)

    def __call__(self, text: str, *, automatic: bool = False) -> str:
        mail = Mail(id="m", thread="t", time=START, text=text, automatic=automatic)
        return self._priorities.classify(analyze_mail(mail, self._requests)).priority


def test_short_mails_meet_recall_and_macro_f1(requests: RequestClassifier) -> None:
    """Evaluate sentences that are not among the examples; both were written by the same people."""
    report = evaluate(FOLDER / "mails.jsonl", topics=None, requests=requests)
    assert report["urgent_recall"] >= 0.9
    assert report["priority_macro_f1"] >= 0.85
    assert report["language_accuracy"] == 1


@pytest.mark.parametrize(("name", "alarms"), [("festival_mails", 0.08), ("danger_mails", 0.25)])
def test_held_out_mails_meet_recall_and_false_alarms(
    requests: RequestClassifier, tmp_path: Path, name: str, alarms: float
) -> None:
    """Evaluate on the held-out halves: at most one call for help in twenty is missed.

    Half of the calm danger mails name an illness, a knife, a lost child's ticket or a noise that kills.
    """
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    half = tmp_path / "half.jsonl"
    half.write_text("\n".join(line for line in lines if json.loads(line)["part"] == "report"), encoding="utf-8")
    report = evaluate(half, topics=None, requests=requests)
    assert report["urgent_recall"] >= 0.95
    assert report["urgent_false_alarm_rate"] < alarms


@pytest.mark.parametrize(("text", "expected"), [
    ("Hello, we live across the road. The children can't sleep. Could you turn the music down?", "normal"),
    ("Hello, what a lovely day. Could you turn the music down? My wife is not breathing. Thank you!", "urgent"),
])  # fmt: skip
def test_danger_of_a_sentence_depends_on_its_mail(priority: PriorityOfText, text: str, expected: str) -> None:
    assert (priority(text) == "urgent") == (expected == "urgent")


@pytest.mark.parametrize(
    "text",
    ["Where are the emergency exits?", "¿Habrá fuegos artificiales?", "Where is the first aid point?",
     "I'd kill for two tickets", "¿Puedo llevar una navaja de camping?", "What happens if there is a fire?",
     "He perdido una mochila negra", "I lost my black rucksack near the stage", "Mi hijo ha perdido su chaqueta"],
)  # fmt: skip
def test_question_about_danger_is_not_urgent(priority: PriorityOfText, text: str) -> None:
    assert priority(text) != "urgent"


@pytest.mark.parametrize(
    "text",
    ["una xica se a desmallao en la cola", "somone fainted near teh bar", "ay fuego en una tienda del camping",
     "theres a fier in the kitchen tent", "no encontramos a nuestra ija de 4 años", "we lost our litle boy",
     "se le inxa la garganta, es alergico al cacahuete", "alergic reaction she cant breath",
     "un tio dice q nos va a matar", "he thretened us with a knive"],
)  # fmt: skip
def test_mistyped_danger_is_urgent(priority: PriorityOfText, text: str) -> None:
    assert priority(text) == "urgent"


def test_call_for_help_at_the_end_of_a_long_mail_is_urgent(priority: PriorityOfText) -> None:
    text = (
        "Hola, buenas tardes, os escribo desde el festival. "
        "El año pasado también vinimos y nos gustó mucho el sitio, la comida y los grupos que tocaron. "
        "Queríamos saber si este año hay parking para autobuses. "
        "Por cierto, una chica se ha desmayado aquí al lado y no responde."
    )
    assert priority(text) == "urgent"


def test_automatic_reply_has_low_priority(priority: PriorityOfText) -> None:
    assert priority("Automatic reply: in an emergency call an ambulance", automatic=True) == "low"
