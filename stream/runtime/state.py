"""Live objects kept beside the rows of a table, rebuilt whenever the row is no longer the one we wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class LiveRows(Generic[T]):
    """Caches what is expensive to rebuild from a row.

    After a rebalance the table holds rows that another worker wrote. Each is a new object, so identity tells
    whether the cached object still stands for it.

    Args:
        most: objects kept, those used last; all if left out. It must be more than one batch has keys: what a batch
            changed is in no row yet.
    """

    def __init__(
        self, table: Mapping[bytes, bytes], build: Callable[[str, bytes | None], T], *, most: int | None = None
    ) -> None:
        self._table = table
        self._build = build
        self._most = most
        self._live: dict[str, tuple[bytes | None, T]] = {}

    def get(self, key: str) -> T:
        """The object of a key, from the cache where that is still true."""
        row = self._table.get(key.encode())
        cached = self._live.get(key)
        live = cached[1] if cached is not None and cached[0] is row else self._build(key, row)
        self._keep(key, row, live)
        return live

    def wrote(self, key: str, row: bytes, live: T) -> None:
        """Remember that `row`, about to be stored, stands for `live`."""
        self._keep(key, row, live)

    def _keep(self, key: str, row: bytes | None, live: T) -> None:
        self._live.pop(key, None)  # so that it stands last
        self._live[key] = (row, live)
        if self._most is not None and len(self._live) > self._most:
            del self._live[next(iter(self._live))]

    def forget(self) -> None:
        """Rebuild everything from the table when next asked."""
        self._live.clear()
