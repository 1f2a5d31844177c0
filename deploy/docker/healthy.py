"""`healthy.py URL [TEXT]`: exit 0 when the page answers with 200 and, where given, holds the text.

The standard library alone, since it is started every few seconds.
"""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener


def trouble(url: str, text: str = "") -> str | None:
    """What is wrong, or None."""
    # No proxy: the address is this container's own, whatever the environment says of the rest of the world.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=4) as answer:
            page = answer.read().decode("utf-8", "replace")
    except (OSError, HTTPException, ValueError) as error:
        return f"{url}: {error}"
    return None if text in page else f"{url} answers without {text!r}"


if __name__ == "__main__":
    sys.exit(trouble(*sys.argv[1:3]))
