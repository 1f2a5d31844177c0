"""The file that a soak appends to as it goes, so that a report can be made however it ends."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.soak.sampling import Value

FIELDS = ("seconds", "measure", "of", "value")
ABOUT = "about.json"
SAMPLES = "samples.csv"


class About(Struct, kw_only=True):
    """Conditions of a soak.

    Attributes:
        shares: of three large festivals, by kind; `rates` are events a second.
        spoilt: every so many-th event of a topic can't be used.
    """

    began: str
    minutes: float
    every_seconds: float
    shares: dict[str, float]
    numbers: dict[str, float]
    rates: dict[str, float]
    spoilt: dict[str, int]
    pages: int
    machine: dict[str, Any]


class Record:
    """Append samples to a file; each is on the disk before the next is taken."""

    def __init__(self, folder: Path, about: About) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)))
        self._file = (folder / SAMPLES).open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(FIELDS)

    def add(self, seconds: float, values: Iterable[Value]) -> None:
        """Write one sample, taken `seconds` after the start."""
        self._writer.writerows((f"{seconds:.1f}", one.measure, one.of, f"{one.value:.6g}") for one in values)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


Series = dict[str, list[tuple[float, float]]]
"""seconds and value, in order, by whose it is"""


def read_record(folder: Path) -> tuple[About, dict[str, Series]]:
    """Return the conditions and every series by measure; a last line that was cut off is left out.

    Raises:
        FileNotFoundError: there is no record in the folder.
        msgspec.DecodeError: about.json is not one.
    """
    about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
    found: dict[str, Series] = defaultdict(lambda: defaultdict(list))
    with (folder / SAMPLES).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                at, value = float(row["seconds"]), float(row["value"])
            except (TypeError, ValueError):
                continue
            found[row["measure"]][row["of"]].append((at, value))
    return about, found
