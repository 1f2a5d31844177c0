"""Reports of days: production opens them and downloads PDF and log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, NavigationEntry
from console.features.report import page
from schemas.venue import Venue


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of reports."""
    if user.has_role(*page.ROLES):
        yield NavigationEntry("/reports", "report_page", position=80)


FEATURE = ConsoleFeature(name="report", folder=Path(__file__).parent, routers=(page.router,), navigation=navigation)
