"""Signed, append-only log of a day: JSON Lines with a hash chain (SHA-256) and a signature of each line (Ed25519).

The first line names venue and day, the last one seals the log with the number of lines. Each line holds its number, the
hash of the line before and a signature of its own hash, so a line that was changed, removed, moved, inserted or cut off
is found by anybody who has the public key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from schemas.errors import PulsoError

FIRST_HASH = "0" * 64
"""Hash before the first line."""

BEGIN, SEAL = "begin", "seal"
_FIELDS = {"number", "previous", "kind", "body", "hash", "signature"}


class LogError(PulsoError, ValueError):
    """A log was changed or is not complete. The message names the first line that is wrong."""


class LogEntry(Struct, frozen=True):
    """One entry: a kind such as `alerts` or `audit`, and its content as JSON values."""

    kind: str
    body: Mapping[str, Any]


class VerifiedLog(Struct, frozen=True):
    """A log that is complete and unchanged."""

    day: str
    venue: str
    entries: tuple[LogEntry, ...]
    """Entries between the first and the last line."""


def signed_lines(day: str, venue: str, entries: Iterable[LogEntry], key: Ed25519PrivateKey) -> Iterator[bytes]:
    """Yield the lines of a sealed log, each with its line feed."""
    previous, number = FIRST_HASH, 0
    for entry in _framed(day, venue, entries):
        unsigned = {"number": number, "previous": previous, "kind": entry.kind, "body": entry.body}
        if entry.kind == SEAL:
            unsigned["body"] = {"lines": number + 1}
        digest = hashlib.sha256(_canonical(unsigned)).hexdigest()
        signature = key.sign(bytes.fromhex(digest)).hex()
        yield _canonical({**unsigned, "hash": digest, "signature": signature}) + b"\n"
        previous, number = digest, number + 1


def verify_log(content: bytes, key: Ed25519PublicKey) -> VerifiedLog:
    """Check a log from its first line to its seal.

    Raises:
        LogError: a line was changed, removed, moved, inserted or cut off, or another key signed it.
    """
    if not content.endswith(b"\n"):
        raise LogError("the log does not end with a line feed: it was cut off, or a line was changed")
    previous = FIRST_HASH
    entries: list[LogEntry] = []
    for number, line in enumerate(content[:-1].split(b"\n")):
        entry, previous = _checked(number, line, previous, key)
        if entries and entries[-1].kind == SEAL:
            raise LogError(f"line {number + 1} comes after the seal")
        if (entry.kind == BEGIN) != (number == 0):
            raise LogError(f"line {number + 1} is not the beginning of a log, or is one in its middle")
        entries.append(entry)
    first, last = entries[0], entries[-1]
    if last.kind != SEAL or last.body != {"lines": len(entries)}:
        raise LogError("the seal is missing at the end: the log was cut off, or is not complete")
    return VerifiedLog(str(first.body.get("day")), str(first.body.get("venue")), tuple(entries[1:-1]))


def _framed(day: str, venue: str, entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    yield LogEntry(BEGIN, {"day": day, "venue": venue})
    for entry in entries:
        if entry.kind in (BEGIN, SEAL):
            raise ValueError(f"{entry.kind!r} is reserved for the first or the last line")
        yield entry
    yield LogEntry(SEAL, {})


def _checked(number: int, line: bytes, previous: str, key: Ed25519PublicKey) -> tuple[LogEntry, str]:
    """Return the entry of a line and its hash."""
    where = f"line {number + 1}"
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise LogError(f"{where} is not JSON: it was changed") from error
    if not isinstance(fields, dict) or set(fields) != _FIELDS or not _is_canonical(fields, line):
        raise LogError(f"{where} is not a line as the log writes it: it was changed")
    if fields["number"] != number or fields["previous"] != previous:
        raise LogError(f"{where} does not follow the line before: lines were removed, moved or inserted")
    unsigned = {name: fields[name] for name in ("number", "previous", "kind", "body")}
    digest = hashlib.sha256(_canonical(unsigned)).hexdigest()
    if fields["hash"] != digest:
        raise LogError(f"{where} does not have the hash of its content: it was changed")
    if not _is_signed(fields["signature"], bytes.fromhex(digest), key):
        raise LogError(f"the signature of {where} is not by this key, or was changed")
    return LogEntry(str(fields["kind"]), fields["body"]), digest


def _is_signed(signature: object, digest: bytes, key: Ed25519PublicKey) -> bool:
    try:
        content = bytes.fromhex(str(signature))
        key.verify(content, digest)
    except (InvalidSignature, ValueError):
        return False
    return content.hex() == signature  # fromhex reads capitals and spaces, too


def _is_canonical(fields: Mapping[str, Any], line: bytes) -> bool:
    try:
        return _canonical(fields) == line
    except ValueError:  # NaN
        return False


def _canonical(fields: Mapping[str, Any]) -> bytes:
    """Return the only valid encoding: sorted names, no spaces, UTF-8."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
