"""Alert rules: each is defined once, in `processors/FEATURE/rules.py`.

A rule measures results of one type. Everything that concerns it is derived from its definition: observations, default
thresholds of the venue file, titles and units on pages, and labels of metrics. The sentences that people read are
templates in `processors/FEATURE/messages.LANGUAGE.yaml`, see `processors.alerts.messages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from schemas.ids import EventId
from schemas.rules import RuleSettings
from schemas.venue import Venue


class Unit(Enum):
    """Unit of a rule's value; pages format the value by its name."""

    NONE = "none"
    """A yes or no, or a number that says nothing to people: pages show no value."""
    PERCENT = "percent"
    """A share from 0 to 1, shown in percent."""
    PERSONS_PER_SQUARE_METRE = "persons_per_square_metre"
    PER_SECOND_SQUARED = "per_second_squared"
    PER_MINUTE = "per_minute"
    MINUTES = "minutes"
    TIMES = "times"
    """A multiple of the baseline."""


class MeasurableResult(Protocol):
    """A result that rules can measure: it names the event that caused it and the time of that event."""

    @property
    def event_id(self) -> EventId:
        """Id of the event that the result was made of."""

    @property
    def time(self) -> datetime:
        """Time of the event, with an offset."""


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """A parameter that a result brings in several languages, for example the name of a topic.

    Attributes:
        texts: language → text.
        default: text for the languages that `texts` lacks.
    """

    texts: Mapping[str, str]
    default: str


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people: a template of the rule's message file, and the values for its placeholders.

    Attributes:
        template: name of the template among those of the rule.
        parameters: values by placeholder. Numbers are formatted as the template says. A nested message is rendered in
            the same language; a tuple of messages is joined by ", ".
    """

    template: str = "text"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


Parameter: TypeAlias = "str | int | float | LocalizedText | Message | tuple[Message, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value that a rule compares with its thresholds.

    Attributes:
        subject: what was measured: a zone and its camera, a bar and its product. Each subject has its own alert.
        value: in the rule's unit.
        message: what people are to read when the value raises, changes or clears an alert.
        evidence: ids of pictures or clips in the evidence store that show why.
        amount: units that people are asked to fetch.
        source: where they are fetched from.
    """

    subject: str
    value: float
    message: Message
    evidence: tuple[str, ...] = ()
    amount: float | None = None
    source: str | None = None


T = TypeVar("T", bound=MeasurableResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule(Generic[T]):
    """Definition of one alert rule.

    Attributes:
        name: in lower case with hyphens; the venue file, alert keys and metrics use it.
        result: type of the results that the rule measures.
        unit: unit of the measured values.
        defaults: thresholds, delays, severity and audience where the venue file has no entry for the rule.
        measure: pure function `(result, venue) → measurements`. A result of which nothing is known yields none, which
            neither raises nor clears an alert.
        danger_to_life: True where its alerts warn of danger to life: they can't be shelved.
        joins_incidents: True where its alerts warn of what people at a place do or suffer: the control room joins them
            with others of the same place and time.
        readable_subject: False where the subject is an internal id, which pages don't show.
    """

    name: str
    result: type[T]
    unit: Unit
    defaults: RuleSettings
    measure: Callable[[T, Venue], Iterable[Measurement]]
    readable_subject: bool = True
    danger_to_life: bool = False
    joins_incidents: bool = False

    def settings(self, venue: Venue) -> RuleSettings:
        """Return the settings of the venue file, or the defaults."""
        return venue.rules.get(self.name, self.defaults)

    def can_be_shelved(self, venue: Venue) -> bool:
        """Return True if operators may shelve its alerts."""
        return not self.danger_to_life and self.settings(venue).shelvable


def reaches_threshold(rules: Iterable[AlertRule[Any]], venue: Venue, result: MeasurableResult) -> bool:
    """Return True if a rule measures a value of this result that raises an alert once it has lasted."""
    return any(
        measurement.value >= rule.settings(venue).raise_at
        for rule in rules
        if isinstance(result, rule.result)
        for measurement in rule.measure(result, venue)
    )
