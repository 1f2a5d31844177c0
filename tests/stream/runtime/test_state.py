"""State table: cached states are used only while they match their row, and rows have a version."""

from __future__ import annotations

import pytest

from stream.runtime.state import StateCodec, StateTable, StateVersionError


def test_state_row_of_other_worker_is_decoded_again() -> None:
    table: dict[bytes, bytes] = {}
    loaded: list[bytes | None] = []

    def load(_key: str, row: bytes | None) -> list[bytes | None]:
        loaded.append(row)
        return [row]

    states = StateTable(table, StateCodec(load, lambda _state: b'{"by":"me"}'))
    state = states.get("a")
    table[b"a"] = states.row_to_store("a", state)
    assert states.get("a") is state
    table[b"a"] = b'{"by":"them"}'
    assert states.get("a") == [b'{"by":"them"}']
    states.forget()
    states.get("a")
    assert loaded == [None, b'{"by":"them"}', b'{"by":"them"}']


def test_least_recently_used_state_is_dropped() -> None:
    loaded: list[str] = []
    states = StateTable({}, StateCodec(lambda key, _row: loaded.append(key), lambda _state: b"{}"), max_cached=2)
    for key in "abacab":
        states.get(key)
    assert "".join(loaded) == "abcb"


@pytest.mark.parametrize(("content", "row"), [(b"{}", b'{"version":2}'), (b'{"n":1}', b'{"version":2,"n":1}')])
def test_state_row_has_a_version(content: bytes, row: bytes) -> None:
    codec = StateCodec(lambda _key, row: row, lambda _state: content, version=2)
    assert codec.encode(None) == row
    assert codec.decode("a", b'{"n":1}') == b'{"n":1}', "a row without a version has version 1"


def test_state_row_of_newer_version_is_refused() -> None:
    codec = StateCodec(lambda _key, row: row, lambda _state: b"{}")
    with pytest.raises(StateVersionError, match="version 2"):
        codec.decode("a", b'{"version":2}')
