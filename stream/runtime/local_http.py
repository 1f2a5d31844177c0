"""Requests to servers of this machine."""

from __future__ import annotations

from typing import Any

import httpx


def get_local(url: str, *, timeout: float, **options: Any) -> httpx.Response:
    """Send a GET request to a server of this machine: no proxy of the environment is used.

    The certificate is not verified: it names the host that people open, and nothing secret is sent.

    Raises:
        httpx.HTTPError: the server does not answer.
    """
    return httpx.get(url, timeout=timeout, trust_env=False, verify=False, **options)  # nosec B501 # noqa: S501
