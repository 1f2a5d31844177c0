"""Turn results into observations: the values that alert rules watch, with what to tell people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from processors.alerts.messages import MessageCatalog
from processors.alerts.rule import AlertRule, MeasurableResult, Measurement
from schemas.alerts import Observation
from schemas.fields import identifier
from schemas.ids import AlertKey, EventId
from schemas.venue import Venue


class RuleEvaluator:
    """Measures results by the alert rules of one venue."""

    def __init__(self, rules: Iterable[AlertRule[Any]], venue: Venue, catalog: MessageCatalog) -> None:
        self._venue = venue
        self._catalog = catalog
        self._rules: dict[type, list[AlertRule[Any]]] = defaultdict(list)
        for rule in rules:
            self._rules[rule.result].append(rule)

    def observations(self, result: MeasurableResult) -> list[Observation]:
        """Return every value of one result that a rule watches.

        Ids derive from the event, so a retry repeats them.
        """
        return [
            self._observation(rule.name, measurement, result)
            for rule in self._rules.get(type(result), ())
            for measurement in rule.measure(result, self._venue)
        ]

    def _observation(self, rule: str, measurement: Measurement, result: MeasurableResult) -> Observation:
        return Observation(
            id=EventId(identifier(f"{result.event_id}#{rule}")),
            key=AlertKey(identifier(f"{rule}/{measurement.subject}")),
            rule=rule,
            subject=identifier(measurement.subject),
            time=result.time,
            value=measurement.value,
            text=self._catalog.render_all(rule, measurement.message),
            evidence=measurement.evidence,
            amount=measurement.amount,
            source=measurement.source,
        )
