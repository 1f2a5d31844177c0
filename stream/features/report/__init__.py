"""Report: the morning after a day, its signed log, and sums over longer periods; from the records of all features."""

from __future__ import annotations

from schemas.report import REPORT
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="report",
    venue_section=REPORT,
    console="console.features.report:FEATURE",
    commands=("stream.commands.report:register",),
)
