"""Fixtures for processor tests: the shipped models, loaded once, a rendered crowd and its venue."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.crowd.density import CrowdCounter
from processors.support.encoder import Encoder
from processors.support.requests import RequestClassifier
from processors.violence.scorer import ViolenceScorer
from schemas.venue import Venue
from simulation.crowd_images import render
from simulation.evening import Evening, clock
from stream.runtime.venue_file import read_venue

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "venues" / "demo.yaml"


@pytest.fixture(scope="session")
def venue() -> Venue:
    return read_venue(DEMO)


@pytest.fixture(scope="session")
def counter() -> CrowdCounter:
    return CrowdCounter.load()


@pytest.fixture(scope="session")
def scorer() -> ViolenceScorer:
    return ViolenceScorer.load()


@pytest.fixture(scope="session")
def crowd_picture() -> NDArray[np.uint8]:
    """A rendered crowd by day, (480, 640, 3) RGB."""
    image = render(Evening(), "bar-square", "bars", clock("20:05")).image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="session")
def requests(encoder: Encoder) -> RequestClassifier:
    return RequestClassifier.load(encoder)
