"""Mails as the support page receives them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

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


def grouped(name: str, minute: int, cluster: str, size: int, **fields: object) -> Triage:
    return msgspec.convert(
        {
            "event_id": name, "message": name, "thread": "t", "time": AT + timedelta(minutes=minute), "language": "es",
            "priority": "normal", "cluster": cluster, "cluster_size": size, "cluster_label": f"¿{cluster}?",
            "cluster_words": ("agua",), "topic": {"name": "water", "confidence": 0.9}, "model": "m",
        } | fields, Triage,
    )  # fmt: skip


def test_single_mails_are_counted_apart_and_clusters_that_ended_are_followed() -> None:
    support = SupportView()
    support.apply(grouped("m1", 1, "a", 1), 1)
    support.apply(grouped("m2", 2, "b", 1), 2)
    assert (support.state()["clusters"], support.state()["alone"]) == ([], 2)
    support.apply(grouped("m3", 3, "b", 3, clusters_ended={"a": "b"}), 3)
    state = support.state()
    (cluster,) = state["clusters"]
    assert (cluster["id"], cluster["label"], cluster["words"], cluster["size"]) == ("b", "¿b?", ["agua"], 3)
    assert (sum(cluster["trend"]), state["alone"]) == (3, 0)
    assert support.mails_by_topic()["water"] == 3
