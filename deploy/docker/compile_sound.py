"""Compile the sound analysis into NUMBA_CACHE_DIR, as `pulso setup` does; in an image there is no broker to fetch."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before any library
from stream.features.music.fragment_analyzer import compile_ahead

if __name__ == "__main__":  # the analysis runs in a child process, which imports this file
    compile_ahead()
