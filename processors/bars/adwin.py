"""Has the level of the errors risen: ADWIN (Bifet and Gavaldà, 2007) with a state that can be written down.

River's ADWIN keeps a histogram that can't be read back. Here it is a function of the errors that it was fed since it
was last rebuilt, so those are what is stored, and it is rebuilt from the newest of them before they grow too many:
after a crash it says what it would have said without one.
"""

from __future__ import annotations

import base64

import numpy as np
from msgspec import Struct
from river.drift import ADWIN

MOST, KEPT = 400, 200
"""errors after which the detector is rebuilt, and from how many of the newest"""


class AdwinState(Struct):
    """The errors (float32, base64), oldest first."""

    errors: str = ""


class AdwinDetector:
    """Fed with one error a slot.

    >>> drift = AdwinDetector()
    >>> [any([drift.update(error) for _ in range(100)]) for error in (0.1, 0.9, 0.1)]
    [False, True, False]
    """

    def __init__(self, state: AdwinState | None = None) -> None:
        self._state: AdwinState | None = state or AdwinState()
        stored = base64.b64decode(self._state.errors) if self._state else b""
        self._errors = [float(error) for error in np.frombuffer(stored, np.float32)]
        self._rebuild(self._errors)

    def state(self) -> AdwinState:
        """All that later answers depend on; written anew only after an error came."""
        if self._state is None:
            self._state = AdwinState(base64.b64encode(np.asarray(self._errors, np.float32).tobytes()).decode())
        return self._state

    def update(self, error: float) -> bool:
        """Whether with this error the mean has risen; one that falls is only forgotten."""
        self._state = None
        error = float(np.float32(error))
        self._errors.append(error)
        before = self._detector.estimation
        self._detector.update(error)
        if self._detector.drift_detected:
            risen = self._detector.estimation > before
            self._rebuild(self._errors[-max(1, int(self._detector.width)) :])
            return risen
        if len(self._errors) > MOST:
            self._rebuild(self._errors[-KEPT:])
        return False

    def _rebuild(self, errors: list[float]) -> None:
        self._errors = list(errors)
        self._detector = ADWIN()
        for error in errors:
            self._detector.update(error)
