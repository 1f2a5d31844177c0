"""Violence scorer: frame by frame equals the whole clip, alone or in a batch; gaps, clocks, invalid input."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.violence.motion import MotionField, small_frame
from processors.violence.scorer import MAX_GAP, ViolenceScorer, ViolenceState

Frames = list[NDArray[np.uint8]]
TICK = 0.125


@pytest.fixture(scope="module")
def scorer() -> ViolenceScorer:
    return ViolenceScorer.load()


def moving_square(seed: int, count: int, height: int = 120, width: int = 160) -> Frames:
    """Return frames of a bright square that jumps over noise, which changes the recurrent state."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        frame = rng.integers(60, 90, (height, width, 3), dtype=np.uint8)
        top, left = int(rng.integers(0, height - 40)), int(rng.integers(0, width - 40))
        frame[top : top + 40, left : left + 40] = 230
        frames.append(frame)
    return frames


def run(scorer: ViolenceScorer, frames: Frames, start: float = 0.0) -> tuple[list[float], ViolenceState]:
    state, probabilities = scorer.start(), []
    for index, frame in enumerate(frames):
        (probability,), (state,) = scorer.step([state], [frame], [start + index * TICK])
        probabilities.append(probability)
    return probabilities, state


def test_frame_by_frame_equals_whole_clip(scorer: ViolenceScorer) -> None:
    frames = moving_square(0, 16)
    state, logits, field = scorer.start(), [], MotionField()
    memories = []
    inputs: dict[str, list[NDArray[np.float32] | NDArray[np.uint8]]] = {"previous": [], "current": [], "flow": []}
    for index, frame in enumerate(frames):
        picture = small_frame(frame)
        previous = picture if state.picture is None else state.picture
        inputs["previous"].append(previous)
        inputs["current"].append(picture)
        inputs["flow"].append(field.between(previous, picture, TICK))
        _, (state,) = scorer.step([state], [frame], [index * TICK])
        assert state.logit is not None
        logits.append(state.logit)
        memories.append(state.memory)
    feed = {name: np.stack(rows)[:, None] for name, rows in inputs.items()}
    whole_clip, memory = scorer.model.session.run(
        ["logit", "next_memory"], {**feed, "memory": scorer.start().memory[None]}
    )
    np.testing.assert_allclose(logits, whole_clip[:, 0], atol=1e-4)
    np.testing.assert_allclose(memories[-1], memory[0], atol=1e-4)
    assert np.ptp(logits) > 1e-3, "the comparison needs varying outputs"


def test_scores_of_cameras_are_independent(scorer: ViolenceScorer) -> None:
    clips = [moving_square(seed, 6, 100 + 20 * seed, 160) for seed in range(3)]
    states, together = [scorer.start() for _ in clips], []
    for index in range(6):
        probabilities, states = scorer.step(states, [clip[index] for clip in clips], [index * TICK] * 3)
        together.append(probabilities)
    for camera, clip in enumerate(clips):
        single, _ = run(scorer, clip)
        np.testing.assert_allclose([row[camera] for row in together], single, atol=1e-4)


def test_score_does_not_depend_on_colour(scorer: ViolenceScorer) -> None:
    frames = moving_square(1, 6)
    grey = [np.repeat(small_frame(frame)[:, :, None], 3, axis=2) for frame in frames]
    tinted = [np.repeat(small_frame(frame)[:, :, None], 3, axis=2) for frame in frames]
    for frame in tinted:
        # Red and blue are changed against each other at the same brightness (weights 0.299 and 0.114).
        frame[..., 0] = np.clip(frame[..., 0].astype(int) - 19, 0, 255)
        frame[..., 2] = np.clip(frame[..., 2].astype(int) + 50, 0, 255)
    same = [np.abs(small_frame(a).astype(int) - small_frame(b)).mean() < 8 for a, b in zip(grey, tinted, strict=True)]
    assert all(same)
    bright = run(scorer, grey)[0][-1]
    assert run(scorer, frames)[0][-1] == pytest.approx(bright, abs=0.1)


def test_gap_resets_violence_state(scorer: ViolenceScorer) -> None:
    frames = moving_square(2, 8)
    _, state = run(scorer, frames)
    assert state.time is not None
    assert scorer.is_warm(state)
    late = state.time + MAX_GAP + 0.1
    (after,), (restarted,) = scorer.step([state], [frames[0]], [late])
    (first,), _ = scorer.step([scorer.start()], [frames[0]], [0.0])
    assert after == pytest.approx(first, abs=1e-6)
    assert restarted.since == late
    assert not scorer.is_warm(restarted)


def test_clock_reset_resets_violence_state(scorer: ViolenceScorer) -> None:
    frames = moving_square(2, 3)
    _, state = run(scorer, frames, start=1000.0)
    _, (restarted,) = scorer.step([state], [frames[0]], [3.0])
    assert restarted.since == 3.0


def test_frames_that_come_too_soon_are_skipped(scorer: ViolenceScorer) -> None:
    frames = moving_square(3, 5)
    probabilities, state = run(scorer, frames)
    assert state.time is not None
    for soon in (state.time, state.time + 0.04, state.time - 0.5):
        (probability,), (unchanged,) = scorer.step([state], [frames[0]], [soon])
        assert unchanged is state
        assert probability == probabilities[-1]


def test_empty_batch_gives_empty_result(scorer: ViolenceScorer) -> None:
    assert scorer.step([], [], []) == ([], [])


def test_still_picture_has_low_score(scorer: ViolenceScorer) -> None:
    frame = moving_square(4, 1)[0]
    probabilities, _ = run(scorer, [frame] * 24)
    assert max(probabilities[6:]) < scorer.settings.raise_threshold


@pytest.mark.parametrize(
    ("frame", "time", "message"),
    [
        (np.zeros((0, 10, 3), np.uint8), 0.0, "shape"),
        (np.zeros((10, 10, 4), np.uint8), 0.0, "shape"),
        (np.zeros((10, 10, 3), np.float32), 0.0, "uint8"),
        (np.zeros((10, 10, 3), np.uint8), float("nan"), "finite"),
    ],
)
def test_invalid_frame_is_an_error(scorer: ViolenceScorer, frame: NDArray[np.uint8], time: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scorer.step([scorer.start()], [frame], [time])


def test_different_lengths_are_an_error(scorer: ViolenceScorer) -> None:
    with pytest.raises(ValueError, match="one state, frame and time"):
        scorer.step([scorer.start()], [], [0.0])


def test_one_pixel_is_a_valid_picture(scorer: ViolenceScorer) -> None:
    (probability,), _ = scorer.step([scorer.start()], [np.zeros((1, 1, 3), np.uint8)], [0.0])
    assert 0 <= probability <= 1


def test_fresh_state_agrees_after_two_seconds(scorer: ViolenceScorer) -> None:
    """The recurrent state is not persisted: another worker agrees with it after two seconds."""
    frames = moving_square(5, 48)
    whole_clip, _ = run(scorer, frames)
    start_index = 16
    late_start, state = run(scorer, frames[start_index:], start=start_index * TICK)
    assert scorer.is_warm(state)
    difference = np.abs(np.array(whole_clip[start_index:]) - late_start)
    assert difference[0] > 0.01, "the recurrent state matters at first"
    assert difference[16:].max() < 0.03
