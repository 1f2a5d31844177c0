"""State of the page of signs, without a server."""

from __future__ import annotations

from datetime import UTC, datetime

from console.features.signs.view import SignsView
from console.update_hub import UpdateHub
from schemas.signs import SignState
from stream.features import registry
from tests.console.features.signs.conftest import VENUE


def state(display: str, trouble: str = "") -> SignState:
    return SignState(
        event_id="e", sign="arch", time=datetime.now(UTC), shown=None, display=display, trouble=trouble
    )  # fmt: skip


def test_trouble_of_a_display_is_shown_until_its_server_answers_again() -> None:
    view = SignsView(registry.full_venue_type().model_validate(VENUE), UpdateHub())
    shown = []
    for number, one in enumerate((state("xibo"), state("xibo", "status 500"), state("kiosk"), state("xibo"))):
        view.apply(one, number)
        sign = view.state()["signs"][0]  # type: ignore[index]
        shown.append((sign["trouble"], sign["heard"]))
    assert shown == [("", 0), ("status 500", 0), ("status 500", 2), ("", 3)]
