"""State of agents: JSON rows of a Faust table, and the live objects beside them.

A row is loaded when its key is first needed, applied to, and written once a batch. Its changelog in Kafka is the only
durable copy. Every row has a `version` field; a row without one has version 1. A row that expires
(`processors.row_expiry`) has the hour of its last change beside it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from processors.row_expiry import RowExpiry, with_changed_hour
from schemas.errors import PulsoError
from stream.runtime.effects import BatchResult, Effects
from stream.runtime.record import InvalidRecordError, Record

S = TypeVar("S")
T = TypeVar("T")


class RowTable(Protocol):
    """Rows by key, as a Faust table keeps them.

    Attributes:
        name: of the table; agents that share a table share its lock.
    """

    name: str

    def get(self, key: bytes, /) -> bytes | None:
        """Return the row of a key, or None."""
        ...

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """Return all rows, with their keys."""
        ...


class StateVersionError(PulsoError):
    """A row was written by a newer version of Pulso: this worker must not touch it."""


class _RowVersion(msgspec.Struct):
    version: int = 1


_ROW_VERSION = msgspec.json.Decoder(_RowVersion)


@dataclass(frozen=True, slots=True)
class StateCodec(Generic[S]):
    """Converts between rows and states.

    Attributes:
        load: builds the state of a key from its row, or a new state where the row is None.
        dump: encodes a state as a JSON object.
        version: version of the row's format, which rises only with an incompatible change.
    """

    load: Callable[[str, bytes | None], S]
    dump: Callable[[S], bytes]
    version: int = 1

    def decode(self, key: str, row: bytes | None) -> S:
        """Return the state of a key.

        Raises:
            StateVersionError: the row has a newer version.
        """
        if row is not None:
            try:
                found = _ROW_VERSION.decode(row).version
            except msgspec.DecodeError:
                found = self.version  # `load` reports what is wrong with it
            if found > self.version:
                raise StateVersionError(
                    f"the state of {key!r} has version {found}, this worker reads up to {self.version}: update Pulso"
                )
        return self.load(key, row)

    def encode(self, state: S) -> bytes:
        """Return the row of a state, with its version as the first field."""
        row = self.dump(state)
        rest = row[1:] if row == b"{}" else b"," + row[1:]
        return b'{"version":%d' % self.version + rest


def struct_codec(state_type: type[S], new: Callable[[], S], *, version: int = 1) -> StateCodec[S]:
    """Return the codec of a state that is a msgspec struct.

    >>> from schemas.attendance import GateTotal
    >>> codec = struct_codec(GateTotal, lambda: GateTotal(gate="east", entered=0, left=0))
    >>> codec.encode(codec.decode("east", None))
    b'{"version":1,"gate":"east","entered":0,"left":0}'
    """
    decoder = msgspec.json.Decoder(state_type)
    return StateCodec(
        lambda _key, row: new() if row is None else decoder.decode(row),
        msgspec.json.encode,
        version,
    )


class StateTable(Generic[S]):
    """States by key: decoded from the rows of a table when first needed, cached while the row is unchanged.

    After a rebalance the table holds rows that another worker wrote. Each is a new object, so a cached state is valid
    while the row is identical.

    Attributes:
        table: the Faust table, or any mapping of rows in tests.
    """

    def __init__(
        self,
        table: RowTable,
        codec: StateCodec[S],
        *,
        max_cached: int | None = None,
        expiry: RowExpiry | None = None,
    ) -> None:
        """Create the cache.

        Args:
            expiry: of the table's rows; None where it has one row for the whole venue.
            max_cached: states kept, the least recently used are dropped; all where None. It must exceed the number of
                keys in a batch: changes of a batch are not in a row yet.
        """
        self.table = table
        self._codec = codec
        self._max_cached = max_cached
        self._expiry = expiry
        if expiry is not None:
            expiry.forget = self.forget_removed
        self._cached: dict[str, tuple[bytes | None, S]] = {}

    def get(self, key: str) -> S:
        """Return the state of a key.

        Raises:
            StateVersionError: Its row was written by a newer version of Pulso.
        """
        row = self.table.get(key.encode())
        cached = self._cached.get(key)
        state = cached[1] if cached is not None and cached[0] is row else self._codec.decode(key, row)
        self._keep(key, row, state)
        return state

    def latest(self, key: str) -> S | None:
        """Return the cached state of a key, also while its row is not stored yet; None where none is cached."""
        cached = self._cached.get(key)
        return None if cached is None else cached[1]

    def row_to_store(self, key: str, state: S) -> bytes:
        """Return the row of a state that is about to be stored, and cache the state for it."""
        row = self._codec.encode(state)
        if self._expiry is not None:
            row = with_changed_hour(row, self._expiry.hour(key))
        self._keep(key, row, state)
        return row

    def forget_removed(self, keys: Iterable[str]) -> None:
        """Drop the cached states of rows that were removed."""
        for key in keys:
            self._cached.pop(key, None)

    def forget(self) -> None:
        """Drop all cached states; they are decoded from the table when next needed."""
        self._cached.clear()

    def _keep(self, key: str, row: bytes | None, state: S) -> None:
        self._cached.pop(key, None)  # reinserted below as the most recently used
        self._cached[key] = (row, state)
        if self._max_cached is not None and len(self._cached) > self._max_cached:
            del self._cached[next(iter(self._cached))]


def record_key(record: Record[Any]) -> str:
    """Return the record's key: the usual key of its state."""
    return record.key


async def apply_to_states(
    records: Iterable[Record[T]],
    states: StateTable[S],
    apply: Callable[[Record[T], S], Effects[S] | Awaitable[Effects[S]]],
    *,
    key: Callable[[Record[T]], str] = record_key,
) -> BatchResult:
    """Apply records to their states in order; each changed state is stored once, in its last form.

    Args:
        apply: effects of one record on its state. An `InvalidRecordError` sends the record to the dead-letter topic.
        key: key of the state of a record; may raise `InvalidRecordError`, too.
    """
    result = BatchResult()
    changed: dict[str, S] = {}
    for record in records:
        try:
            state_key = key(record)
            state = changed[state_key] if state_key in changed else states.get(state_key)
            effects = apply(record, state)
            if inspect.isawaitable(effects):
                effects = await effects
        except InvalidRecordError as error:
            result.reject(record, error)
            continue
        if effects.dropped:
            result.dropped.append(record)
        result.outputs += effects.outputs
        if effects.state is not None:
            changed[state_key] = effects.state
    result.rows |= {state_key: states.row_to_store(state_key, state) for state_key, state in changed.items()}
    return result


async def write_rows(rows: Mapping[str, bytes | None], table: Any) -> None:
    """Write rows to a Faust table and wait until its changelog has them.

    Faust alone would only log a row that Kafka refused, and commit the events that it includes.

    Args:
        rows: by key; None removes the key.
    """
    sent = []
    for key, row in rows.items():
        raw_key = key.encode()
        if row is not None:
            sent.append(table.send_changelog(None, raw_key, row))
            table.data[raw_key] = row
        elif raw_key in table.data:
            sent.append(table.send_changelog(None, raw_key, None, value_serializer="raw"))
            del table.data[raw_key]
    if sent:
        await asyncio.gather(*sent)
