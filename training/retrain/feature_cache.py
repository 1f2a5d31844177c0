"""Cache of features by the hash of the content they were computed of, so that only what is new is computed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Report = Callable[[str], None]

SAVE_AFTER = 50
"""New rows after which the cache is saved, so that an interrupted run resumes."""

REPORTS = 20
"""Lines of progress at most, beside the last one."""


class FeatureCounts(NamedTuple):
    """Numbers of contents that were computed, found in the cache, and unreadable."""

    new: int = 0
    cached: int = 0
    unreadable: int = 0


class FeatureCache:
    """Rows of features in `FOLDER/NAME.npz`.

    Args:
        folder: folder of the cache.
        name: has the versions of all that the rows depend on beside the content; another version is another file.

    >>> import tempfile
    >>> cache = FeatureCache(Path(tempfile.mkdtemp()), "length-1")
    >>> make = lambda content: np.array([len(content)], np.float32)
    >>> rows, found = cache.rows({"a": b"one", "b": b"three"}, make)
    >>> rows["b"].tolist(), found.new, found.cached
    ([5.0], 2, 0)
    >>> rows, found = cache.rows({"b": b"three", "c": b""}, make)
    >>> found.new, found.cached
    (1, 1)
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.npz"
        self._rows: dict[str, Rows] = {}
        if self._path.exists():
            with np.load(self._path) as stored:
                self._rows = dict(zip(stored["keys"].tolist(), stored["rows"], strict=True))

    def rows(
        self,
        contents: dict[str, bytes],
        compute: Callable[[bytes], Rows | None],
        report: Report = lambda _text: None,
    ) -> tuple[dict[str, Rows], FeatureCounts]:
        """Return the rows of contents by their keys, and how many were computed.

        Args:
            contents: content by its hash.
            compute: returns the row of a content, or None where it can't be read.
            report: receives a line of progress now and then.
        """
        missing = [key for key in contents if key not in self._rows]
        unreadable = 0
        for number, key in enumerate(missing, 1):
            row = compute(contents[key])
            if row is None:
                unreadable += 1
            else:
                self._rows[key] = row
            if number % -(-len(missing) // REPORTS) == 0 or number == len(missing):
                report(f"{number} of {len(missing)}")
            if number % SAVE_AFTER == 0:
                self._save()
        if missing:
            self._save()
        found = {key: self._rows[key] for key in contents if key in self._rows}
        return found, FeatureCounts(len(missing) - unreadable, len(contents) - len(missing), unreadable)

    def _save(self) -> None:
        if not self._rows:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}.npz")
        np.savez(draft, keys=np.array(list(self._rows)), rows=np.stack(list(self._rows.values())))
        draft.replace(self._path)
