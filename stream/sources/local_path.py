"""Local paths in the addresses of sources."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

DEVICES = ("alsa:", "pulse:")
"""Beginnings of the addresses of sound devices."""


def local_path(url: str) -> Path | None:
    """Return the path of a local address; None for an address with another scheme, and for a sound device.

    >>> local_path("file:///srv/stage%20one.wav"), local_path("rtsp://10.0.0.7/mic"), local_path("alsa:hw:1")
    (PosixPath('/srv/stage one.wav'), None, None)
    """
    if url.startswith("file:"):
        place = url.removeprefix("file:")
        if place.startswith("//"):
            host, slash, rest = place.removeprefix("//").partition("/")
            # file://songs/a.wav has no host, but a relative path.
            place = f"{slash}{rest}" if host in ("", "localhost") else f"{host}{slash}{rest}"
        path = Path(place)
        return path if path.exists() else Path(unquote(place))
    return None if "://" in url or url.startswith(DEVICES) else Path(url)
