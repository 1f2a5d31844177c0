"""Watch of the venue file: a worker takes a new version while it runs, and keeps the old one while the new is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from schemas.venue import Venue
from stream.runtime.venue_file import VenueFileError, read_venue

log = logging.getLogger(__name__)

VENUE_POLL_SECONDS = 2.0
"""Time between two looks at the file; a look costs one call of the operating system while nothing changes."""


class VenueWatch:
    """Reads the venue file again when it was replaced or written."""

    def __init__(self, path: Path, venue: Venue, take: Callable[[Venue], Awaitable[None]]) -> None:
        """Begin with a version that is in use.

        Args:
            path: venue file.
            venue: version in use.
            take: puts a new version into use; if it raises, the version before stays in use.
        """
        self._path, self._venue, self._take = path, venue, take
        self._signature: tuple[int, int, int] | None = None

    async def check(self) -> None:
        """Take the file if it is a valid version other than the one in use; called at an interval."""
        try:
            status = await asyncio.to_thread(self._path.stat)
        except OSError as error:
            if self._signature is not None:
                log.warning("the venue file can't be read: %s; the version before stays in use", error)
            self._signature = None
            return
        signature = (status.st_mtime_ns, status.st_size, status.st_ino)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            venue = await asyncio.to_thread(read_venue, self._path)
        except VenueFileError as error:
            log.warning("%s; the version before stays in use", error)
            return
        if venue == self._venue:
            return
        try:
            await self._take(venue)
        except Exception:
            log.exception("the new venue file can't be used; the version before stays in use")
            return
        self._venue = venue
        log.info("the new version of %s is in use", self._path)
