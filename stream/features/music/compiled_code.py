"""Numba's compiled code of librosa: made once at setup, or shipped in an image, so that music starts in seconds."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

CACHE_VARIABLE = "NUMBA_CACHE_DIR"
"""Environment variable that names the folder of numba's compiled code; beside librosa if it is not set."""

SHIPPED_VARIABLE = "PULSO_COMPILED_CODE"
"""Environment variable that names a folder of compiled code that comes with an image; it need not be writable."""

STAMP = "complete"
"""Name of the file that says for which libraries a folder was compiled."""


@contextmanager
def compilation_lock() -> Iterator[None]:
    """Let one process at a time compile: two that fill numba's cache at once may break it (numba 4807, 10128)."""
    # Several checkouts may share one cache, so the cache folder itself is locked.
    cache = _cache() or Path(__file__).parent
    cache.mkdir(parents=True, exist_ok=True)
    folder = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_complete() -> bool:
    """Return whether the cache has the code of the libraries that are installed."""
    cache = _cache()
    return cache is not None and _stamp_of(cache) == _libraries()


def mark_complete() -> None:
    """Note that the cache has the code of the libraries that are installed; nothing where numba chooses the folder."""
    cache = _cache()
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / STAMP).write_text(_libraries(), encoding="utf-8")


def copy_shipped_code() -> None:
    """Copy the code that came with the image into the cache, unless it is there or fits other libraries.

    Numba refuses a cache in which it can't write, and the file system of a container is read-only.
    """
    cache, shipped = _cache(), os.environ.get(SHIPPED_VARIABLE)
    if cache is None or not shipped or is_complete() or _stamp_of(Path(shipped)) != _libraries():
        return
    shutil.copytree(shipped, cache, dirs_exist_ok=True)


def _cache() -> Path | None:
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder) if folder else None


def _stamp_of(folder: Path) -> str:
    try:
        return (folder / STAMP).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _libraries() -> str:
    """Return what numba's cache depends on: where and when librosa was installed, versions, and the processor."""
    spec = importlib.util.find_spec("librosa")
    origin = Path(spec.origin) if spec is not None and spec.origin is not None else Path()
    parts = [f"{name} {version(name)}" for name in ("librosa", "numba", "llvmlite")]
    parts += [f"Python {sys.version}", f"{origin} {origin.stat().st_mtime_ns}", os.environ.get("NUMBA_CPU_NAME", "")]
    return "\n".join(parts) + "\n"
