"""Distribution of updates to open pages."""

from __future__ import annotations

import asyncio

from console.update_hub import MAX_WAITING_UPDATES, UpdateHub


def test_hub_marks_only_the_slow_page_as_too_slow() -> None:
    hub = UpdateHub()
    with hub.subscribe(["zones"]) as slow:
        for number in range(MAX_WAITING_UPDATES + 1):
            hub.publish("zones", number)
        assert slow.too_slow
        with hub.subscribe(["zones"]) as quick:
            hub.publish("zones", b"now")
            assert not quick.too_slow
            assert asyncio.run(quick.get(1)) == ("zones", b"now")
