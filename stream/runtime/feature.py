"""A feature: everything that one thing a user can name adds to Pulso.

Topics, workers, alert rules, metrics, console pages, commands and reference pages are derived from the list of features
in `stream.features.registry`. Modules that are expensive to import (models, River, librosa) are named as text,
`"module:attribute"`, and loaded by the process that needs them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from processors.alerts.rule import AlertRule
from schemas.topic import Topic
from schemas.venue_section import VenueSection

Reference = str
"""`"module:attribute"`, loaded by `load_reference` when it is needed."""


@dataclass(frozen=True, slots=True)
class StateTopics:
    """A table of state rows, and the topics whose records change them: they must have the same partitions.

    Attributes:
        table: its name, as the agents give it to `WorkerContext.table`.
        topics: the first gives the table its partitions.
        keeps_offsets: its rows hold the offsets of records that they include, so a row is valid in its partition only.
        idle: time after its last change, by the receipt of records, at which a row is removed unless it is open; longer
            than Kafka keeps a record of these topics, so that one that is repeated is known. None where the table has
            one row for the whole venue.
    """

    table: str
    topics: tuple[Topic[Any], ...]
    keeps_offsets: bool = True
    idle: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Topics that one client of Kafka reads and writes for a feature; its rights in Kafka are derived from them.

    Attributes:
        consumes: topics that its agents read in a consumer group; unusable records go to their dead-letter topics.
        consumes_results: its agents read the results of all features, too.
        broadcasts: topics that it reads without a consumer group.
        produces: topics that it writes.
        tables: state of its agents.
    """

    consumes: tuple[Topic[Any], ...] = ()
    consumes_results: bool = False
    broadcasts: tuple[Topic[Any], ...] = ()
    produces: tuple[Topic[Any], ...] = ()
    tables: tuple[StateTopics, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Declaration of a feature: its contributions to each layer.

    Attributes:
        name: the same in every layer, in lower case.
        inputs: topics that sources, people or other features write and this feature's agents read.
        results: topics that this feature's agents write and that alert rules measure and pages show.
        topics: further topics of this feature.
        rules: its alert rules.
        messages: folder with `messages.LANGUAGE.yaml`: titles and texts of its alerts.
        agents: worker → function that registers the feature's agents on it, as `"module:function"`. Features that
            name the same worker share its process.
        buffer_events: number of events that its workers may read ahead; small where events are large.
        needs_redis: True if its workers can't start without Redis.
        frame_observers: functions `(venue) → FrameObserver`, which measure each counted camera frame.
        metrics: modules that declare its Prometheus series.
        venue_section: its part of the venue file, where that is not a field of `schemas.venue.Venue`.
        console: its `console.feature.ConsoleFeature`.
        commands: functions `(app)` that add its commands to `pulso`.
        evaluations: commands of `pulso evaluate`, functions that Typer can call.
        access: topics that each client of Kafka reads and writes for it. A client is a worker, `sources`, `console`, or
            `operator`: the commands of people.
    """

    name: str
    inputs: tuple[Topic[Any], ...] = ()
    results: tuple[Topic[Any], ...] = ()
    topics: tuple[Topic[Any], ...] = ()
    rules: tuple[AlertRule[Any], ...] = ()
    messages: Path | None = None
    agents: Mapping[str, Reference] = field(default_factory=dict)
    buffer_events: int = 4096
    needs_redis: bool = False
    frame_observers: tuple[Reference, ...] = ()
    metrics: tuple[Reference, ...] = ()
    venue_section: VenueSection[Any] | None = None
    console: Reference | None = None
    commands: tuple[Reference, ...] = ()
    evaluations: tuple[Reference, ...] = ()
    access: Mapping[str, Access] = field(default_factory=dict)

    @property
    def all_topics(self) -> tuple[Topic[Any], ...]:
        """Return every topic of the feature: inputs, results, and the others."""
        return (*self.inputs, *self.results, *self.topics)


def load_reference(reference: Reference) -> Any:
    """Return the module or attribute that a reference names.

    >>> load_reference("math:sqrt")(9)
    3.0
    """
    module, _, attribute = reference.partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded
