"""The urgency classifier knows danger without danger words, deadlines, and what is over, in seven languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.models.inference import ModelError, models_folder
from processors.support.evaluation import MailsFileError
from processors.support.mail_analysis import analyze_mail
from processors.support.priority import PriorityClassifier
from processors.support.requests import RequestClassifier
from processors.support.urgency_evaluation import evaluate_urgency
from processors.support.urgency_model import TermRegression, UrgencyModel
from processors.support.urgency_terms import concept_terms, stem_terms, tokens_of
from schemas.support import Mail

START = datetime(2026, 7, 4, 18, tzinfo=UTC)
URGENT = (
    "Le hemos medido el azúcar y tiene 310, habla raro y no sabe dónde está",
    "We are squeezed at the gate, we can't move and my friend is crying",
    "El bus sale en veinte minutos y no nos dejan salir del aparcamiento",
    "El meu pare s'ha marejat i no ens contesta, som a la porta sud",
    "A minha irmã não consegue respirar, estamos ao lado do palco",
    "Ma copine a bu un verre et ne se réveille plus, on est devant les toilettes",
    "Mein Kind ist weg, wir sind am Eingang, bitte schnell",
    "Mia nonna è caduta e non si muove, siamo vicino al palco",
)
CALM = (
    "El año pasado mi hermano se desmayó y lo atendisteis muy bien, gracias",
    "She was found an hour ago, thank you all, no need to come",
    "URGENT!!! I want my refund NOW or you will hear from my lawyer",
    "La meva filla és al·lèrgica als fruits secs, hi haurà menú per a ella?",
    "O meu filho perdeu a carteira ontem, alguém a encontrou?",
    "L'année dernière ma mère a fait un malaise, y aura-t-il plus d'ombre cette fois ?",
    "Was mache ich, wenn mein Kind verloren geht? Wir kommen im August",
    "Concerto da infarto, siamo morti dal ridere, bravi",
)


@pytest.mark.parametrize("text", URGENT)
def test_danger_without_its_word_is_urgent(requests: RequestClassifier, text: str) -> None:
    assert _priority(requests, text) == "urgent"


@pytest.mark.parametrize("text", CALM)
def test_danger_that_is_over_or_asked_about_is_not_urgent(requests: RequestClassifier, text: str) -> None:
    assert _priority(requests, text) != "urgent"


def test_sentence_that_made_a_mail_urgent_is_named(requests: RequestClassifier) -> None:
    text = "Hello, the food was lovely. My wife has collapsed and is not breathing. Is there a bus on Sunday?"
    mail = Mail(id="m", thread="t", time=START, text=text)
    decision = PriorityClassifier(requests).classify(analyze_mail(mail, requests))
    assert (decision.priority, decision.sentence) == ("urgent", 1)


def test_concepts_are_the_same_in_all_languages() -> None:
    same = [concept_terms(tokens_of(text)) for text in ("my daughter", "mi hija", "la meva filla", "ma fille")]
    assert all({"child", "i", "i>child"} <= terms for terms in same)


def test_terms_of_an_empty_text_give_the_intercept() -> None:
    assert TermRegression({"fire": (1.0, 2.0)}, -3.0).log_odds(stem_terms(tokens_of(" "))) == -3.0


def test_model_of_another_encoder_is_refused(requests: RequestClassifier, tmp_path: Path) -> None:
    shipped = models_folder() / "urgency"
    (tmp_path / "urgency").mkdir()
    (tmp_path / "urgency" / "model.npz").write_bytes((shipped / "model.npz").read_bytes())
    card = (shipped / "card.yaml").read_text(encoding="utf-8")
    (tmp_path / "urgency" / "card.yaml").write_text(card.replace("encoder_sha256: ", "encoder_sha256: x"), "utf-8")
    with pytest.raises(ModelError, match="another encoder"):
        UrgencyModel.load(requests.encoder, tmp_path)


def test_evaluation_counts_by_language_and_writer(requests: RequestClassifier, tmp_path: Path) -> None:
    rows = [
        {"id": "A-1", "language": "es", "text": "Mi hija no respira, estamos en la entrada", "urgent": True},
        {"id": "A-2", "language": "en", "text": "Where can I park my car on Saturday?", "urgent": False},
        {"id": "B-1", "language": "en", "subject": "Refund", "text": "Please refund my ticket", "urgent": False},
    ]
    path = tmp_path / "mails.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = evaluate_urgency(path, requests=requests)
    assert (report["recall"], report["false_alarms"], report["missed"]) == (1.0, 0, 0)
    assert [(row["writer"], row["urgent"]) for row in report["by_writer"]] == [("A", 1), ("B", 0)]
    assert report["curve"][0]["recall"] == 1.0


@pytest.mark.parametrize("row", [{"text": "Hola"}, {"text": "Hola", "urgent": "perhaps"}, {"urgent": True}])
def test_evaluation_refuses_mails_without_label_or_text(
    requests: RequestClassifier, tmp_path: Path, row: dict[str, object]
) -> None:
    path = tmp_path / "mails.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(MailsFileError, match="line 1"):
        evaluate_urgency(path, requests=requests)


def _priority(requests: RequestClassifier, text: str) -> str:
    mail = Mail(id="m", thread="t", time=START, text=text)
    return PriorityClassifier(requests).classify(analyze_mail(mail, requests)).priority
