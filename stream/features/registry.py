"""The list of features, and what is derived from it.

To add a feature, add its module to `_BUILT_IN`; a package of its own declares an entry point of the group
`pulso.features` that names its `Feature` object.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from processors.alerts.evaluator import RuleEvaluator
from processors.alerts.messages import MessageCatalog
from processors.alerts.rule import AlertRule
from schemas.errors import PulsoError
from schemas.rules import RuleSettings
from schemas.topic import Topic
from schemas.venue import Venue, venue_type
from schemas.venue_section import VenueSection
from stream.features import (
    alerts,
    assistant,
    attendance,
    bars,
    cameras,
    captions,
    companion,
    crowd,
    influencers,
    itinerary,
    models,
    moments,
    music,
    programme,
    promotion,
    queues,
    recommendations,
    report,
    routes,
    show_stop,
    signs,
    social,
    sources,
    support,
    tickets,
    venue,
    violence,
    visuals,
)
from stream.runtime import metrics as runtime_metrics
from stream.runtime.feature import Feature, load_reference
from stream.runtime.metrics import DeclaredMetric, declared_metrics

_BUILT_IN = (
    cameras,
    crowd,
    violence,
    attendance,
    queues,
    bars,
    support,
    social,
    moments,
    music,
    visuals,
    captions,
    programme,
    promotion,
    routes,
    itinerary,
    assistant,
    recommendations,
    tickets,
    influencers,
    companion,
    models,
    sources,
    show_stop,
    signs,
    report,
    venue,
    alerts,
)

ENTRY_POINT_GROUP = "pulso.features"


class FeatureError(PulsoError):
    """Two features claim the same name, topic, rule or section, or a feature is missing or can't be loaded."""


@cache
def features() -> tuple[Feature, ...]:
    """Return every feature: the built-in ones, then those of installed packages in the order of their names.

    Raises:
        FeatureError: an installed package brings something that is no feature, or a name that is taken.
    """
    found = [module.FEATURE for module in _BUILT_IN]
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda one: one.name):
        feature = entry_point.load()
        if not isinstance(feature, Feature):
            raise FeatureError(f"entry point {entry_point.name} ({entry_point.value}) is not a Feature")
        found.append(feature)
    _refuse_repeated("features", (feature.name for feature in found))
    _refuse_repeated("topics", (topic.name for feature in found for topic in feature.all_topics))
    _refuse_repeated("alert rules", (rule.name for feature in found for rule in feature.rules))
    _refuse_repeated("venue sections", (section.name for section in _sections(found)))
    return tuple(found)


def feature_named(name: str) -> Feature:
    """Return a feature by its name.

    Raises:
        FeatureError: No feature has this name.
    """
    for feature in features():
        if feature.name == name:
            return feature
    raise FeatureError(f"no feature is named {name!r}; there are {', '.join(one.name for one in features())}")


def topics() -> tuple[Topic[Any], ...]:
    """Return every topic, without the dead-letter topics beside them."""
    return tuple(topic for feature in features() for topic in feature.all_topics)


def input_topics() -> tuple[Topic[Any], ...]:
    """Return the topics that sources and people write."""
    return tuple(topic for feature in features() for topic in feature.inputs)


def result_topics() -> tuple[Topic[Any], ...]:
    """Return the topics whose records alert rules measure."""
    return tuple(topic for feature in features() for topic in feature.results)


def topics_by_name() -> dict[str, Topic[Any]]:
    """Return every topic by its name in Kafka."""
    return {topic.name: topic for topic in topics()}


def rules() -> tuple[AlertRule[Any], ...]:
    """Return every alert rule."""
    return tuple(rule for feature in features() for rule in feature.rules)


def rules_by_name() -> dict[str, AlertRule[Any]]:
    """Return every alert rule by its name."""
    return {rule.name: rule for rule in rules()}


def rule_settings(venue: Venue) -> dict[str, RuleSettings]:
    """Return the settings of every alert rule by its name: those of the venue file, or the defaults."""
    return {rule.name: rule.settings(venue) for rule in rules()}


def message_folders() -> tuple[Path, ...]:
    """Return the folders with the titles and texts of alerts."""
    return tuple(feature.messages for feature in features() if feature.messages is not None)


@cache
def message_catalog() -> MessageCatalog:
    """Return the titles and texts of all alerts.

    Raises:
        MessageError: a message file of a feature is wrong.
    """
    return MessageCatalog.read(message_folders(), [rule.name for rule in rules()])


def rule_evaluator(venue: Venue) -> RuleEvaluator:
    """Return an evaluator of every alert rule for one venue."""
    return RuleEvaluator(rules(), venue, message_catalog())


def workers() -> tuple[str, ...]:
    """Return the names of all workers: vision, bars, support, music, alerts, and those of further features."""
    return tuple(dict.fromkeys(worker for feature in features() for worker in feature.agents))


def agents_of(worker: str) -> tuple[str, ...]:
    """Return the functions that register agents on a worker, as references."""
    return tuple(feature.agents[worker] for feature in features() if worker in feature.agents)


def commands() -> tuple[str, ...]:
    """Return the functions that add the features' commands to `pulso`, as references."""
    return tuple(reference for feature in features() for reference in feature.commands)


def evaluations() -> tuple[str, ...]:
    """Return the commands of `pulso evaluate`, as references."""
    return tuple(reference for feature in features() for reference in feature.evaluations)


def frame_observers() -> tuple[str, ...]:
    """Return the functions that make observers of camera frames, as references."""
    return tuple(reference for feature in features() for reference in feature.frame_observers)


def buffer_events(worker: str) -> int:
    """Return the number of events that a worker reads ahead: the smallest that its features allow."""
    return min(feature.buffer_events for feature in features() if worker in feature.agents)


def needs_redis(worker: str) -> bool:
    """Return True if a worker can't start without Redis."""
    return any(feature.needs_redis for feature in features() if worker in feature.agents)


def metrics() -> tuple[DeclaredMetric, ...]:
    """Return every metric of workers, sources and features."""
    references = [reference for feature in features() for reference in feature.metrics]
    modules = [runtime_metrics, *(load_reference(reference) for reference in references)]
    return tuple(metric for module in modules for metric in declared_metrics(module))


def venue_sections() -> tuple[VenueSection[Any], ...]:
    """Return the sections that features add to the venue file."""
    return tuple(_sections(features()))


@cache
def full_venue_type() -> type[Venue]:
    """Return the type of the whole venue file, with the sections and the names of the rules of all features."""
    return venue_type(venue_sections(), [rule.name for rule in rules()])


def _sections(found: Any) -> Iterator[VenueSection[Any]]:
    return (feature.venue_section for feature in found if feature.venue_section is not None)


def _refuse_repeated(what: str, names: Iterator[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FeatureError(f"two {what} are named {name!r}")
        seen.add(name)
