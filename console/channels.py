"""Live channels of all features: who may subscribe, and the state that views give them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, View
from console.registry import ConsoleFeatureError
from schemas.venue import Venue


class Channels:
    """Table of the live channels of a venue.

    Args:
        views: each view with the name of the channel, or channel family, whose state it is part of.
    """

    def __init__(self, features: Iterable[ConsoleFeature], venue: Venue, views: Sequence[tuple[str, View]]) -> None:
        channels = [channel for feature in features for channel in feature.channels]
        self._by_name: dict[str, LiveChannel] = {}
        for channel in channels:
            for name in channel.names(venue):
                if name in self._by_name:
                    raise ConsoleFeatureError(f"two features declare the live channel {name!r}")
                self._by_name[name] = channel
        self._views: dict[str, list[View]] = {channel.name: [] for channel in channels}
        for name, view in views:
            if name not in self._views:
                raise ConsoleFeatureError(
                    f"{type(view).__name__} is part of the live channel {name!r}, which no feature declares;"
                    f" there are {', '.join(sorted(self._views))}"
                )
            self._views[name].append(view)

    def __contains__(self, name: str) -> bool:
        """Return true if a channel has this name."""
        return name in self._by_name

    def __getitem__(self, name: str) -> LiveChannel:
        """Return the definition of a channel."""
        return self._by_name[name]

    def in_api(self) -> list[str]:
        """Return the names of the channels whose state programs can read, sorted."""
        return sorted(name for name, channel in self._by_name.items() if channel.in_api)

    def is_open_to(self, user: User, name: str) -> bool:
        """Return true if a user may subscribe to a channel."""
        return self._by_name[name].is_open_to(user, name)

    def state(self, name: str) -> bytes:
        """Return what pages on a channel show now, as JSON: the states of its views, merged.

        Raises:
            KeyError: the venue has no such channel.
        """
        merged: dict[str, object] = {}
        for view in self._views[self._by_name[name].name]:
            merged |= view.state(name)
        return msgspec.json.encode(merged)
