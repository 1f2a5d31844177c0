"""Evaluation on files of labelled mails, and the errors for invalid files."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.support.evaluation import MailsFileError, evaluate, read_labelled_mails
from processors.support.requests import RequestClassifier

ROWS = (
    ("Where can I park?", "parking"),
    ("Is there parking for cars?", "parking"),
    ("I want a refund", "refund"),
    ("Please give me my money back", "refund"),
    ("¿Dónde se aparca?", "parking"),
    ("Quiero la devolución del dinero", "refund"),
)


def test_evaluation_reports_clusters(requests: RequestClassifier, tmp_path: Path) -> None:
    path = tmp_path / "mails.csv"
    path.write_text("text,intent\n" + "".join(f'"{t}",{i}\n' for t, i in ROWS), encoding="utf-8")
    progress_calls: list[tuple[int, int]] = []
    report = evaluate(
        path, topics=None, requests=requests, progress=lambda done, total: progress_calls.append((done, total))
    )
    assert report["messages"] == 6
    assert report["ari"] > 0.5
    assert report["ari_at_the_end"] > 0.5
    assert 2 <= report["clusters"] + report["not_grouped"] <= 3
    assert progress_calls[-1] == (6, 6)
    assert "urgent_recall" not in report


def test_evaluation_uses_given_topics(requests: RequestClassifier, tmp_path: Path) -> None:
    path, topics = tmp_path / "mails.csv", tmp_path / "topics.yaml"
    path.write_text("text,topic\n" + "".join(f'"{t}",{i}\n' for t, i in ROWS), encoding="utf-8")
    topics.write_text(
        "parking: [Where is the car park]\nrefund: [Refund my ticket, Give me back my money]\n", encoding="utf-8"
    )
    report = evaluate(path, topics=topics, requests=requests)
    assert report["topic_accuracy"] == report["topic_either"] == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "text,topic\n", "holds no mail"),
        ("a.csv", "text,topic\nhi,x\nhi, there,x\n", r"line 3: 3 cells for 2 columns"),
        ("a.csv", "text,topic,topic\nhi,x,x\n", r"line 1: the column 'topic' stands there twice"),
        ("a.csv", 'text,topic\nhi,x\n"hi,x\n', r"line 3: "),
        ("a.csv", "text,label\nhi,x\n", r"line 2: no topic .*text, label"),
        ("a.csv", "words,topic\nhi,x\n", r"line 2: no text"),
        ("a.csv", "text,topic,priority\nhi,x,soon\n", r"line 2: 'soon' is not a valid priority"),
        ("a.jsonl", '{"text": "hi", "topic": "x"}\n{"text": ', r"line 2: not JSON"),
        ("a.jsonl", "[1, 2]\n", r"line 1: an object"),
        ("a.jsonl", '\n{"text": "hi"}\n', r"line 2: no topic"),
    ],
)
def test_invalid_file_error_names_the_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MailsFileError, match=message):
        read_labelled_mails(path)


@pytest.mark.parametrize(
    "data",
    [
        "\ufefftext,topic\n¿Dónde aparco?,parking\n".encode(),
        "Text;Topic\r\n¿Dónde aparco?;parking\r\n".encode("cp1252"),
        'sep=;\ntext;topic;\n\n"¿Dónde aparco?";parking;\n'.encode(),
        "text\ttopic\n¿Dónde aparco?\tparking\n".encode("utf-16"),
    ],
)
def test_mails_are_read_as_spreadsheets_save_them(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert [(mail.text, mail.topic) for mail in read_labelled_mails(path)] == [("¿Dónde aparco?", "parking")]


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,topic\n\xff\xfe,x\n")
    with pytest.raises(MailsFileError, match="UTF-8"):
        read_labelled_mails(path)


def test_topic_may_be_the_number_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"subject": "a", "body": "b", "topic": 0, "lang": "Spanish"}\n', encoding="utf-8")
    (mail,) = read_labelled_mails(path)
    assert (mail.topic, mail.language, mail.subject) == ("0", "es", "a")


@pytest.mark.shared
def test_ticket_questions_cluster_better_than_tfidf(
    requests: RequestClassifier, shared_data: Path, tmp_path: Path
) -> None:
    """A thousand shuffled questions of 25 intents; the limit is well above the ARI with TF-IDF vectors."""
    import random

    lines = (shared_data / "text" / "event_ticketing.csv").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "some.csv"
    path.write_text("\n".join([lines[0], *random.Random(1).sample(lines[1:], 1000)]), encoding="utf-8")
    assert evaluate(path, topics=None, requests=requests)["ari"] > 0.38
