"""Alert rules of support: an urgent mail, and many mails about the same thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.rules import RuleSettings
from schemas.support import SupportTriage
from schemas.venue import Venue


def measure_urgency(mail: SupportTriage, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for an urgent mail that is not old. Each is an alert of its own, so the others yield nothing."""
    if mail.priority == "urgent" and not mail.old:
        yield Measurement(subject=mail.message, value=1.0, message=Message("text", {"summary": mail.summary}))


def measure_surge(mail: SupportTriage, _venue: Venue) -> Iterator[Measurement]:
    """Yield the arrival rate of the mail's cluster now ÷ its baseline; nothing for an old mail, which came before."""
    if mail.cluster is not None and not mail.old:
        yield Measurement(
            subject=mail.cluster,
            value=mail.surge,
            message=Message("text", {"cluster": mail.cluster_label, "mails": mail.cluster_size, "surge": mail.surge}),
        )


MAIL_URGENT = AlertRule(
    name="mail-urgent",
    result=SupportTriage,
    unit=Unit.NONE,
    defaults=RuleSettings(raise_at=1, clear_at=0, severity="critical", audience=["security", "support"]),
    measure=measure_urgency,
    joins_incidents=True,
    readable_subject=False,
    danger_to_life=True,
)

MAIL_SURGE = AlertRule(
    name="mail-surge",
    result=SupportTriage,
    unit=Unit.TIMES,
    defaults=RuleSettings(
        raise_at=4, clear_at=2, on_delay_seconds=0, off_delay_seconds=300, cool_down_seconds=1800,
        severity="medium", audience=["support"],
    ),
    measure=measure_surge,
    readable_subject=False,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (MAIL_URGENT, MAIL_SURGE)
