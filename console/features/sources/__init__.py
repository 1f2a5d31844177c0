"""Sources: what is silent, and whether alerts are computed at all, above every page."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, PageExtension, ViewDefinition
from console.features.sources.view import CHANNEL, WatchView
from schemas.sources import PROCESS_STATES, SOURCE_STATES

PAGES = ("control_room", "cameras", "queues", "bar", "music", "support", "history")
"""Every page of people who log in."""

FEATURE = ConsoleFeature(
    name="sources",
    folder=Path(__file__).parent,
    channels=(LiveChannel(CHANNEL),),
    views=(ViewDefinition(lambda _context: WatchView(), CHANNEL, replay={PROCESS_STATES: 20, SOURCE_STATES: 1_000}),),
    extensions=tuple(
        PageExtension(page=page, scripts=("watch.js",), styles=("watch.css",), channels=(CHANNEL,)) for page in PAGES
    ),
)
