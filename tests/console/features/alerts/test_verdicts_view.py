"""Verdicts as pages receive them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

from console.authentication import User
from console.features.alerts.view import VerdictsView
from console.update_hub import UpdateHub
from schemas.alerts import AlertLabel
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_user_gets_verdicts_on_visible_alerts_only() -> None:
    verdicts = VerdictsView(VENUE, UpdateHub())
    for subject, by in (("north/beer", "bea"), ("south/beer", "ben"), ("north/beer", "ana")):
        label = AlertLabel(
            id=f"stock-out/{subject}@1", key=f"stock-out/{subject}", rule="stock-out", subject=subject, raised_at=AT,
            time=AT, verdict="confirmed", by=by,
        )  # fmt: skip
        verdicts.apply(label, 1)
    visible = verdicts.visible_to(User("bea", frozenset({"bar"}), ("north",)))
    assert {alert: one["by"] for alert, one in visible.items()} == {"stock-out/north/beer@1": "ana"}
    assert len(verdicts.visible_to(User("ada", frozenset({"admin"})))) == 2
