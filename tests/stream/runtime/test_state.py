"""Live objects beside rows are used only while they stand for the row."""

from __future__ import annotations

from stream.runtime.state import LiveRows


def test_a_row_written_by_another_worker_is_built_anew() -> None:
    table: dict[bytes, bytes] = {}
    built: list[bytes | None] = []

    def build(_key: str, row: bytes | None) -> list[bytes | None]:
        built.append(row)
        return [row]

    rows = LiveRows(table, build)
    live = rows.get("a")
    row = b"mine"
    table[b"a"] = row
    rows.wrote("a", row, live)
    assert rows.get("a") is live
    table[b"a"] = b"theirs"
    assert rows.get("a") == [b"theirs"]
    rows.forget()
    rows.get("a")
    assert built == [None, b"theirs", b"theirs"]


def test_those_used_last_are_kept() -> None:
    built: list[str] = []
    rows = LiveRows({}, lambda key, _row: built.append(key), most=2)
    for key in "abacab":
        rows.get(key)
    assert "".join(built) == "abcb"
