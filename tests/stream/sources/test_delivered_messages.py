"""State file of delivered messages: it belongs to one mailbox, of any size."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.sources import delivered_messages
from stream.sources.delivered_messages import DeliveredMessages


def test_delivered_messages_persist_for_their_mailbox_only(tmp_path: Path) -> None:
    delivered = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    delivered.add(["m1"])
    delivered.set_last_uid(7, 12)
    delivered.save()
    reloaded = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    assert reloaded.has("m1")
    assert (reloaded.last_uid(7), reloaded.last_uid(8)) == (12, 0)
    other_mailbox = DeliveredMessages(tmp_path / "state.json", "imap://a@y/INBOX")
    assert not other_mailbox.has("m1")
    assert other_mailbox.last_uid(7) == 0
    assert "a@x" not in (tmp_path / "state.json").read_text()


def test_last_uid_never_decreases_except_after_renumbering(tmp_path: Path) -> None:
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    delivered.set_last_uid(1, 50)
    delivered.set_last_uid(1, 20)
    assert delivered.last_uid(1) == 50
    delivered.set_last_uid(2, 3)
    assert (delivered.last_uid(1), delivered.last_uid(2)) == (0, 3)


def test_mailbox_larger_than_the_limit_is_recorded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivered_messages, "MAX_NAMES", 100)
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    names = [f"m{number}" for number in range(250)]
    delivered.add(names)
    delivered.prune(set(names))
    assert all(delivered.has(name) for name in names)
    delivered.prune(set(names[200:]))
    assert all(delivered.has(name) for name in names[200:])
    assert sum(delivered.has(name) for name in names) == 100
    delivered.prune(set())  # the folder is unavailable for a moment
    assert all(delivered.has(name) for name in names[200:])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\x00" * 40])
def test_unreadable_state_file_is_logged_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "state.json").write_text(text)
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    assert delivered.last_uid(1) == 0
    assert "can't be read" in caplog.text
    delivered.add(["m"])
    delivered.save()
    assert DeliveredMessages(tmp_path / "state.json", "a").has("m")
