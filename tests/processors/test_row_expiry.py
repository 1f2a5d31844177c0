"""Tests of the expiry of rows by the clocks of their partitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors import row_expiry
from processors.row_expiry import RowExpiry, changed_hour, hour_number, with_changed_hour

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def partition(key: str) -> int:
    return int(key[0])


def row(time: datetime, content: bytes = b"{}") -> bytes:
    return with_changed_hour(content, hour_number(time))


def over(expiry: RowExpiry, rows: dict[bytes, bytes], *times: tuple[int, datetime]) -> dict[str, bytes | None]:
    """Advance by one batch and return what is to be written."""
    expiry.advance(times, rows.items())
    return expiry.over(rows.items())


def test_row_is_removed_once_it_is_idle_for_longer() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0a": row(AT)}
    assert over(expiry, rows, (0, AT + 2 * DAY)) == {}
    assert over(expiry, rows, (0, AT + 2 * DAY + timedelta(hours=1))) == {"0a": None}


def test_open_row_stays_for_ever_and_another_as_long_as_it_asks() -> None:
    kept = {"0open": None, "0long": 10 * DAY, "0short": 3 * DAY}
    expiry, rows = RowExpiry(2 * DAY, partition, lambda key, _row: kept[key]), {key.encode(): row(AT) for key in kept}
    assert over(expiry, rows, (0, AT + 5 * DAY)) == {"0short": None}
    assert over(expiry, rows, (0, AT + 400 * DAY)) == {"0short": None, "0long": None}


def test_partition_with_a_backlog_is_not_outrun() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0a": row(AT), b"1a": row(AT)}
    assert over(expiry, rows, (0, AT + timedelta(hours=1)), (1, AT + 5 * DAY)) == {"1a": None}


def test_rows_of_partitions_without_records_in_the_batch_are_left_to_their_worker() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0a": row(AT), b"1a": row(AT)}
    assert over(expiry, rows, (1, AT + 5 * DAY)) == {"1a": None}
    assert over(expiry, rows, (0, AT)) == {}


def test_clock_begins_at_the_last_change_in_its_partition() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0live": row(AT)}
    over(expiry, rows, (0, AT - 30 * DAY))  # the first record after a restart has waited, or says a wrong time
    rows[b"0late"] = with_changed_hour(b"{}", expiry.hour("0late"))
    assert changed_hour(rows[b"0late"]) == hour_number(AT)
    assert over(expiry, rows, (0, AT + timedelta(hours=2))) == {}


def test_clock_never_runs_back() -> None:
    expiry = RowExpiry(2 * DAY, partition)
    for time in (AT, AT - DAY):
        expiry.advance([(0, time)], ())
    assert expiry.hour("0a") == hour_number(AT)


def test_rows_are_scanned_once_an_hour_of_their_clock() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0a": row(AT)}
    over(expiry, rows, (0, AT + DAY))
    rows[b"0b"] = row(AT - 9 * DAY)
    assert over(expiry, rows, (0, AT + DAY + timedelta(minutes=59))) == {}
    assert over(expiry, rows, (0, AT + DAY + timedelta(minutes=60))) == {"0b": None}


def test_row_of_an_earlier_version_gets_an_hour_and_expires_then() -> None:
    expiry, rows = RowExpiry(2 * DAY, partition), {b"0a": b'{"version":1,"offset":7}'}
    marked = over(expiry, rows, (0, AT))
    assert marked == {"0a": b'{"version":1,"changed_hour":%d,"offset":7}' % hour_number(AT)}
    rows[b"0a"] = marked["0a"] or b""
    assert over(expiry, rows, (0, AT + 3 * DAY)) == {"0a": None}


def test_many_rows_are_removed_over_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_expiry, "MAX_ROWS", 2)
    expiry, rows = RowExpiry(2 * DAY, partition), {f"0{n}".encode(): row(AT) for n in range(5)}
    numbers = []
    for _ in range(4):
        found = over(expiry, rows, (0, AT + 9 * DAY))
        numbers.append(len(found))
        for key in found:
            del rows[key.encode()]
    assert numbers == [2, 2, 1, 0]
