"""Violence detection on camera streams: a recurrent network that is run frame by frame.

The network consists of convolutional encoders (MobileNetV2 on the picture and on its change, a small one on the flow)
and a gated recurrent unit, in one ONNX graph. The recurrent state is an input and an output of the graph, so the state
of a camera is a plain value: frame by frame gives the same as a whole clip, one scorer serves thousands of cameras, and
any stream can be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, ModelError, open_model
from processors.violence.motion import FRAMES_PER_SECOND, MotionField, small_frame

MAX_GAP = 2.0
"""Seconds without a frame after which a camera starts from the initial state."""

MIN_TICK_SHARE = 2 / 3
"""Share of the frame interval below which a frame comes too soon and is skipped."""


@dataclass(frozen=True, slots=True)
class ViolenceState:
    """State of one camera, about 28 kB, nearly all of it the picture.

    Attributes:
        picture: last small grey picture, (144, 192) uint8; None before the first frame.
        memory: recurrent state, (hidden,) float32; zeros before the first frame.
        time: time of the last used frame, seconds; None before the first frame.
        since: time of the first frame after a start or a gap, seconds; None before the first frame.
        logit: output for the last used frame, log odds; None before the first frame.
        smoothed: exponential mean of the logit; None before the first frame.
    """

    memory: NDArray[np.float32] = field(repr=False)
    picture: NDArray[np.uint8] | None = field(default=None, repr=False)
    time: float | None = None
    since: float | None = None
    logit: float | None = None
    smoothed: float | None = None

    @property
    def probability(self) -> float:
        """Probability of violence as of the last frame; 0 before the first."""
        return 0.0 if self.smoothed is None else float(1.0 / (1.0 + np.exp(-self.smoothed)))


@dataclass(frozen=True, slots=True)
class ViolenceSettings:
    """Settings of the model card: frame rate, smoothing and thresholds.

    Attributes:
        frames_per_second: rate that the network was trained at; frames that come faster are skipped.
        smoothing_seconds: time constant of the exponential mean of the logit; 0 means none.
        warm_seconds: time after a start or a gap in which the probability is not reported.
        decision: probability from which a clip counts as violent.
        raise_threshold: probability from which an alert is raised if it lasts `minimum_seconds`.
        clear_threshold: probability below which an alert is cleared.
        minimum_seconds: time for which the probability must stay at or above `raise_threshold` (on-delay).
    """

    frames_per_second: float = FRAMES_PER_SECOND
    smoothing_seconds: float = 0.0
    warm_seconds: float = 0.75
    decision: float = 0.5
    raise_threshold: float = 0.8
    clear_threshold: float = 0.4
    minimum_seconds: float = 1.0


class ViolenceScorer:
    """Scores frames of any number of cameras; their states are arguments and return values.

    Not safe for concurrent use, since the optical flow has working memory of its own.

    >>> scorer = ViolenceScorer.load()
    >>> state = scorer.start()
    >>> probabilities, states = scorer.step([state], [np.zeros((240, 320, 3), np.uint8)], [0.0])
    >>> 0.0 <= probabilities[0] < 0.5, states[0].time
    (True, 0.0)
    """

    def __init__(self, model: Model) -> None:
        """Wrap an open model.

        Raises:
            ModelError: the model is not a violence model.
        """
        self.model = model
        shapes = {entry.name: entry.shape for entry in model.session.get_inputs()}
        wanted = {"previous", "current", "flow", "memory"}
        if set(shapes) != wanted:
            raise ModelError(
                f"{model.folder}: a violence model takes {sorted(wanted)}, not {sorted(shapes)}; "
                "point PULSO_MODELS at a folder with models of this version"
            )
        self._hidden = int(shapes["memory"][-1])
        known = ViolenceSettings.__dataclass_fields__
        self.settings = ViolenceSettings(**{k: float(v) for k, v in model.card.settings.items() if k in known})
        self._field = MotionField()

    @classmethod
    def load(cls, *, threads: int = 1) -> ViolenceScorer:
        """Load the shipped model after checking it against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("violence", threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results give it."""
        return self.model.identity

    def start(self) -> ViolenceState:
        """Return the initial state of a camera."""
        return ViolenceState(np.zeros(self._hidden, np.float32))

    def is_warm(self, state: ViolenceState) -> bool:
        """Return whether enough time has passed since the start or the last gap for the probability to be reported."""
        if state.time is None or state.since is None:
            return False
        return state.time - state.since >= self.settings.warm_seconds

    def step(
        self, states: Sequence[ViolenceState], frames: Sequence[NDArray[np.uint8]], times: Sequence[float]
    ) -> tuple[list[float], list[ViolenceState]]:
        """Score one frame of each of several cameras.

        A frame that comes sooner than two thirds of a tick after the last used one, or slightly before it, is skipped:
        the probability is the last one and the state is unchanged. After a gap of more than 2 s, or a time more than
        2 s in the past, the camera starts from the initial state.

        Args:
            states: of each camera, from `start` or an earlier `step`.
            frames: one of each camera, (height, width, 3) uint8 RGB, any sizes.
            times: when each was taken, seconds on any clock that all frames of the camera share.

        Returns:
            Probability of violence and next state of each camera.

        Raises:
            ValueError: the lengths differ, a frame is not a picture, or a time is not finite.
        """
        if not len(states) == len(frames) == len(times):
            raise ValueError(
                f"one state, frame and time for each camera, not {len(states)} states, {len(frames)} frames "
                f"and {len(times)} times"
            )
        pictures: dict[int, tuple[ViolenceState, NDArray[np.uint8]]] = {}
        for index, (state, frame, time) in enumerate(zip(states, frames, times, strict=True)):
            if not np.isfinite(time):
                raise ValueError(f"camera {index}: the time of a frame must be a finite number of seconds, not {time}")
            previous = self._state_before(state, time)
            if previous is not None:
                pictures[index] = (previous, small_frame(frame))
        nexts = list(states)
        if pictures:
            updated = self._run([(state, picture, times[index]) for index, (state, picture) in pictures.items()])
            for index, after in zip(pictures, updated, strict=True):
                nexts[index] = after
        return [state.probability for state in nexts], nexts

    def _state_before(self, state: ViolenceState, time: float) -> ViolenceState | None:
        """Return the state to continue from: the initial one after a gap; None to skip the frame."""
        if state.time is None or abs(time - state.time) > MAX_GAP:
            return self.start()
        too_soon = (time - state.time) * self.settings.frames_per_second < MIN_TICK_SHARE
        return None if too_soon else state

    def _run(self, cameras: Sequence[tuple[ViolenceState, NDArray[np.uint8], float]]) -> list[ViolenceState]:
        """Run the network for one step of each camera, given its state, grey picture and time in seconds."""
        previous = [picture if state.picture is None else state.picture for state, picture, _ in cameras]
        flow = [
            self._field.between(
                before, picture, 1 / self.settings.frames_per_second if state.time is None else time - state.time
            )
            for before, (state, picture, time) in zip(previous, cameras, strict=True)
        ]
        feed = {
            "previous": np.stack(previous)[None],
            "current": np.stack([picture for _, picture, _ in cameras])[None],
            "flow": np.stack(flow)[None],
            "memory": np.stack([state.memory for state, _, _ in cameras]),
        }
        logits, memories = self.model.session.run(["logit", "next_memory"], feed)
        return [
            ViolenceState(
                memory=np.array(memory),
                picture=picture,
                time=time,
                since=time if state.since is None else state.since,
                logit=float(logit),
                smoothed=self._smooth(state, time, float(logit)),
            )
            for (state, picture, time), logit, memory in zip(cameras, logits[0], memories, strict=True)
        ]

    def _smooth(self, before: ViolenceState, time: float, logit: float) -> float:
        """Return the exponential mean over time, not frames, so that a slower camera is smoothed equally."""
        constant = self.settings.smoothing_seconds
        if constant <= 0 or before.smoothed is None or before.time is None:
            return logit
        keep = float(np.exp(-(time - before.time) / constant))
        return keep * before.smoothed + (1 - keep) * logit


__all__ = ["MAX_GAP", "ViolenceScorer", "ViolenceSettings", "ViolenceState"]
