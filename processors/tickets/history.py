"""File of finished events that forecasts compare with: what `pulso tickets learn` keeps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from processors.tickets.curves import BookingCurve, CurvesError


class _History(Struct, frozen=True):
    events: tuple[BookingCurve, ...]
    version: int = 1


def read_history(path: Path) -> tuple[BookingCurve, ...]:
    """Return the finished events; none where the file does not exist.

    Raises:
        CurvesError: the file is not such a file.
        OSError: the file can't be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=_History).events
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CurvesError(f"{path}: not a file of `pulso tickets learn`: {error}") from error


def merged(known: tuple[BookingCurve, ...], learnt: tuple[BookingCurve, ...]) -> tuple[BookingCurve, ...]:
    """Return all events, a learnt one in place of the known one of its name and type; by date if all have one.

    >>> old, new = (BookingCurve("gala", "all", (0,), (final,), final) for final in (90.0, 95.0))
    >>> [curve.final for curve in merged((old,), (new,))]
    [95.0]
    """
    by_name = {(curve.event, curve.type): curve for curve in (*known, *learnt)}
    curves = tuple(by_name.values())
    if all(curve.date for curve in curves):
        return tuple(sorted(curves, key=lambda curve: curve.date or date.min))
    return curves


def write_history(path: Path, curves: tuple[BookingCurve, ...]) -> None:
    """Write the file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(msgspec.json.encode(_History(curves)))
    draft.replace(path)
