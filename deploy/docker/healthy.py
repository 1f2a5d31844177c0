"""Health check `healthy.py URL [TEXT]`: exits with 0 if the page responds with 200 and contains the text, if given.

It uses the standard library only, since it is started every few seconds.
"""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener


def failure(url: str, text: str = "") -> str | None:
    """Return a description of the failure, or None."""
    # No proxy: the address is this container's own, whatever proxies the environment sets.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=4) as response:
            page = response.read().decode("utf-8", "replace")
    except (OSError, HTTPException, ValueError) as error:
        return f"{url}: {error}"
    return None if text in page else f"{url} answers without {text!r}"


if __name__ == "__main__":
    sys.exit(failure(*sys.argv[1:3]))
