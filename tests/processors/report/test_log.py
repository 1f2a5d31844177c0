"""Any change of a signed log is found."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.report.log import LogEntry, LogError, signed_lines, verify_log

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))

BODIES = st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=20), st.integers(), st.floats(-9, 9)))
ENTRIES = st.lists(st.builds(LogEntry, st.sampled_from(["alerts", "audit"]), BODIES), max_size=6)


CASES = settings(max_examples=60, deadline=None)


def lines_of(entries: list[LogEntry], key: Ed25519PrivateKey = KEY) -> list[bytes]:
    return list(signed_lines("2026-07-04", "Test", entries, key))


@CASES
@given(ENTRIES)
def test_untouched_log_is_verified_with_its_entries(entries: list[LogEntry]) -> None:
    verified = verify_log(b"".join(lines_of(entries)), KEY.public_key())
    assert (verified.day, verified.venue, list(verified.entries)) == ("2026-07-04", "Test", entries)


@CASES
@given(ENTRIES, st.data())
def test_any_changed_byte_is_found(entries: list[LogEntry], data: st.DataObject) -> None:
    content = bytearray(b"".join(lines_of(entries)))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    with pytest.raises(LogError):
        verify_log(bytes(content), KEY.public_key())


@CASES
@given(ENTRIES, st.data())
def test_any_truncation_is_found(entries: list[LogEntry], data: st.DataObject) -> None:
    content = b"".join(lines_of(entries))
    with pytest.raises(LogError):
        verify_log(content[: data.draw(st.integers(0, len(content) - 1))], KEY.public_key())


@CASES
@given(ENTRIES, st.data())
def test_any_removed_moved_or_repeated_line_is_found(entries: list[LogEntry], data: st.DataObject) -> None:
    lines = lines_of(entries)
    places = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=10))
    changed = [lines[place] for place in places]
    if changed == lines:
        return
    with pytest.raises(LogError):
        verify_log(b"".join(changed), KEY.public_key())


@CASES
@given(ENTRIES, ENTRIES, st.data())
def test_line_inserted_from_another_log_is_found(
    entries: list[LogEntry], others: list[LogEntry], data: st.DataObject
) -> None:
    lines, foreign = lines_of(entries), list(signed_lines("2026-07-05", "Test", others, KEY))
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(foreign)))
    with pytest.raises(LogError):
        verify_log(b"".join(lines), KEY.public_key())


def test_log_of_another_key_is_refused() -> None:
    with pytest.raises(LogError, match="line 1 is not by this key"):
        verify_log(b"".join(lines_of([], OTHER_KEY)), KEY.public_key())


def test_reserved_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="reserved"):
        lines_of([LogEntry("seal", {})])


def test_capital_letters_in_a_signature_are_found() -> None:
    head, _, tail = b"".join(lines_of([])).rpartition(b'"signature":"')
    with pytest.raises(LogError, match="was changed"):
        verify_log(head + b'"signature":"' + tail.upper(), KEY.public_key())
