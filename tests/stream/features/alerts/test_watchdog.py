"""The dead man's switch calls while every part works, and only then."""

from __future__ import annotations

import logging

import httpx
import pytest

from stream.features.alerts.watchdog import Watchdog
from stream.runtime.liveness import Liveness

URL = "https://hc.example.org/ping/secret-id"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Service:
    """An outside service that counts calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(str(request.url))
        if not self.status:
            raise httpx.ConnectError("unreachable")
        return httpx.Response(self.status)


async def test_calls_stop_when_a_part_stalls(caplog: pytest.LogCaptureFixture) -> None:
    clock, service = Clock(), Service()
    liveness = Liveness(clock)
    watchdog = Watchdog(URL, liveness, ("time", "notifier"), transport=httpx.MockTransport(service.answer))
    assert not await watchdog.call(), "nothing has worked yet"
    liveness.report("time")
    assert not await watchdog.call(), "the notifier has not"
    liveness.report("notifier")
    assert await watchdog.call()
    clock.now += 20
    assert await watchdog.call()
    clock.now += 20
    liveness.report("time")
    assert not await watchdog.call()
    assert service.calls == [URL, URL]
    assert "secret-id" not in caplog.text


@pytest.mark.parametrize("status", [0, 404, 503])
async def test_call_that_is_not_taken_is_repeated_and_logged_without_the_address(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    service, liveness = Service(), Liveness()
    service.status = status
    liveness.report("time")
    watchdog = Watchdog(URL, liveness, ("time",), transport=httpx.MockTransport(service.answer))
    with caplog.at_level(logging.WARNING, logger="stream"):
        assert not await watchdog.call()
    assert "not taken" in caplog.text and "secret-id" not in caplog.text
    service.status = 200
    assert await watchdog.call()
