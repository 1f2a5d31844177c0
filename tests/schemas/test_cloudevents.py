"""CloudEvents headers: invalid ones are refused with the reason."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import Envelope, EnvelopeError

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
VALID_HEADERS = dict(Envelope("t-1", "pulso.ticket.v1", "till/7", NOON, "application/json", NOON).headers())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ce_id": b""}, "no ce_id"),
        ({"ce_time": b"yesterday"}, "no RFC 3339 time"),
        ({"ce_time": b"2026-07-04T12:00:00"}, "no offset"),
        ({"ce_source": b"\xff\xfe"}, "not UTF-8"),
    ],
)
def test_invalid_cloudevent_headers_are_refused(change: dict[str, bytes], message: str) -> None:
    with pytest.raises(EnvelopeError, match=message):
        Envelope.from_headers({**VALID_HEADERS, **change})


def test_reception_defaults_to_the_event_time() -> None:
    headers = {name: value for name, value in VALID_HEADERS.items() if name != "ce_received"}
    assert Envelope.from_headers(headers).received == NOON


@given(st.dictionaries(st.sampled_from(sorted(VALID_HEADERS)), st.binary(max_size=40)))
def test_cloudevent_headers_of_any_bytes_are_read_or_refused(headers: dict[str, bytes]) -> None:
    with contextlib.suppress(EnvelopeError):
        Envelope.from_headers(headers)
