"""ADWIN change detection (Bifet and Gavaldà, SIAM Data Mining 2007) whose state can be stored and restored.

River's ADWIN keeps an exponential histogram that its public API can neither export nor load. Its answers are a
function of the errors since it was last rebuilt, so those errors are what is stored, and the detector is rebuilt from
the newest of them before they grow too many: after a restart it answers as it would have without one.
"""

from __future__ import annotations

import base64

import numpy as np
from msgspec import Struct
from river.drift import ADWIN

MAX_ERRORS = 400
"""Number of stored errors after which the detector is rebuilt, so that a bar's row stays below some kilobytes."""

REBUILD_ERRORS = 200
"""Number of newest errors that the detector is rebuilt from."""


class AdwinState(Struct):
    """Errors since the last rebuild, oldest first, as base64 of float32."""

    errors: str = ""


class AdwinDetector:
    """Detect a rise of the mean error, fed with one error a slot.

    >>> detector = AdwinDetector()
    >>> [any([detector.update(error) for _ in range(100)]) for error in (0.1, 0.9, 0.1)]
    [False, True, False]
    """

    def __init__(self, state: AdwinState | None = None) -> None:
        self._state: AdwinState | None = state or AdwinState()
        stored = base64.b64decode(self._state.errors) if self._state else b""
        self._errors = [float(error) for error in np.frombuffer(stored, np.float32)]
        self._rebuild(self._errors)

    def state(self) -> AdwinState:
        """Return the state that later answers depend on; encoded again only after an update."""
        if self._state is None:
            self._state = AdwinState(base64.b64encode(np.asarray(self._errors, np.float32).tobytes()).decode())
        return self._state

    def update(self, error: float) -> bool:
        """Add one error and report a rise of the mean; a fall only drops the older errors."""
        self._state = None
        error = float(np.float32(error))
        self._errors.append(error)
        before = self._detector.estimation
        self._detector.update(error)
        if self._detector.drift_detected:
            risen = self._detector.estimation > before
            self._rebuild(self._errors[-max(1, int(self._detector.width)) :])
            return risen
        if len(self._errors) > MAX_ERRORS:
            self._rebuild(self._errors[-REBUILD_ERRORS:])
        return False

    def _rebuild(self, errors: list[float]) -> None:
        self._errors = list(errors)
        self._detector = ADWIN()
        for error in errors:
            self._detector.update(error)
