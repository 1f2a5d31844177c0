"""Alerts of a day from their steps: who did what, and how long it took."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from processors.report.day import AlertFigures, DayBounds, RuleFigures
from schemas.alerts import Alert

_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")


def mask_addresses(text: str) -> str:
    """Return a text in which mail addresses are masked.

    >>> mask_addresses("ask eva@example.org first")
    'ask [address] first'
    """
    return _ADDRESS.sub("[address]", text)


def alerts_of_day(steps: Iterable[Alert], bounds: DayBounds) -> tuple[AlertFigures, ...]:
    """Return the alerts that were raised on a day, by time; a step that occurs twice counts once."""
    by_alert: dict[str, dict[int, Alert]] = defaultdict(dict)
    for step in steps:
        if step.raised_at in bounds:
            by_alert[step.id][step.version] = step
    found = [_figures([steps[version] for version in sorted(steps)]) for steps in by_alert.values()]
    return tuple(sorted(found, key=lambda one: (one.raised_at, one.id)))


def rules_of_day(alerts: Iterable[AlertFigures]) -> tuple[RuleFigures, ...]:
    """Return the number of alerts and verdicts by rule, most alerts first."""
    by_rule: dict[str, list[AlertFigures]] = defaultdict(list)
    for alert in alerts:
        by_rule[alert.rule].append(alert)
    found = [
        RuleFigures(
            rule=rule,
            alerts=len(of_rule),
            acknowledged=sum(alert.acknowledged_by is not None for alert in of_rule),
            confirmed=sum(alert.verdict == "confirmed" for alert in of_rule),
            rejected=sum(alert.verdict == "rejected" for alert in of_rule),
        )
        for rule, of_rule in by_rule.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.alerts, one.rule)))


def _figures(steps: list[Alert]) -> AlertFigures:
    last = steps[-1]
    acknowledged = next((step for step in steps if step.acknowledged_by), None)
    resolved = next((step for step in steps if step.state == "resolved"), None)
    judged = next((step for step in reversed(steps) if step.state == "judged"), None)
    shelved = next((step for step in reversed(steps) if step.state == "shelved"), None)
    return AlertFigures(
        id=last.id,
        rule=last.rule,
        subject=mask_addresses(last.subject),
        severity=last.severity,
        raised_at=last.raised_at,
        peak=max(step.peak for step in steps),
        threshold=last.threshold,
        acknowledged_by=acknowledged.acknowledged_by if acknowledged else None,
        acknowledged_after=_after(acknowledged),
        resolved_by=resolved.resolved_by if resolved else None,
        resolved_after=_after(resolved),
        verdict=last.verdict,
        verdict_by=judged.by if judged else None,
        shelved_by=shelved.shelved_by if shelved else None,
        shelved_reason=mask_addresses(shelved.shelved_reason) if shelved else "",
    )


def _after(step: Alert | None) -> float | None:
    return None if step is None else (step.time - step.raised_at).total_seconds()
