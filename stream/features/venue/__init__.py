"""Venue: the editor of the venue file. Workers watch the file; no record in Kafka is needed."""

from __future__ import annotations

from stream.runtime.feature import Feature

FEATURE = Feature(name="venue", console="console.features.venue:FEATURE")
