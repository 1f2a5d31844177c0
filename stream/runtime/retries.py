"""Repeated attempts at something that is expected to succeed soon, with stamina."""

from __future__ import annotations

import stamina
from stamina.instrumentation import set_on_retry_hooks

# By default stamina logs each attempt and counts it in a metric of its own: ours are polls, and failing is normal.
set_on_retry_hooks([])


def poller(*, timeout_s: float, interval_s: float = 0.1) -> stamina.RetryingCaller:
    """Return a caller that repeats a function at an interval until it succeeds or the time is over.

    The last exception is raised when the time is over; an exception that is not expected is raised at once.

    >>> attempts = iter([TimeoutError(), TimeoutError(), None])
    >>> def connect() -> str:
    ...     if (error := next(attempts)) is not None:
    ...         raise error
    ...     return "connected"
    >>> poller(timeout_s=5, interval_s=0.001)(TimeoutError, connect)
    'connected'
    """
    return stamina.RetryingCaller(
        attempts=None, timeout=timeout_s, wait_initial=interval_s, wait_max=interval_s, wait_jitter=0
    )
