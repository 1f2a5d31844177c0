"""The shipped encoder, opened once."""

from __future__ import annotations

import pytest

from processors.support.encoder import Encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load()
