"""Texts that are taken for inventions of the model."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from processors.captions.transcriber import TranscriberSettings, Transcript, compression_ratio, refusal

GOOD = Transcript("Bienvenidos al festival", "es", logprob=-0.2, compression=0.9, no_speech=0.1)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (GOOD, None),
        (replace(GOOD, text=" … "), "empty"),
        (replace(GOOD, compression=compression_ratio("no " * 60)), "repeated"),
        (replace(GOOD, logprob=-1.4), "unlikely"),
        (replace(GOOD, logprob=-0.7, no_speech=0.8), "no-speech"),
        (replace(GOOD, logprob=-0.2, no_speech=0.8), None),
    ],
)
def test_text_is_refused_with_a_reason(found: Transcript, reason: str | None) -> None:
    assert refusal(found, TranscriberSettings()) == reason
