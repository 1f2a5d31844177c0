"""A Faust process that was asked to end does end, also when the broker it would say goodbye to is gone."""

from __future__ import annotations

import logging
import os
import threading
from signal import Signals
from typing import Any

log = logging.getLogger(__name__)

LEAVE_SECONDS = 15.0
"""less than the 20 seconds after which the supervisor sends SIGKILL"""


def end_soon_after_a_signal(process: Any, seconds: float = LEAVE_SECONDS) -> None:
    """Give a Faust worker so long to end in good order after SIGTERM or Ctrl-C.

    Faust commits, and leaves its group, without any limit of time: with no broker it waits for ever. To end it is as
    harmless as a crash: what was not acknowledged is read again.
    """
    stop_on_signal = process._stop_on_signal

    def end() -> None:
        log.warning("not ended %.0f s after the signal: is the broker gone? Ending now", seconds)
        logging.shutdown()
        os._exit(1)

    async def stop_soon(signal: Signals) -> None:
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        await stop_on_signal(signal)

    process._stop_on_signal = stop_soon
