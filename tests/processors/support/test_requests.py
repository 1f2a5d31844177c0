"""Cache of request analyses: it returns the same values as a new analysis, and stores no text."""

from __future__ import annotations

import msgspec
import numpy as np

from processors.support.requests import CACHE_TEXTS, MAX_CACHED_CHARACTERS, RequestClassifier

TEXTS = [
    "Muchas gracias de antemano",
    "Where can I park?",
    "Muchas gracias de antemano",
    "x" * (MAX_CACHED_CHARACTERS + 1),
    "",
]


def test_cached_analysis_equals_a_new_one(requests: RequestClassifier) -> None:
    uncached = RequestClassifier(requests.model, requests.encoder)
    first = uncached.analyze(TEXTS)
    reversed_analysis = uncached.analyze(list(reversed(TEXTS)))
    single = [RequestClassifier(requests.model, requests.encoder).analyze([text]) for text in TEXTS]
    for values, reversed_values, *parts in zip(
        *map(msgspec.structs.astuple, (first, reversed_analysis, *single)), strict=True
    ):
        assert (values == reversed_values[::-1]).all()
        assert (values == np.concatenate(parts)).all()


def test_cache_is_bounded_and_stores_no_text(requests: RequestClassifier) -> None:
    uncached = RequestClassifier(requests.model, requests.encoder)
    uncached._add_to_cache((number.to_bytes(16, "big"), uncached.analyze([])) for number in range(CACHE_TEXTS + 5))
    uncached.analyze(["My secret sentence"])
    assert len(uncached._cache) == CACHE_TEXTS
    assert all(len(key) == 16 for key in uncached._cache)
