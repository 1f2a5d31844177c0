"""Labels made from verdicts, one for each alert, and the precision of rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.alerts.labels import AlertIdError, label_of, precision, split_alert_id
from schemas.alerts import Alert, AlertAction, AlertLabel

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
STEP = Alert(
    id="violence/gate@20260704T220000.000000", key="violence/gate", version=3, rule="violence", subject="gate",
    state="judged", severity="critical", audience=("security",), raised_at=AT, time=AT, value=0.9, peak=0.97,
    threshold=0.8, event_id="e", evidence=("clip",),
)  # fmt: skip


def action(kind: str, **more: str) -> AlertAction:
    return AlertAction(id="a", key="violence/gate", action=kind, by="ana", time=AT + timedelta(hours=1), **more)  # type: ignore[arg-type]


def label(number: int, confirmed: bool, rule: str = "violence") -> AlertLabel:
    return AlertLabel(
        id=f"{rule}/gate@{number}", key=f"{rule}/gate", rule=rule, subject="gate", time=AT, by="ana",
        raised_at=AT + timedelta(minutes=number), verdict="confirmed" if confirmed else "rejected",
    )  # fmt: skip


def test_verdict_on_alert_in_the_state_keeps_its_details() -> None:
    result = label_of(action("confirm", note="two men"), STEP)
    assert result == AlertLabel(
        id=STEP.id, key=STEP.key, rule="violence", subject="gate", raised_at=AT, time=AT + timedelta(hours=1),
        verdict="confirmed", by="ana", note="two men", peak=0.97, evidence=("clip",),
    )  # fmt: skip


def test_verdict_on_alert_of_last_week_is_kept_by_its_id() -> None:
    result = label_of(action("reject", alert="violence/gate@20260627T233015.250000"), None)
    assert result is not None
    assert (result.id, result.subject, result.verdict, result.peak) == (
        "violence/gate@20260627T233015.250000", "gate", "rejected", None,
    )  # fmt: skip
    assert result.raised_at == datetime(2026, 6, 27, 23, 30, 15, 250000, tzinfo=UTC)


def test_actions_without_verdict_or_alert_make_no_label() -> None:
    assert label_of(action("acknowledge"), STEP) is None
    assert label_of(action("confirm"), None) is None


@pytest.mark.parametrize(
    "alert",
    ["violence/gate", "violence/bar@20260704T220000.000000", "violence/gate@yesterday", "violence/gate@" + "9" * 15],
)
def test_verdict_with_id_of_another_key_is_refused(alert: str) -> None:
    with pytest.raises(AlertIdError, match="not an alert of the key 'violence/gate'"):
        label_of(action("confirm", alert=alert), None)


def test_alert_id_is_split_where_the_key_has_an_at_sign() -> None:
    assert split_alert_id("mail-urgent/<a@b.org>@20260704T220000.000000") == ("mail-urgent/<a@b.org>", AT)
    assert split_alert_id("mail-urgent/<a@20260704T220000.000000>") is None
    assert split_alert_id("violence/gate@20261399T990000.000000") is None


def test_precision_covers_the_newest_alerts_of_each_rule() -> None:
    labels = [label(number, number >= 5) for number in range(15)] + [label(0, True, "stock-out")]
    precision_by_rule = precision(labels, window=12)
    assert (precision_by_rule["violence"].judged, precision_by_rule["violence"].confirmed) == (12, 10)
    assert precision_by_rule["stock-out"].ratio == 1.0
    assert precision([]) == {}


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=30), st.randoms())
def test_repeated_and_changed_verdicts_count_once(verdicts: list[tuple[int, bool]], random: object) -> None:
    labels = [label(number, confirmed) for number, confirmed in verdicts]
    last_labels = {one.id: one for one in labels}
    precision_by_rule = precision(labels)
    if not labels:
        assert precision_by_rule == {}
        return
    assert precision_by_rule["violence"].judged == len(last_labels)
    assert precision_by_rule["violence"].confirmed == sum(one.verdict == "confirmed" for one in last_labels.values())
    shuffled = list(last_labels.values())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert precision(shuffled) == precision_by_rule
    assert precision([*labels, *(replace(one, by="bo") for one in last_labels.values())]) == precision_by_rule
