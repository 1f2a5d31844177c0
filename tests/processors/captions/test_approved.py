"""Approved safety announcements."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.captions.approved import ApprovedTexts, ApprovedTextsError


def test_approved_text_is_found_but_for_case_accents_and_courtesy() -> None:
    texts = ApprovedTexts.load()

    assert texts.translation("EVACUEN EL RECINTO AHORA", "es") == "Please evacuate the venue now."
    assert texts.translation("Please, evacuate the venue now!", "en") == "Por favor, evacúen el recinto ahora."


def test_approved_text_keeps_the_gate() -> None:
    texts = ApprovedTexts.load()

    assert texts.translation("Please go to gate 12.", "en") == "Por favor, diríjanse a la puerta 12."
    assert texts.translation("la puerta b2 esta cerrada", "es") == "Gate B2 is closed."


@pytest.mark.parametrize(
    "sentence", ["Please do not evacuate the venue now.", "Gate 3 is not closed.", "Gate 3 and gate 4 are closed.", ""]
)
def test_other_sentences_have_no_approved_translation(sentence: str) -> None:
    assert ApprovedTexts.load().translation(sentence, "en") is None


def test_negation_is_never_lost_in_approved_texts() -> None:
    texts = ApprovedTexts.load()

    assert texts.translation("Do not run.", "en") == "No corran."
    assert texts.translation("Run.", "en") is None


def test_approved_texts_of_another_form_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "approved.yaml"
    file.write_text("- en: Hello\n", encoding="utf-8")
    with pytest.raises(ApprovedTextsError, match=r"approved\.yaml is not a YAML list"):
        ApprovedTexts.load(file)
    with pytest.raises(ApprovedTextsError, match="in both or in neither"):
        ApprovedTexts([("Gate {place} is closed.", "La puerta está cerrada.")])
