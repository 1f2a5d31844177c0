"""Messages in files: the newest first, and the separators of mbox files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stream.sources.mail_files import stored_mails
from stream.sources.mbox import mbox_messages

FIRST = "From eva@example.org Sat Jul  4 20:00:00 2026\n"
SECOND = "From - Sat Jul  4 20:01:00 2026\n"
HEAD = "From: eva@example.org\nSubject: {}\nMessage-ID: <{}@x>\n\n"


def subjects(path: Path) -> list[str]:
    return [data.decode().partition("Subject: ")[2].partition("\n")[0] for data in mbox_messages(path)]


def mbox(tmp_path: Path, text: str, name: str = "box") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "body",
    [
        "We are here.\nFrom here we see a boy who is not breathing.\n",
        "We are here.\n\nFrom here we see a boy who is not breathing.\nCome.\n",
        "We are here.\n\nFrom what I see at 20:00 in 2026 he is hurt\nCome now\n",
        "We are here.\n\nFrom the gate\nNote: he is hurt\n",
        ">From here we see it\n",
        "We are here.\n\nFrom here we see:\nDate: tomorrow, a boy is hurt\n",
        "We are here.\n\nFrom gate 2\nTo: stage, a man fell\n",
        "We are here.\n\nFrom us @ gate 2\nSubject: a girl fainted\n",
        "",
    ],
)
def test_sentence_that_begins_with_from_is_text(tmp_path: Path, body: str) -> None:
    text = FIRST + HEAD.format("one", "a") + body + "\n" + SECOND + HEAD.format("two", "b") + "ok\n"
    path = mbox(tmp_path, text)
    assert subjects(path) == ["two", "one"]
    assert list(mbox_messages(path))[1].decode() == HEAD.format("one", "a") + body.replace(">From", "From") + "\n"


@pytest.mark.parametrize(
    "separator",
    [
        "From eva@example.org Sat Jul  4 20:01:00 2026\n",
        "From 1234@xxx Sat Jul 04 20:01:00 +0000 2026\n",
        "From MAILER-DAEMON Sat Jul  4 20:01 2026\n",
        "From ???@??? Sat Jul 04 20:01:00 2026\n",
        "From eva@example.org\n",
    ],
)
def test_usual_separators_are_known(tmp_path: Path, separator: str) -> None:
    text = FIRST + HEAD.format("one", "a") + "x\n\n" + separator + HEAD.format("two", "b") + "y\n"
    assert subjects(mbox(tmp_path, text)) == ["two", "one"]


def test_separator_with_date_needs_no_empty_line(tmp_path: Path) -> None:
    assert subjects(mbox(tmp_path, FIRST + HEAD.format("one", "a") + "x\n" + FIRST + HEAD.format("two", "b"))) == [
        "two",
        "one",
    ]


@pytest.mark.parametrize("text", ["", "From ", "no mbox at all\n", "From a\nFrom b\n"])
def test_file_without_messages_is_empty(tmp_path: Path, text: str) -> None:
    assert subjects(mbox(tmp_path, text)) == []


def test_same_message_id_has_two_names_and_flags_change_none(tmp_path: Path) -> None:
    head = HEAD.format("one", "form")
    text = FIRST + head + "¿Hay sitio?\n\n" + SECOND + head + "Hay fuego\n"
    names = [mail.name for mail in stored_mails(mbox(tmp_path, text), settled=False)]
    assert len(set(names)) == 2
    flagged = text.replace(head, "Status: RO\nX-Mozilla-Status: 0001\n" + head)
    assert [mail.name for mail in stored_mails(mbox(tmp_path, flagged, "flagged"), settled=False)] == names


def test_newest_file_comes_first(tmp_path: Path) -> None:
    for name, date in (
        ("b", "Sat, 04 Jul 2026 10:00:00 +0000"),
        ("a", "Sat, 04 Jul 2026 12:00:00 +0000"),
        ("c", "Fri, 05 Jul 2024 10:00:00 +0000"),
    ):
        (tmp_path / f"{name}.eml").write_text(f"Date: {date}\nSubject: {name}\n\nx", encoding="utf-8")
    (tmp_path / "undated.eml").write_text("Subject: d\n\nx", encoding="utf-8")
    os.utime(tmp_path / "undated.eml", (1_783_160_000, 1_783_160_000))  # 4 July 2026, 10:13 UTC
    assert [mail.name for mail in stored_mails(tmp_path, settled=False)] == ["a.eml", "undated.eml", "b.eml", "c.eml"]
    known = [mail.name for mail in stored_mails(tmp_path, settled=False, is_known=lambda name: name == "a.eml")]
    assert known == ["undated.eml", "b.eml", "c.eml", "a.eml"]


def test_newest_message_of_a_maildir_comes_first(tmp_path: Path) -> None:
    for part in ("cur", "new"):
        (tmp_path / part).mkdir()
    for name in (
        "new/1783160000.a.host",
        "new/1783170000.b.host",
        "cur/1720000000.c.host:2,S",
        "cur/1783150000.d.host:2,",
    ):
        (tmp_path / name).write_bytes(b"Subject: s\n\nx")
    names = [mail.name for mail in stored_mails(tmp_path)]
    assert names == ["1783170000.b.host", "1783160000.a.host", "1783150000.d.host", "1720000000.c.host"]


@pytest.mark.parametrize("before", ["\ufeff", ""], ids=["mark", "none"])
@pytest.mark.parametrize("after", [">From uucp Sat Jul  4 19:00:00 2026\n", ""], ids=["escaped", "none"])
def test_first_message_is_read_after_odd_beginnings(tmp_path: Path, before: str, after: str) -> None:
    text = before + FIRST + after + HEAD.format("one", "a") + "x\n\n" + SECOND + HEAD.format("two", "b") + "y\n"
    assert subjects(mbox(tmp_path, text)) == ["two", "one"]
