"""Queues: waiting times on a page of their own, on each bar's page and on the plan."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, PageExtension, ViewDefinition
from console.features.queues import page
from console.features.queues.view import CHANNEL, ROLES, QueuesView
from schemas.queues import QUEUE_WAITS, QUEUES
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of queues, in a venue that has some."""
    if venue.section(QUEUES) and user.has_role(*ROLES):
        yield NavigationEntry("/queues", "queues", position=25)


FEATURE = ConsoleFeature(
    name="queues",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(ViewDefinition(lambda context: QueuesView(context.venue), CHANNEL, replay={QUEUE_WAITS: 500}),),
    extensions=(
        PageExtension(page="bar", scripts=("bar_queue.js",), channels=(CHANNEL,)),
        PageExtension(
            page="control_room", scripts=("plan_queues.js",), styles=("plan_queues.css",), channels=(CHANNEL,)
        ),
    ),
)
