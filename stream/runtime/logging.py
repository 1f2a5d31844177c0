"""Logging of every Pulso process: text for people, or one JSON object a line for log collectors.

Levels: `info` for facts (an endpoint listens, a model was exchanged), `warning` for what an operator should look at (a
camera is lost and opened again), `error` for failures (an event can't be used, results can't be written). A line about
one event carries its id: `log.warning("…", extra={"event_id": envelope.id})`. Addresses
are written without passwords and queries.
"""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any, Literal

from schemas.addresses import without_passwords

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

QUIET_LIBRARIES = ("aiokafka", "apprise", "asyncio", "httpcore", "httpx", "matplotlib", "numba", "uvicorn.access")
"""Libraries whose `info` lines report each request or batch."""


class TextFormatter(logging.Formatter):
    """Format a record as `TIME LEVEL LOGGER: MESSAGE`, followed by the id of the event, where there is one.

    >>> record = logging.LogRecord("stream.sources", logging.WARNING, "", 1, "not %s", ("sent",), None)
    >>> record.event_id = "ticket/7"
    >>> TextFormatter().format(record).partition(" WARNING ")[2]
    'stream.sources: not sent [event ticket/7]'
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the standard library's
        """Return the line without the traceback."""
        line = super().formatMessage(record)
        line = without_passwords(line)
        event_id = getattr(record, "event_id", None)
        return line if event_id is None else f"{line} [event {event_id}]"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is the standard library's
        """Return the traceback, in which no address shows a password."""
        return without_passwords(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON object: time (RFC 3339, UTC), level, logger, message, event_id, exception.

    >>> record = logging.LogRecord("stream.sources", logging.WARNING, "", 1, "not %s", ("sent",), None)
    >>> record.event_id = "ticket/7"
    >>> fields = json.loads(JsonFormatter().format(record))
    >>> fields["level"], fields["message"], fields["event_id"]
    ('WARNING', 'not sent', 'ticket/7')
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as text; it has no line breaks."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_passwords(record.getMessage()),
        }
        event_id = getattr(record, "event_id", None)
        if event_id is not None:
            fields["event_id"] = event_id
        if record.exc_info:
            fields["exception"] = without_passwords(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False, default=str)


def configure_logging(level: Level, *, json: bool) -> None:
    """Send log lines of this process to standard error; replaces what was configured before.

    Args:
        level: lowest level that is written.
        json: write JSON lines; else text.
    """
    logging.config.dictConfig(logging_config(level, json=json))


def logging_config(level: Level, *, json: bool) -> dict[str, Any]:
    """Return the same as a configuration of `logging.config`, for servers that configure logging themselves."""
    formatter = JsonFormatter if json else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"pulso": {"()": formatter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "pulso", "stream": sys.stderr},
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in QUIET_LIBRARIES},
    }
