"""Privacy masks: masked pixels are black before any model, fault detector, optical flow or evidence reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from processors.cameras import analyzer as analyzer_module
from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.evidence import AnalyzedFrame
from processors.cameras.frame_result import CameraFrame
from processors.cameras.picture import apply_masks
from processors.crowd.density import CrowdCounter
from processors.crowd.evidence import CrowdEvidenceRecorder
from processors.violence.scorer import ViolenceScorer
from schemas.cameras import CameraSettings, CameraView
from schemas.crowd import ZoneSettings
from schemas.venue import Venue

MASK = [(0.05, 0.3), (0.55, 0.25), (0.6, 0.8), (0.1, 0.9)]
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
corner = st.tuples(st.floats(0, 1), st.floats(0, 1))


def pixels_inside(polygon: list[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels whose middle lies in a polygon, by the even-odd rule."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    inside = np.zeros((height, width), bool)
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if abs(y0 - y1) < 1e-9:
            continue
        between = (y0 > y) != (y1 > y)
        inside ^= between & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


@settings(max_examples=200, deadline=None)
@given(corners=st.lists(corner, min_size=3, max_size=6), height=st.integers(16, 90), width=st.integers(16, 90))
def test_mask_blackens_every_pixel_inside(corners: list[tuple[float, float]], height: int, width: int) -> None:
    masked = apply_masks(np.full((height, width, 3), 200, np.uint8), [corners])
    assert not masked[pixels_inside(corners, height, width)].any()


def venue(*, masks: list[Any]) -> Venue:
    return Venue(
        name="Test",
        zones=[ZoneSettings(id="front", area_m2=2, capacity=5)],
        cameras=[
            CameraSettings(
                id="c",
                count_every_seconds=0.1,
                views=[CameraView(zone="front", polygon=[(0, 0), (1, 0), (1, 1), (0, 1)])],
                masks=masks,
            )
        ],
    )


def frames(picture: NDArray[np.uint8], inside: NDArray[np.bool_], seed: int) -> list[CameraFrame]:
    """Return twelve pictures that depend on the seed only behind the mask; PNG, because JPEG blurs its edge."""
    random, shared = np.random.default_rng(seed), np.random.default_rng(5)
    frames_made = []
    for number in range(12):
        pixels = np.roll(picture, 2 * number, axis=1)
        pixels = np.asarray(np.clip(pixels + shared.normal(0, 3, pixels.shape), 0, 255), np.uint8)
        pixels[inside] = random.integers(0, 255, (int(inside.sum()), 3))
        png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
        frames_made.append(CameraFrame(f"e{number}", "c", AT + timedelta(seconds=number / 8), png))
    return frames_made


class GreyRecorder:
    """Records the grey pictures that evidence of fights is made of."""

    def __init__(self) -> None:
        self.greys: list[bytes] = []

    def record(self, analyzed: AnalyzedFrame) -> None:
        if analyzed.grey is not None:
            self.greys.append(analyzed.grey.tobytes())

    def evidence_ids(self, camera: str) -> tuple[str, ...]:
        return ()

    def discard(self, camera: str, item_id: str) -> None:
        raise AssertionError


def test_results_do_not_depend_on_masked_pixels(
    crowd_picture: NDArray[np.uint8], counter: CrowdCounter, scorer: ViolenceScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = crowd_picture[::2, ::2].copy()
    inside = pixels_inside(MASK, *picture.shape[:2])
    pictures_by_reader: dict[str, list[NDArray[np.uint8]]] = {"counter": [], "scorer": [], "small": []}

    def recording_wrapper(name: str, real: Any, at: int) -> Any:
        def call(*arguments: Any) -> Any:
            argument = arguments[at]
            pictures_by_reader[name] += [one.copy() for one in (argument if isinstance(argument, list) else [argument])]
            return real(*arguments)

        return call

    monkeypatch.setattr(counter, "density", recording_wrapper("counter", counter.density, 0))
    monkeypatch.setattr(scorer, "step", recording_wrapper("scorer", scorer.step, 1))
    monkeypatch.setattr(
        analyzer_module.Thumbnail, "from_picture", recording_wrapper("small", analyzer_module.Thumbnail.from_picture, 0)
    )

    def outputs(masks: list[Any], seed: int) -> list[bytes]:
        masked, grey_recorder = venue(masks=masks), GreyRecorder()
        analyzer = CameraAnalyzer(
            masked,
            counter,
            scorer,
            crowd_evidence=CrowdEvidenceRecorder(masked, lambda count: True),
            violence_evidence=grey_recorder,
        )
        results = analyzer.analyze(frames(picture, inside, seed))
        assert any(one.evidence for one in results) and grey_recorder.greys
        return [msgspec.json.encode((one.count, one.score, one.evidence)) for one in results] + grey_recorder.greys

    assert outputs([MASK], 1) == outputs([MASK], 2)
    for name, pictures in pictures_by_reader.items():
        assert pictures, name
        assert not any(one[inside].any() for one in pictures), f"{name} read a masked pixel"
    assert outputs([], 1) != outputs([], 2), "without masks the results differ"
