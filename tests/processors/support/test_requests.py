"""The cache of analyses returns exactly what a new analysis would, and stores no text."""

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
    fresh = RequestClassifier(requests.model, requests.encoder)
    first = fresh.analyze(TEXTS)
    again = fresh.analyze(list(reversed(TEXTS)))
    alone = [RequestClassifier(requests.model, requests.encoder).analyze([text]) for text in TEXTS]
    for one, back, *parts in zip(*map(msgspec.structs.astuple, (first, again, *alone)), strict=True):
        assert (one == back[::-1]).all()
        assert (one == np.concatenate(parts)).all()


def test_cache_is_bounded_and_stores_no_text(requests: RequestClassifier) -> None:
    fresh = RequestClassifier(requests.model, requests.encoder)
    fresh._add_to_cache((number.to_bytes(16, "big"), fresh.analyze([])) for number in range(CACHE_TEXTS + 5))
    fresh.analyze(["My secret sentence"])
    assert len(fresh._cache) == CACHE_TEXTS
    assert all(len(key) == 16 for key in fresh._cache)
