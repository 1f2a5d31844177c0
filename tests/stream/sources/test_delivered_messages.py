"""What was delivered is remembered for one mailbox, without an end to its size, and never for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.sources import delivered_messages
from stream.sources.delivered_messages import DeliveredMessages


def test_delivered_messages_persist_for_their_mailbox_only(tmp_path: Path) -> None:
    one = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    one.add(["m1"])
    one.set_last_uid(7, 12)
    one.save()
    again = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    assert again.has("m1")
    assert (again.last_uid(7), again.last_uid(8)) == (12, 0)
    other = DeliveredMessages(tmp_path / "state.json", "imap://a@y/INBOX")
    assert not other.has("m1")
    assert other.last_uid(7) == 0
    assert "a@x" not in (tmp_path / "state.json").read_text()


def test_last_uid_never_decreases_except_after_renumbering(tmp_path: Path) -> None:
    one = DeliveredMessages(tmp_path / "state.json", "a")
    one.set_last_uid(1, 50)
    one.set_last_uid(1, 20)
    assert one.last_uid(1) == 50
    one.set_last_uid(2, 3)
    assert (one.last_uid(1), one.last_uid(2)) == (0, 3)


def test_mailbox_larger_than_the_limit_is_recorded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivered_messages, "MAX_NAMES", 100)
    one = DeliveredMessages(tmp_path / "state.json", "a")
    names = [f"m{number}" for number in range(250)]
    one.add(names)
    one.prune(set(names))
    assert all(one.has(name) for name in names)
    one.prune(set(names[200:]))
    assert all(one.has(name) for name in names[200:])
    assert sum(one.has(name) for name in names) == 100
    one.prune(set())  # the folder is away for a moment
    assert all(one.has(name) for name in names[200:])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\x00" * 40])
def test_a_broken_file_is_said_and_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    one = DeliveredMessages(tmp_path / "state.json", "a")
    assert one.last_uid(1) == 0
    assert "can't be read" in caplog.text
    one.add(["m"])
    one.save()
    assert DeliveredMessages(tmp_path / "state.json", "a").has("m")
