"""Models: which are in use, what people say of their results, and which should be trained again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.models import page
from console.features.models.view import CHANNEL, REPLAY_RECORDS, ROLES, ModelsView
from schemas.models import FEEDBACK
from schemas.venue import Venue


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of models."""
    if user.has_role(*ROLES):
        yield NavigationEntry("/models", "models_page", position=85)


FEATURE = ConsoleFeature(
    name="models",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(ViewDefinition(lambda _context: ModelsView(), CHANNEL, replay={FEEDBACK: REPLAY_RECORDS}),),
)
