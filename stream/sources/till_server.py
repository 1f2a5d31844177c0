"""HTTP endpoint for tickets of tills."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from processors.till_tickets import ticket_event_id
from schemas.bars import SALES, Ticket
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.sources.record_server import RecordServer, stored_token


class TillServer(RecordServer[Ticket]):
    """`POST /v1/tickets`. Tickets of bars that the venue file does not name are rejected."""

    kind: ClassVar[str] = "tills"
    record = Ticket
    topic = SALES
    path = "/v1/tickets"
    noun = "ticket"

    def __init__(
        self, venue: Venue, *, port: int, token: str, bind: str = "127.0.0.1", announced: Path | None = None
    ) -> None:
        super().__init__(port=port, token=token, bind=bind, announced=announced)
        self._bars = {bar.id for bar in venue.bars}

    def key(self, record: Ticket) -> str:
        """Return the bar."""
        return record.bar

    def event_id(self, record: Ticket) -> str:
        """Return an id of number and content: numbers begin anew each day and at each till."""
        return ticket_event_id(record)

    def rejection(self, record: Ticket) -> str | None:
        """Return a reason where the venue file names bars and not this one."""
        if self._bars and record.bar not in self._bars:
            return f"unknown bar {record.bar!r}; the venue file has {', '.join(sorted(self._bars))}"
        return None


def token_of(settings: Settings) -> str:
    """Return the token that tills must send: PULSO_TILL_TOKEN, or one made once and kept in the data folder."""
    return stored_token(settings.till_token, settings.data / "till-token", "tills", "PULSO_TILL_TOKEN")
