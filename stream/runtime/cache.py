"""The cache folder of the user: files that Pulso fetched or computed and can fetch or compute again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return `PULSO_CACHE`, else `$XDG_CACHE_HOME/pulso`, else `~/.cache/pulso`; the folder may not exist yet."""
    given = os.environ.get("PULSO_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("pulso", appauthor=False)
