"""Limit of questions to the assistant."""

from __future__ import annotations

from console.request_limit import RequestLimit


class AskLimit(RequestLimit):
    """Questions a minute of a conversation, and of an address."""

    name = "ask"
    max_requests = (20, 600)
