"""Alerts: the control room, the history, evidence, actions and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, FeatureContext, LiveChannel, NavigationEntry, ViewDefinition
from console.features.alerts import actions, evidence, handover, history, incident, notified, page, wall
from console.features.alerts.alert_feed import AlertFeed
from console.features.alerts.live import AlertSubscription, VerdictSubscription
from console.features.alerts.view import CHANNEL as VERDICTS
from console.features.alerts.view import VerdictsView
from processors.alerts.incidents import IncidentBook
from schemas.alerts import LABELS
from schemas.venue import Venue
from stream.features import registry


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the wall for a screen; for others the control room and the history, for security its other pages, too."""
    if user.only_looks:
        yield NavigationEntry("/wall", "wall", position=92, home_of="wall")
        return
    yield NavigationEntry("/", "control_room", position=0)
    yield NavigationEntry("/history", "history", position=90)
    if user.has_role("security"):
        yield NavigationEntry("/handover", "handover", position=91)
        yield NavigationEntry("/wall", "wall", position=92)


def rule_titles(_context: FeatureContext, language: str) -> dict[str, str]:
    """Return `rule_NAME` → title, for every alert rule."""
    catalog = registry.message_catalog()
    return {f"rule_{rule.name}": catalog.title(rule.name, language) for rule in registry.rules()}


def alert_feed(context: FeatureContext) -> AlertFeed:
    """Return the feed of alerts, which also joins those that belong together."""
    return AlertFeed(context.redis, context.hub, IncidentBook(context.venue, registry.rules_by_name()))


FEATURE = ConsoleFeature(
    name="alerts",
    folder=Path(__file__).parent,
    routers=(
        page.router,
        actions.router,
        notified.router,
        history.router,
        incident.router,
        handover.router,
        wall.router,
        evidence.router,
    ),
    navigation=navigation,
    channels=(
        LiveChannel("alerts", in_api=False, subscribe=AlertSubscription),
        LiveChannel(VERDICTS, in_api=False, subscribe=VerdictSubscription),
    ),
    views=(ViewDefinition(lambda context: VerdictsView(context.venue, context.hub), VERDICTS, replay={LABELS: 5_000}),),
    services=(alert_feed,),
    words=rule_titles,
)
