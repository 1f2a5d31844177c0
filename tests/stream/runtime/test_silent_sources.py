"""Sources that are silent, as records of `sources.states` say."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from processors.sources.silent_sources import SilentSources
from stream.runtime.silent_sources import subscribe_to_silent_sources


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"\xff\xfe", b'{"time": "\xc3\x28"}', b"[" * 100_000, b'{"silent": "yes"}', b"null"]
)
def test_record_that_cannot_be_decoded_is_ignored(value: bytes | None) -> None:
    silent, worker = SilentSources(), Mock()
    subscribe_to_silent_sources(worker, silent)
    add_record = worker.broadcast.call_args.args[1]
    add_record(value)
    assert silent.cameras([]) == ()
