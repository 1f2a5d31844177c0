"""Clusters are called by a question without greeting and politeness, in whole words."""

from __future__ import annotations

import time

import pytest

from processors.support.question_label import short_question


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Buenas tardes, ¿dónde se recoge la pulsera? Gracias", "¿Dónde se recoge la pulsera?"),
        ("Hi team, please could you tell me when doors open", "When doors open"),
        ("¿Me podéis decir a qué hora cierra el camping?", "¿A qué hora cierra el camping?"),
        ("Hola", "Hola"),
        ("Gracias de antemano", "Gracias de antemano"),
        ("Hidden fees on my order", "Hidden fees on my order"),
        ("Buenaventura tickets", "Buenaventura tickets"),
        ("", ""),
        ("word " * 40, "Word word word word word word word word word word word…"),
        ("x" * 80, "X" + "x" * 58 + "…"),
    ],
)
def test_question_is_short_and_without_politeness(text: str, label: str) -> None:
    assert short_question(text) == label
    assert len(short_question(text)) <= 60


def test_malicious_text_takes_bounded_time() -> None:
    began = time.process_time()
    for text in ("hola " * 50_000, "¿" * 100_000, "gracias," * 30_000, "," * 100_000):
        short_question(text)
    assert time.process_time() - began < 2
