"""Seeded generation of invalid inputs: valid values of a type, then mutated."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import inspect

BOUNDARY_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**64, -(2**63), 10**30, 0.5, -0.0, 5e-324, 1e18, 1e308,
    -1e308, "", " ", "x", "\x00", "\u202etxet", "é" * 201, "😀" * 60, "a" * 5_000, "a/b/c", "../../../etc/passwd",
    "{order}", "{0.__class__}", "%s%n", "</script><script>alert(1)</script>", "'; DROP TABLE bars; --", "NaN",
    "Infinity", "1e999", [], [None], [[]], [1] * 300, {}, {"": None}, {"$ref": "#"}, [{"product": "beer"}] * 250,
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
    "1969-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-29T02:30:00+01:00", "2026-07-04",
    "2016-12-31T23:59:60Z", "2026-07-04T20:00:00", "2026-07-04T20:00:00.123456789123Z",
)  # fmt: skip
"""Boundary values of types: numbers, texts, times, shapes."""

PIECES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b'"', b"\\", b"{", b"}", b"[", b"]", b",",
    b":", b"null", b"true", b"-", b"1e400", b"NaN", b"Infinity", b"0x10", b"\r\n", b"\xef\xbb\xbf", b"//", b"/*",
    b'"id":"x",', b'{"a":' * 50, b"[" * 2_000, b'{"z":' + b"[" * 2_000, b"9" * 400, b"1" + b"0" * 5_000,
)  # fmt: skip
"""Byte sequences that are difficult for JSON parsers."""

MEDIA_PIECES: tuple[bytes, ...] = (
    b"\x00" * 16, b"\xff" * 16, b"\xff\xd8", b"\xff\xd9", b"\xff\xc4\x00\x02", b"\xff\xdd\x00\x04\x00\x00", b"\xff\xda",
    b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03", b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00", b"data\xff\xff\xff\xff",
    b"fmt \x00\x00\x00\x00", b"LIST", b"OggS", b"fLaC", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
    b"IHDR\x7f\xff\xff\xff\x7f\xff", b"data\x00\x00\x00\x00", b"RF64\xff\xff\xff\xffWAVEds64", b"RIFX", b"WAVEfmt ",
    b"OggS\x00\x02", b"OggS\x00\x04" + b"\xff" * 8, b"\xff\xfb\x90\x64", b"#EXTM3U\n", b"ffconcat version 1.0\n",
)  # fmt: skip
"""Magic numbers of images and sound, with impossible lengths."""


class InputGenerator:
    """Seeded generator of inputs.

    Args:
        names: values of text fields.
        known_values: usual values by field name, such as the ids of the venue file.
        now: time near which most generated times lie.
    """

    def __init__(
        self,
        seed: int | str,
        names: Sequence[str] = ("x",),
        known_values: Mapping[str, Sequence[str]] | None = None,
        now: datetime | None = None,
    ) -> None:
        self.random = random.Random(f"pulso {seed}")
        self._names, self._known_values = list(names), dict(known_values or {})
        self._now = now or datetime.now(UTC)

    def valid_record(self, kind: type[Any], **fixed: Any) -> dict[str, Any]:
        """Return a valid record of a type, in the form of `msgspec.to_builtins`.

        >>> from schemas.social import Post
        >>> sorted(InputGenerator(1).valid_record(Post))
        ['id', 'network', 'text', 'time']
        """
        record: dict[str, Any] = self._value_of_type(inspect.type_info(kind)) | fixed
        return record

    def mutate_json(self, value: Any) -> Any:
        """Return the JSON with one to four changes: a value, key or part added, removed or replaced."""
        for _ in range(self.random.randint(1, 4)):
            value = self._mutate_value(value)
        return value

    def mutate_bytes(self, data: bytes, pieces: Sequence[bytes] = PIECES, max_changes: int = 8) -> bytes:
        """Return the bytes with up to `max_changes` changes: flipped, cut, doubled, overwritten or inserted."""
        mutated = bytearray(data)
        for _ in range(self.random.randint(1, max_changes)):
            position = self.random.randrange(len(mutated) + 1)
            match self.random.randrange(6):
                case 0 if position < len(mutated):
                    mutated[position] ^= 1 << self.random.randrange(8)
                case 1 if position < len(mutated):
                    mutated[position] = self.random.randrange(256)
                case 2:
                    del mutated[position : position + self.random.randint(1, max(1, len(mutated) // 4))]
                case 3:
                    mutated[position:position] = mutated[position : position + self.random.randint(1, 200)]
                case 4:
                    piece = self.random.choice(pieces)
                    mutated[position : position + len(piece)] = piece
                case _:
                    mutated[position:position] = self.random.choice(pieces)
        if self.random.random() < 0.1:
            del mutated[self.random.randrange(len(mutated) + 1) :]
        return bytes(mutated)

    def random_json(self, kind: type[Any], **fixed: Any) -> bytes:
        """Return a record of a type as JSON: two in five are valid, the others have wrong fields, values or bytes."""
        record = self.valid_record(kind, **fixed)
        chance = self.random.random()
        if chance < 0.4:
            return msgspec.json.encode(record)
        if chance < 0.8:
            return _encode(self.mutate_json(record))
        return self.mutate_bytes(_encode(self.mutate_json(record) if chance < 0.9 else record))

    def random_text(self) -> str:
        """Return a configured name, or arbitrary characters."""
        if self.random.random() < 0.8:
            return self.random.choice(self._names)
        letters = self.random.choice(("abc-_/ ", "áñ漢字🎪", "\x00\n\t\u2028\u202e", "<>&\"'`{}%$", "0123456789.e+-"))
        return "".join(self.random.choice(letters) for _ in range(self.random.randint(1, 60)))

    def file_name(self) -> str:
        """Return a name that a file system allows: any bytes but / and 0, with a suffix of sound."""
        pieces = (
            b"song", b" ", b"\n", b"\r", b"\t", b"\x07", b"\x1c", b"\xe9", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b'"',
            b"'", b",", b";", b"=", b"[/]", b"\\n", b"\xed\xa0\x80", "áñ漢🎪".encode(), "\u202e".encode(), b"%s",
        )  # fmt: skip
        name = b"".join(self.random.choice(pieces) for _ in range(self.random.randint(1, 12)))
        return name.replace(b"/", b"").decode(errors="surrogateescape") + ".wav"

    def random_time(self) -> str:
        """Return a time, mostly within the last hours, sometimes of a wrong clock, sometimes far away."""
        chance = self.random.random()
        if chance < 0.1:
            half_hours = self.random.choice((-28, -4, -2, -1, 1, 2, 4, 11, 26, 29, 31))
            return (self._now + timedelta(minutes=30 * half_hours + self.random.uniform(-2, 2))).isoformat()
        if chance < 0.9:
            return (self._now - timedelta(seconds=self.random.uniform(0, 20_000))).isoformat()
        time: str = self.random.choice([one for one in BOUNDARY_VALUES if isinstance(one, str) and one[4:5] == "-"])
        return time

    def _value_of_type(self, kind: inspect.Type) -> Any:
        makers: dict[type[inspect.Type], Callable[[Any], Any]] = {
            inspect.Metadata: lambda one: self._value_of_type(one.type),
            inspect.StructType: self._struct,
            inspect.UnionType: lambda one: self._value_of_type(self.random.choice(one.types)),
            inspect.LiteralType: lambda one: self.random.choice(one.values),
            inspect.NoneType: lambda _: None,
            inspect.BoolType: lambda _: self.random.random() < 0.5,
            inspect.IntType: self._integer,
            inspect.FloatType: self._float,
            inspect.StrType: lambda one: self.random_text()[: one.max_length],
            inspect.DateTimeType: lambda _: self.random_time(),
            inspect.DateType: lambda _: self.random_time()[:10],
            inspect.VarTupleType: self._list,
            inspect.ListType: self._list,
            inspect.DictType: lambda one: {
                self._value_of_type(one.key_type): self._value_of_type(one.value_type)
                for _ in range(self.random.randrange(4))
            },
            inspect.AnyType: lambda _: self.random.choice(BOUNDARY_VALUES),
        }
        return makers[type(kind)](kind)

    def _struct(self, kind: inspect.StructType) -> dict[str, Any]:
        return {
            field.encode_name: self._field(field)
            for field in kind.fields
            if field.required or self.random.random() < 0.7
        }

    def _field(self, field: inspect.Field) -> Any:
        values = self._known_values.get(field.name)
        return self.random.choice(values) if values and self.random.random() < 0.9 else self._value_of_type(field.type)

    def _list(self, kind: Any) -> list[Any]:
        max_length = kind.max_length or 5
        return [
            self._value_of_type(kind.item_type)
            for _ in range(self.random.randint(kind.min_length or 0, min(max_length, 5)))
        ]

    def _integer(self, kind: inspect.IntType) -> int:
        low, high = kind.ge if kind.ge is not None else -100, kind.le if kind.le is not None else 1000
        return self.random.choice((low, high, self.random.randint(low, high), min(high, low + 1)))

    def _float(self, kind: inspect.FloatType) -> float:
        low = kind.ge if kind.ge is not None else -1e6
        high = kind.le if kind.le is not None else 1e6
        typical = self.random.uniform(max(low, -100), min(high, 100))
        extreme = [low, high, 0.0 if low <= 0 <= high else low]
        if kind.le is None:
            extreme += [1e18, 1e308]
        return self.random.choice(extreme) if self.random.random() < 0.1 else typical

    def _mutate_value(self, value: Any) -> Any:
        chance = self.random.random()
        if isinstance(value, dict) and value and chance < 0.9:
            name = self.random.choice(list(value))
            if chance < 0.1:
                return {key: one for key, one in value.items() if key != name}
            if chance < 0.2:
                return {**value, self.random_text(): self.random.choice(BOUNDARY_VALUES)}
            return {**value, name: self._mutate_value(value[name])}
        if isinstance(value, list) and value and chance < 0.85:
            at = self.random.randrange(len(value))
            if chance < 0.2:
                return value[:at] + value[at:] * self.random.choice((0, 0, 2, 60))
            return [*value[:at], self._mutate_value(value[at]), *value[at + 1 :]]
        return self.random.choice(BOUNDARY_VALUES) if chance < 0.8 else self.random_text()


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value)
