"""Verdicts become labels, each alert one, and labels become precision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.alerts.labels import AlertIdError, split_alert_id, label_of, precision
from schemas.alerts import Alert, AlertAction, AlertLabel

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
STEP = Alert(
    id="violence/gate@20260704T220000.000000", key="violence/gate", version=3, rule="violence", subject="gate",
    state="judged", severity="critical", audience=("security",), raised_at=AT, time=AT, value=0.9, peak=0.97,
    threshold=0.8, event_id="e", evidence=("clip",),
)  # fmt: skip


def action(what: str, **more: str) -> AlertAction:
    return AlertAction(id="a", key="violence/gate", action=what, by="ana", time=AT + timedelta(hours=1), **more)  # type: ignore[arg-type]


def label(number: int, confirmed: bool, rule: str = "violence") -> AlertLabel:
    return AlertLabel(
        id=f"{rule}/gate@{number}", key=f"{rule}/gate", rule=rule, subject="gate", time=AT, by="ana",
        raised_at=AT + timedelta(minutes=number), verdict="confirmed" if confirmed else "rejected",
    )  # fmt: skip


def test_a_verdict_on_a_known_alert_keeps_what_is_known() -> None:
    made = label_of(action("confirm", note="two men"), STEP)
    assert made == AlertLabel(
        id=STEP.id, key=STEP.key, rule="violence", subject="gate", raised_at=AT, time=AT + timedelta(hours=1),
        verdict="confirmed", by="ana", note="two men", peak=0.97, evidence=("clip",),
    )  # fmt: skip


def test_a_verdict_on_an_alert_of_last_week_is_kept_by_its_id() -> None:
    made = label_of(action("reject", alert="violence/gate@20260627T233015.250000"), None)
    assert made is not None
    assert (made.id, made.subject, made.verdict, made.peak) == (
        "violence/gate@20260627T233015.250000", "gate", "rejected", None,
    )  # fmt: skip
    assert made.raised_at == datetime(2026, 6, 27, 23, 30, 15, 250000, tzinfo=UTC)


def test_only_verdicts_make_labels_and_only_of_something() -> None:
    assert label_of(action("acknowledge"), STEP) is None
    assert label_of(action("confirm"), None) is None


@pytest.mark.parametrize(
    "alert",
    ["violence/gate", "violence/bar@20260704T220000.000000", "violence/gate@yesterday", "violence/gate@" + "9" * 15],
)
def test_what_is_no_id_of_the_key_is_refused(alert: str) -> None:
    with pytest.raises(AlertIdError, match="no alert of the key 'violence/gate'"):
        label_of(action("confirm", alert=alert), None)


def test_an_id_is_read_back_even_where_the_key_holds_an_at_sign() -> None:
    assert split_alert_id("mail-urgent/<a@b.org>@20260704T220000.000000") == ("mail-urgent/<a@b.org>", AT)
    assert split_alert_id("mail-urgent/<a@20260704T220000.000000>") is None
    assert split_alert_id("violence/gate@20261399T990000.000000") is None


def test_precision_is_of_the_newest_alerts_of_each_rule() -> None:
    labels = [label(number, number >= 5) for number in range(15)] + [label(0, True, "stock-out")]
    found = precision(labels, window=12)
    assert (found["violence"].judged, found["violence"].confirmed) == (12, 10)
    assert found["stock-out"].ratio == 1.0
    assert precision([]) == {}


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=30), st.randoms())
def test_repeated_and_changed_verdicts_count_once(verdicts: list[tuple[int, bool]], random: object) -> None:
    labels = [label(number, confirmed) for number, confirmed in verdicts]
    last = {one.id: one for one in labels}
    found = precision(labels)
    if not labels:
        assert found == {}
        return
    assert found["violence"].judged == len(last)
    assert found["violence"].confirmed == sum(one.verdict == "confirmed" for one in last.values())
    shuffled = list(last.values())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert precision(shuffled) == found
    assert precision([*labels, *(replace(one, by="bo") for one in last.values())]) == found
