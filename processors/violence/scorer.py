"""Violence on a stream: a network with a memory that is fed frame by frame, many cameras at a time.

The network is a convolutional front (MobileNetV2 on the picture and on its change, a small one on the motion)
and a recurrent unit, in one ONNX graph. Its memory goes in and comes out, so the state of a camera is a plain
value: feeding frame by frame is feeding the clip, a worker may hold thousands of cameras and lose none of
the order, and a test may replay any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, ModelError, open_model
from processors.violence.motion import FRAMES_PER_SECOND, MotionField, small_frame

LONGEST_GAP = 2.0
"""Seconds without a frame after which a camera starts afresh: what was seen before says nothing about now."""


@dataclass(frozen=True, slots=True)
class ViolenceState:
    """All that is remembered of one camera, about 28 kB, nearly all of it the picture.

    Attributes:
        picture: the last small grey picture, (144, 192) uint8; None before the first frame.
        memory: the recurrent state, (hidden,) float32; all zeros before the first frame.
        time: when the last used frame was taken, seconds; None before the first frame.
        since: when the first frame after a start or a gap was taken, seconds.
        logit: what the network said of the last used frame, log odds; None before the first frame.
        smoothed: the running mean of the logit; None before the first frame.
    """

    memory: NDArray[np.float32] = field(repr=False)
    picture: NDArray[np.uint8] | None = field(default=None, repr=False)
    time: float | None = None
    since: float | None = None
    logit: float | None = None
    smoothed: float | None = None

    @property
    def probability(self) -> float:
        """The probability of violence as of the last frame; 0 before the first."""
        return 0.0 if self.smoothed is None else float(1.0 / (1.0 + np.exp(-self.smoothed)))


@dataclass(frozen=True, slots=True)
class ViolenceSettings:
    """What the card fixes: how often to look, how much to smooth, when to alarm.

    Attributes:
        frames_per_second: the rate that the network was trained at; frames that come faster are passed over.
        smoothing_seconds: time constant of the running mean of the logit; 0 means none.
        warm_seconds: how long after a start or a gap the memory holds too little to alarm on.
        decision: probability from which a clip counts as violent.
        raise_threshold: probability from which an alarm is raised if it lasts `minimum_seconds`.
        clear_threshold: probability below which a raised alarm is cleared.
        minimum_seconds: how long the probability must stay at or above `raise_threshold`.
    """

    frames_per_second: float = FRAMES_PER_SECOND
    smoothing_seconds: float = 0.0
    warm_seconds: float = 0.75
    decision: float = 0.5
    raise_threshold: float = 0.8
    clear_threshold: float = 0.4
    minimum_seconds: float = 1.0


class ViolenceScorer:
    """Scores cameras frame by frame; holds no state of theirs, so one object serves all.

    Not for several threads at a time: the optical flow has work space of its own.

    >>> scorer = ViolenceScorer.load()
    >>> state = scorer.start()
    >>> probabilities, states = scorer.step([state], [np.zeros((240, 320, 3), np.uint8)], [0.0])
    >>> 0.0 <= probabilities[0] < 0.5, states[0].time
    (True, 0.0)
    """

    def __init__(self, model: Model) -> None:
        """Raises ModelError if the model is not a violence model."""
        self.model = model
        shapes = {entry.name: entry.shape for entry in model.session.get_inputs()}
        wanted = {"previous", "current", "flow", "memory"}
        if set(shapes) != wanted:
            raise ModelError(
                f"{model.folder}: a violence model takes {sorted(wanted)}, this one takes {sorted(shapes)}; "
                "point PULSO_MODELS at a folder with models of this version"
            )
        self._hidden = int(shapes["memory"][-1])
        known = ViolenceSettings.__dataclass_fields__
        self.settings = ViolenceSettings(**{k: float(v) for k, v in model.card.settings.items() if k in known})
        self._field = MotionField()

    @classmethod
    def load(cls, *, threads: int = 1) -> ViolenceScorer:
        """The shipped model, checked against its card.

        Raises:
            ModelError: the model folder is incomplete or does not match its card.
        """
        return cls(open_model("violence", threads=threads))

    @property
    def identity(self) -> str:
        """Name and hash of the model, as results quote it."""
        return self.model.identity

    def start(self) -> ViolenceState:
        """The state of a camera of which nothing was seen yet."""
        return ViolenceState(np.zeros(self._hidden, np.float32))

    def is_warm(self, state: ViolenceState) -> bool:
        """Whether enough was seen since the start or the last gap for the probability to mean something."""
        if state.time is None or state.since is None:
            return False
        return state.time - state.since >= self.settings.warm_seconds

    def step(
        self, states: Sequence[ViolenceState], frames: Sequence[NDArray[np.uint8]], times: Sequence[float]
    ) -> tuple[list[float], list[ViolenceState]]:
        """Take one frame of each of several cameras.

        A frame that comes sooner than two thirds of a tick after the last used one is passed over: the
        probability is the last one and the state is unchanged. A gap of more than 2 s, or a time more than
        2 s in the past, starts the camera afresh; a time a little in the past is passed over.

        Args:
            states: of each camera, from `start` or an earlier `step`.
            frames: one of each camera, (height, width, 3) uint8 RGB, any sizes.
            times: when each was taken, seconds on any clock that all frames of the camera share.

        Returns:
            The probability of violence, and the next state, of each camera.

        Raises:
            ValueError: lengths differ, a frame is no picture or a time no finite number. No state is changed.
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
            begun = self._at(state, time)
            if begun is not None:
                pictures[index] = (begun, small_frame(frame))
        nexts = list(states)
        if pictures:
            seen = self._run([(state, picture, times[index]) for index, (state, picture) in pictures.items()])
            for index, after in zip(pictures, seen, strict=True):
                nexts[index] = after
        return [state.probability for state in nexts], nexts

    def _at(self, state: ViolenceState, time: float) -> ViolenceState | None:
        """The state from which a frame of this time goes on: a fresh one after a gap, None to pass it over."""
        if state.time is None or abs(time - state.time) > LONGEST_GAP:
            return self.start()
        soon = (time - state.time) * self.settings.frames_per_second < 2 / 3
        return None if soon else state

    def _run(self, cameras: Sequence[tuple[ViolenceState, NDArray[np.uint8], float]]) -> list[ViolenceState]:
        """One step of the network for cameras that each go on from a state, with a picture of a time."""
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
        """Exponential running mean in time, not in frames, so that a slower camera is smoothed over as long."""
        constant = self.settings.smoothing_seconds
        if constant <= 0 or before.smoothed is None or before.time is None:
            return logit
        keep = float(np.exp(-(time - before.time) / constant))
        return keep * before.smoothed + (1 - keep) * logit


__all__ = ["LONGEST_GAP", "ViolenceScorer", "ViolenceSettings", "ViolenceState"]
