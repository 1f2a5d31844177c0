"""Mails as the support page receives them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.features.support.view import SupportView
from schemas.support import SupportTriage as Triage

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_mail_triaged_again_is_shown_once_and_urgent_first() -> None:
    support = SupportView()
    for number, priority in enumerate(("low", "urgent", "normal", "urgent")):
        mail = Triage(
            event_id="e", message=f"m{number % 3}", thread="t", time=AT + timedelta(minutes=number), language="es",
            priority=priority, cluster="c", cluster_label="l", cluster_size=number, model="m",  # type: ignore[arg-type]
        )  # fmt: skip
        support.apply(mail, number)
    state = support.state()
    assert [mail["message"] for mail in state["mails"]] == ["m0", "m1", "m2"]
    assert [mail["priority"] for mail in state["mails"]] == ["urgent", "urgent", "normal"]
    (cluster,) = state["clusters"]
    assert (cluster["size"], sum(cluster["trend"])) == (3, 3)
