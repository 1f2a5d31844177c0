"""Log of samples that is appended during a soak, so that a report can be written however the run ends."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.soak.sampling import SampleValue

FIELDS = ("seconds", "measure", "of", "value")
RUN_INFO_FILE = "about.json"
SAMPLES = "samples.csv"


class RunInfo(Struct, kw_only=True):
    """Parameters of a soak run.

    Attributes:
        shares: share of three large festivals, by kind; `rates` are events per second.
        spoilt: by topic, the interval in events at which an event is made invalid.
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


class SampleLog:
    """Writer of samples; each is flushed before the next is taken."""

    def __init__(self, folder: Path, run_info: RunInfo) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RUN_INFO_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(run_info)))
        self._file = (folder / SAMPLES).open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(FIELDS)

    def add(self, seconds: float, values: Iterable[SampleValue]) -> None:
        """Append one sample, taken `seconds` after the beginning."""
        self._writer.writerows((f"{seconds:.1f}", one.measure, one.of, f"{one.value:.6g}") for one in values)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


Series = dict[str, list[tuple[float, float]]]
"""Pairs of seconds and value in order of time, by subject."""


def read_record(folder: Path) -> tuple[RunInfo, dict[str, Series]]:
    """Return the parameters of a run and its series by measure; an incomplete last line is ignored.

    Raises:
        FileNotFoundError: the folder has no recorded run.
        msgspec.DecodeError: about.json has another format.
    """
    run_info = msgspec.json.decode((folder / RUN_INFO_FILE).read_bytes(), type=RunInfo)
    found: dict[str, Series] = defaultdict(lambda: defaultdict(list))
    with (folder / SAMPLES).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                at, value = float(row["seconds"]), float(row["value"])
            except (TypeError, ValueError):
                continue
            found[row["measure"]][row["of"]].append((at, value))
    return run_info, found
