"""Companion: the attendees' page, which shows what other features measure, plan and answer."""

from __future__ import annotations

from stream.runtime.feature import Feature

FEATURE = Feature(name="companion", console="console.features.companion:FEATURE")
