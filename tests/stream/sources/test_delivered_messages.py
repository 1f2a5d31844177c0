"""State file of delivered messages: it belongs to one mailbox, of any size."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.sources import delivered_messages
from stream.sources.delivered_messages import DeliveredMessages


def test_delivered_messages_persist_for_their_mailbox_only(tmp_path: Path) -> None:
    delivered = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    delivered.add(["m1"])
    delivered.add_uids(7, [12])
    delivered.close_range(7)
    delivered.save()
    reloaded = DeliveredMessages(tmp_path / "state.json", "imap://a@x/INBOX")
    assert reloaded.has("m1")
    assert (reloaded.last_uid(7), reloaded.last_uid(8)) == (12, 0)
    other_mailbox = DeliveredMessages(tmp_path / "state.json", "imap://a@y/INBOX")
    assert not other_mailbox.has("m1")
    assert other_mailbox.last_uid(7) == 0
    assert "a@x" not in (tmp_path / "state.json").read_text()


def test_newest_uids_come_first_and_new_ones_before_the_rest(tmp_path: Path) -> None:
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    uids = [1, 2, 3, 5, 8, 9]
    assert delivered.pending(7, uids) == [9, 8, 5, 3, 2, 1]
    delivered.add_uids(7, [9, 8])
    delivered.save()
    restarted = DeliveredMessages(tmp_path / "state.json", "a")
    assert restarted.pending(7, [*uids, 10, 11]) == [10, 11, 5, 3, 2, 1]
    restarted.add_uids(7, [10, 11, 5])
    assert restarted.pending(7, [*uids, 10, 11]) == [3, 2, 1]
    assert restarted.last_uid(7) == 0
    restarted.add_uids(7, [3, 2, 1])
    assert restarted.pending(7, [*uids, 10, 11]) == []
    restarted.close_range(7)
    assert (restarted.last_uid(7), restarted.highest_uid(7)) == (11, 11)
    assert restarted.pending(7, [*uids, 10, 11, 12]) == [12]


def test_renumbering_starts_anew_and_keeps_names(tmp_path: Path) -> None:
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    delivered.add(["m50"])
    delivered.add_uids(1, [50])
    assert delivered.pending(2, [1, 2]) == [2, 1]
    delivered.add_uids(2, [2])
    delivered.close_range(1)  # of a folder that was opened before
    assert (delivered.last_uid(1), delivered.highest_uid(2), delivered.pending(2, [1, 2])) == (0, 2, [1])
    assert delivered.has("m50")


def test_names_of_the_newest_messages_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivered_messages, "MAX_NAMES", 4)
    delivered = DeliveredMessages(tmp_path / "state.json", "a")
    delivered.add_older(["m3", "m4"])
    delivered.add_older(["m1", "m2"])
    delivered.add(["m5"])
    delivered.trim()
    assert [delivered.has(f"m{number}") for number in range(1, 6)] == [False, True, True, True, True]


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
