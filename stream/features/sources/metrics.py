"""Prometheus series of the watch of sources."""

from __future__ import annotations

from schemas.sources import REPORTS
from stream.runtime.metrics import KeyedGauge

SOURCES_SILENT = KeyedGauge(
    REPORTS, "pulso_sources_silent", "Sources that are silent for longer than their rhythm allows", ["watch", "kind"]
)
