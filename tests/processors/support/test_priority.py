"""Cries for help are seen in both languages, and questions about danger are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.support.encoder import Encoder
from processors.support.evaluation import evaluate
from processors.support.priority import Priorities

MAILS = Path(__file__).with_name("mails.jsonl")


@pytest.fixture(scope="module")
def priorities(encoder: Encoder) -> Priorities:
    return Priorities(encoder)


def test_our_own_mails(encoder: Encoder) -> None:
    """Sentences that are in none of the examples; the same people wrote both."""
    report = evaluate(MAILS, topics=None, encoder=encoder)
    assert report["urgent_recall"] >= 0.9
    assert report["priority_macro_f1"] >= 0.85
    assert report["language_accuracy"] == 1


@pytest.mark.parametrize(
    "text",
    ["Where are the emergency exits?", "¿Habrá fuegos artificiales?", "Where is the first aid point?",
     "I'd kill for two tickets", "¿Puedo llevar una navaja de camping?", "What happens if there is a fire?"],
)  # fmt: skip
def test_questions_about_danger(priorities: Priorities, text: str) -> None:
    assert priorities.of(text, priorities.encoder.encode([text]).vectors[0]).priority != "urgent"


def test_a_cry_for_help_at_the_end_of_a_long_mail(priorities: Priorities, encoder: Encoder) -> None:
    sentences = [
        "Hola, buenas tardes, os escribo desde el festival.",
        "El año pasado también vinimos y nos gustó mucho el sitio, la comida y los grupos que tocaron.",
        "Queríamos saber si este año hay parking para autobuses.",
        "Por cierto, una chica se ha desmayado aquí al lado y no responde.",
    ]
    text = " ".join(sentences)
    encoded = encoder.encode([text, *sentences]).vectors
    ranked = priorities.of(text, encoded[0], sentences, encoded[1:])
    assert ranked.priority == "urgent"


def test_machines_do_not_hurry(priorities: Priorities, encoder: Encoder) -> None:
    text = "Automatic reply: in an emergency call an ambulance"
    assert priorities.of(text, encoder.encode([text]).vectors[0], automatic=True).priority == "low"
