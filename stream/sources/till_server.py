"""Tills: an HTTP endpoint that takes tickets."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from schemas.bars import SALES, Ticket
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.sources.record_server import RecordServer, kept_token


class TillServer(RecordServer[Ticket]):
    """`POST /v1/tickets`; tickets of bars that the venue file does not name are refused."""

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
        return record.bar

    def refuse(self, record: Ticket) -> str | None:
        if self._bars and record.bar not in self._bars:
            return f"no bar {record.bar!r}; there are {', '.join(sorted(self._bars))}"
        return None


def token_of(settings: Settings) -> str:
    """The token that tills must send: PULSO_TILL_TOKEN, or one that is made once and kept in the data folder."""
    return kept_token(settings.till_token, settings.data / "till-token", "tills", "PULSO_TILL_TOKEN")
