"""Seeded generation of invalid inputs: valid values of a type, then mutated."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import inspect

NASTY: tuple[Any, ...] = (
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
"""Inputs that are difficult for JSON parsers."""

MEDIA_PIECES: tuple[bytes, ...] = (
    b"\x00" * 16, b"\xff" * 16, b"\xff\xd8", b"\xff\xd9", b"\xff\xc4\x00\x02", b"\xff\xdd\x00\x04\x00\x00", b"\xff\xda",
    b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03", b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00", b"data\xff\xff\xff\xff",
    b"fmt \x00\x00\x00\x00", b"LIST", b"OggS", b"fLaC", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
    b"IHDR\x7f\xff\xff\xff\x7f\xff",
)  # fmt: skip
"""Magic numbers of images and sound, with impossible lengths."""


class Mutation:
    """One seeded stream of inputs.

    Args:
        names: words that a text of a record may be.
        known: what a field of this name mostly is: ids that the venue file knows.
        now: what times are near to.
    """

    def __init__(
        self,
        seed: int | str,
        names: Sequence[str] = ("x",),
        known: Mapping[str, Sequence[str]] | None = None,
        now: datetime | None = None,
    ) -> None:
        self.random = random.Random(f"pulso {seed}")
        self._names, self._known = list(names), dict(known or {})
        self._now = now or datetime.now(UTC)

    def record(self, kind: type[Any], **fixed: Any) -> dict[str, Any]:
        """JSON of a record that its type allows, as `msgspec.to_builtins` has it.

        >>> from schemas.social import Post
        >>> sorted(Mutation(1).record(Post))
        ['id', 'network', 'text', 'time']
        """
        made: dict[str, Any] = self._of(inspect.type_info(kind)) | fixed
        return made

    def bent(self, value: Any) -> Any:
        """Return the JSON with one to four changes: a value, key or part added, removed or replaced."""
        for _ in range(self.random.randint(1, 4)):
            value = self._bend(value)
        return value

    def noise(self, data: bytes, pieces: Sequence[bytes] = PIECES, most: int = 8) -> bytes:
        """The same bytes with up to `most` changes: flipped, cut, doubled, overwritten, and pieces put in."""
        found = bytearray(data)
        for _ in range(self.random.randint(1, most)):
            at = self.random.randrange(len(found) + 1)
            match self.random.randrange(6):
                case 0 if at < len(found):
                    found[at] ^= 1 << self.random.randrange(8)
                case 1 if at < len(found):
                    found[at] = self.random.randrange(256)
                case 2:
                    del found[at : at + self.random.randint(1, max(1, len(found) // 4))]
                case 3:
                    found[at:at] = found[at : at + self.random.randint(1, 200)]
                case 4:
                    piece = self.random.choice(pieces)
                    found[at : at + len(piece)] = piece
                case _:
                    found[at:at] = self.random.choice(pieces)
        if self.random.random() < 0.1:
            del found[self.random.randrange(len(found) + 1) :]
        return bytes(found)

    def json(self, kind: type[Any], **fixed: Any) -> bytes:
        """A record of this type as bytes: two in five right, the others bent in shape, value or letters."""
        made = self.record(kind, **fixed)
        chance = self.random.random()
        if chance < 0.4:
            return msgspec.json.encode(made)
        if chance < 0.8:
            return _encoded(self.bent(made))
        return self.noise(_encoded(self.bent(made) if chance < 0.9 else made))

    def text(self) -> str:
        """Return a configured name, or arbitrary characters."""
        if self.random.random() < 0.8:
            return self.random.choice(self._names)
        letters = self.random.choice(("abc-_/ ", "áñ漢字🎪", "\x00\n\t\u2028\u202e", "<>&\"'`{}%$", "0123456789.e+-"))
        return "".join(self.random.choice(letters) for _ in range(self.random.randint(1, 60)))

    def instant(self) -> str:
        """Return a time, mostly within the last hours, sometimes far away."""
        if self.random.random() < 0.9:
            return (self._now - timedelta(seconds=self.random.uniform(0, 20_000))).isoformat()
        found: str = self.random.choice([one for one in NASTY if isinstance(one, str) and one[4:5] == "-"])
        return found

    def _of(self, kind: inspect.Type) -> Any:
        makers: dict[type[inspect.Type], Callable[[Any], Any]] = {
            inspect.Metadata: lambda one: self._of(one.type),
            inspect.StructType: self._struct,
            inspect.UnionType: lambda one: self._of(self.random.choice(one.types)),
            inspect.LiteralType: lambda one: self.random.choice(one.values),
            inspect.NoneType: lambda _: None,
            inspect.BoolType: lambda _: self.random.random() < 0.5,
            inspect.IntType: self._whole,
            inspect.FloatType: self._number,
            inspect.StrType: lambda one: self.text()[: one.max_length],
            inspect.DateTimeType: lambda _: self.instant(),
            inspect.VarTupleType: self._list,
            inspect.ListType: self._list,
            inspect.DictType: lambda one: {
                self._of(one.key_type): self._of(one.value_type) for _ in range(self.random.randrange(4))
            },
            inspect.AnyType: lambda _: self.random.choice(NASTY),
        }
        return makers[type(kind)](kind)

    def _struct(self, kind: inspect.StructType) -> dict[str, Any]:
        return {
            field.encode_name: self._field(field)
            for field in kind.fields
            if field.required or self.random.random() < 0.7
        }

    def _field(self, field: inspect.Field) -> Any:
        known = self._known.get(field.name)
        return self.random.choice(known) if known and self.random.random() < 0.9 else self._of(field.type)

    def _list(self, kind: Any) -> list[Any]:
        most = kind.max_length or 5
        return [self._of(kind.item_type) for _ in range(self.random.randint(kind.min_length or 0, min(most, 5)))]

    def _whole(self, kind: inspect.IntType) -> int:
        low, high = kind.ge if kind.ge is not None else -100, kind.le if kind.le is not None else 1000
        return self.random.choice((low, high, self.random.randint(low, high), min(high, low + 1)))

    def _number(self, kind: inspect.FloatType) -> float:
        low = kind.ge if kind.ge is not None else -1e6
        high = kind.le if kind.le is not None else 1e6
        plain = self.random.uniform(max(low, -100), min(high, 100))
        extreme = [low, high, 0.0 if low <= 0 <= high else low]
        if kind.le is None:
            extreme += [1e18, 1e308]
        return self.random.choice(extreme) if self.random.random() < 0.1 else plain

    def _bend(self, value: Any) -> Any:
        chance = self.random.random()
        if isinstance(value, dict) and value and chance < 0.9:
            name = self.random.choice(list(value))
            if chance < 0.1:
                return {key: one for key, one in value.items() if key != name}
            if chance < 0.2:
                return {**value, self.text(): self.random.choice(NASTY)}
            return {**value, name: self._bend(value[name])}
        if isinstance(value, list) and value and chance < 0.85:
            at = self.random.randrange(len(value))
            if chance < 0.2:
                return value[:at] + value[at:] * self.random.choice((0, 0, 2, 60))
            return [*value[:at], self._bend(value[at]), *value[at + 1 :]]
        return self.random.choice(NASTY) if chance < 0.8 else self.text()


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)
