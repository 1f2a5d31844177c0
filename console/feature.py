"""A feature's part of the console.

A feature declares one `ConsoleFeature`: pages with their entries in the navigation, views of results, live channels,
additions to pages of other features, and a folder with templates, static files and words. Navigation,
subscriptions, the replay of topics, words, templates and static mounts are derived from the list of features in
`console.registry`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from fastapi import APIRouter
from fastapi.sse import ServerSentEvent
from msgspec import Struct
from redis.asyncio import Redis

from console.authentication import User
from console.update_hub import UpdateHub
from schemas.errors import PulsoError
from schemas.topic import Topic
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.stores.accounts import Role

if TYPE_CHECKING:
    from console.services import ConsoleServices


class UpdatesLostError(PulsoError):
    """Updates that a page missed can't be read: the connection must end, and the page comes back with its cursor."""


@dataclass(frozen=True, slots=True)
class FeatureContext:
    """Arguments with which a feature's views and background services are made, once per console."""

    settings: Settings
    venue: Venue
    redis: Redis
    hub: UpdateHub


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A page that a user can open from every other page.

    Attributes:
        path: its address.
        word: name of the phrase that it is called by.
        position: entries are sorted by it; the control room has 0, the history 90.
        suffix: follows the phrase, as the name of a bar.
        home_of: a user whose only role is this one starts on the first such page.
    """

    path: str
    word: str
    position: int
    suffix: str = ""
    home_of: Role | None = None


class View(Protocol):
    """State of a channel, built from results as they come."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply one record that Kafka took at `received_at` (Unix milliseconds); return the channels that changed."""
        ...

    def state(self, channel: str) -> Mapping[str, object]:
        """Return what pages on this channel show, ready for JSON."""
        ...


@runtime_checkable
class BackgroundService(Protocol):
    """A view or service that works on its own until the console stops."""

    async def run(self) -> None:
        """Run for ever; the console cancels it when it stops."""
        ...


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A view, and what the console reads for it.

    Attributes:
        create: makes it, once per console.
        channel: name of the channel whose state it is part of; of a channel family its name without the colon. The
            channel may be another feature's: the states of all its views are merged.
        replay: topics that it reads, with the number of records of each partition that are read at the start.
    """

    create: Callable[[FeatureContext], View]
    channel: str
    replay: Mapping[Topic[Any], int] = field(default_factory=dict)


class ChannelSubscription(Protocol):
    """One page's subscription to a channel."""

    @property
    def hub_channels(self) -> tuple[str, ...]:
        """Return the channels of the `UpdateHub` that it receives."""
        ...

    def start(self) -> AsyncIterator[ServerSentEvent]:
        """Yield the first events: the present state, or what the page missed.

        Raises:
            UpdatesLostError: what was missed can't be read; the connection ends, and the page comes back.
        """
        ...

    def event(self, update: object) -> ServerSentEvent | None:
        """Return an update of the hub as the page gets it, or None if it is not for this page."""
        ...


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """Something that pages subscribe to through `/live`.

    Attributes:
        name: the channel, or a family of channels `NAME:MEMBER`.
        roles: users with one of these roles may subscribe; empty: every user.
        members: members of a family in a venue; None: the channel is no family.
        may_subscribe: narrows the roles for a member of a family.
        in_api: programs can read its state at `/api/now/CHANNEL`.
        subscribe: makes a subscription of its own kind from services, user and the cursor that the page has; None:
            the page gets the whole state whenever it changes.
    """

    name: str
    roles: tuple[Role, ...] = ()
    members: Callable[[Venue], Iterable[str]] | None = None
    may_subscribe: Callable[[User, str], bool] = lambda _user, _member: True
    in_api: bool = True
    subscribe: Callable[[ConsoleServices, User, str], ChannelSubscription] | None = None

    def names(self, venue: Venue) -> tuple[str, ...]:
        """Return the full names of its channels in a venue."""
        if self.members is None:
            return (self.name,)
        return tuple(f"{self.name}:{member}" for member in self.members(venue))

    def is_open_to(self, user: User, channel: str) -> bool:
        """Return true if a user may subscribe to one of its channels.

        >>> bars = LiveChannel("bar", roles=("bar",), may_subscribe=User.works_at_bar)
        >>> bars.is_open_to(User("ana", frozenset({"bar"}), ("north",)), "bar:south")
        False
        """
        if self.roles and not user.has_role(*self.roles):
            return False
        return self.may_subscribe(user, channel.partition(":")[2])


@dataclass(frozen=True, slots=True)
class PageExtension:
    """Additions of a feature to a page, of its own or of another feature.

    Attributes:
        page: name of the page's template, without folder and suffix.
        template: a template of this feature that the page includes where it has room for extensions.
        scripts: modules that run before the page's own script; see `subscribe` in live.js and `on` in page.js.
        styles: style sheets.
        channels: their state is in the page from the beginning; the extension is left out for users who may not
            subscribe to all of them.
        state: further state for the scripts.
    """

    page: str
    template: str | None = None
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    state: Callable[[ConsoleServices], Mapping[str, object]] = lambda _services: {}


def no_navigation(_user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return no entry: the feature has no page of its own."""
    return ()


def no_words(_context: FeatureContext, _language: str) -> Mapping[str, str]:
    """Return no phrase: the feature's word files have them all."""
    return {}


def nothing_in_force(_services: ConsoleServices) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Return no line: the feature has nothing that a next shift must know."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleFeature:
    """A feature's part of the console.

    Attributes:
        name: the same as in every other layer; its static files are at `/static/NAME/`.
        folder: has its templates (`*.html`, named `NAME/FILE.html`), static files (see `STATIC_SUFFIXES` in
            `console.registry`) and words (`words.LANGUAGE.yaml`).
        routers: its pages and their API.
        navigation: entries that a user sees in a venue.
        channels: live channels.
        views: state of channels.
        services: other objects that live as long as the console; pages get them with `ConsoleServices.part`.
        extensions: what it adds to pages.
        words: phrases that are not in files, by context and language.
        shift_report: what is in force now, for a shift's hand-over note: names of phrases with their values.
        long_requests: paths of its endpoints that take more than the 64 KiB of a form, with their limits in bytes.
    """

    name: str
    folder: Path
    routers: tuple[APIRouter, ...] = ()
    navigation: Callable[[User, Venue], Iterable[NavigationEntry]] = no_navigation
    channels: tuple[LiveChannel, ...] = ()
    views: tuple[ViewDefinition, ...] = ()
    services: tuple[Callable[[FeatureContext], object], ...] = ()
    extensions: tuple[PageExtension, ...] = ()
    words: Callable[[FeatureContext, str], Mapping[str, str]] = no_words
    shift_report: Callable[[ConsoleServices], Iterable[tuple[str, Mapping[str, str]]]] = nothing_in_force
    long_requests: Mapping[str, int] = field(default_factory=dict)
