"""The shipped models, opened once."""

from __future__ import annotations

import pytest

from processors.support.encoder import Encoder
from processors.support.requests import Requests


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="session")
def requests(encoder: Encoder) -> Requests:
    return Requests.load(encoder)
