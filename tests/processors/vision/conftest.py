"""Pictures with known truth: rendered crowds, and the venue that they stand in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.vision.density import CrowdCounter
from processors.vision.violence import ViolenceScorer
from schemas.venue import Venue
from stream.demo.crowd_pictures import render
from stream.demo.evening import Evening, clock
from stream.venue_file import read_venue

DEMO = Path(__file__).resolve().parents[3] / "deploy" / "venues" / "demo.yaml"


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
