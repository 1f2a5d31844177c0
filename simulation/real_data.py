"""Reader of real input for the demo: photographs, clips, orders, requests and music in a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from processors.bars.sales_file import SalesFileError, read_sales
from processors.csv_table import CellError, TableError, read_table
from schemas.bars import DEMAND
from schemas.crowd import CROWD
from schemas.errors import PulsoError
from schemas.music import TAGS
from schemas.support import TRIAGE
from schemas.topic import Topic
from schemas.violence import VIOLENCE

LAYOUT = """expected in the folder, any of:
  crowd/NAME/*.jpg and crowd/NAME/heads.json   photographs; {file: {"heads": [[x, y], …], …}}
  violence/clips.jsonl                         {"clip": path, "label": "fight" or "normal"} a line
  demand/*.csv                                 orders: ordered_at, order_id, product, quantity, unit_price
  text/*.csv                                   requests: text, intent
  audio/mood.csv, audio/genre.csv              clip, mood or genre
Paths inside a file are relative to that file."""


ORDER_COLUMNS = {"ordered_at", "order_id", "product", "quantity"}


class RealDataError(PulsoError, ValueError):
    """The folder cannot be played; the message says what is missing, and the expected layout."""


@dataclass(frozen=True, slots=True)
class Photograph:
    path: Path
    heads: int


@dataclass(frozen=True, slots=True)
class Clip:
    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Order:
    time: datetime
    id: str
    lines: tuple[tuple[str, float, float], ...]
    """Product, quantity and unit price of each line."""


@dataclass(slots=True)
class RealData:
    """Content of a data folder.

    Attributes:
        requests: texts by intent.
        missing: kinds of input that are missing, and why.
    """

    photographs: list[Photograph] = field(default_factory=list)
    clips: list[Clip] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    requests: dict[str, list[str]] = field(default_factory=dict)
    music: list[Clip] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> RealData:
        """Read a folder.

        Raises:
            RealDataError: the folder does not exist, holds nothing usable, or a file is malformed.
        """
        if not folder.is_dir():
            raise RealDataError(f"{folder} is not a folder; {LAYOUT}")
        data = cls()
        for kind, read, where in (
            ("photographs", data._read_photographs, "crowd"),
            ("clips", data._read_clips, "violence"),
            ("orders", data._read_orders, "demand"),
            ("requests", data._read_requests, "text"),
            ("music", data._read_music, "audio"),
        ):
            try:
                found = read(folder / where)
            except (TableError, CellError, SalesFileError) as error:
                raise RealDataError(str(error)) from error
            except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
                raise RealDataError(
                    f"{folder / where}: the {kind} cannot be read: {_reason(error)}; {LAYOUT}"
                ) from error
            if not found:
                data.missing[kind] = f"{folder / where} has none"
        if len(data.missing) == 5:
            raise RealDataError(f"{folder} has nothing that the demo can play; {LAYOUT}")
        return data

    @property
    def expected(self) -> tuple[Topic[Any], ...]:
        """Result topics on which this input must produce records."""
        kinds = (
            (self.photographs or self.clips, CROWD),
            (self.clips, VIOLENCE),
            (self.orders, DEMAND),
            (self.requests, TRIAGE),
            (self.music, TAGS),
        )
        return tuple(topic for data, topic in kinds if data)

    def _read_photographs(self, folder: Path) -> bool:
        for heads in sorted(folder.glob("*/heads.json")):
            for name, labels in json.loads(heads.read_text(encoding="utf-8")).items():
                self.photographs.append(Photograph(heads.parent / name, len(labels["heads"])))
        return bool(self.photographs)

    def _read_clips(self, folder: Path) -> bool:
        listed = folder / "clips.jsonl"
        if listed.is_file():
            for line in listed.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    row = json.loads(line)
                    self.clips.append(Clip(folder / row["clip"], row["label"]))
        return bool(self.clips)

    def _read_orders(self, folder: Path) -> bool:
        for file in sorted(folder.glob("*.csv")):
            if not set(read_table(file).columns) >= ORDER_COLUMNS:
                continue
            ordered = sorted(read_sales(file), key=lambda sale: (sale.time, sale.order))
            for (time, name), sales in groupby(ordered, key=lambda sale: (sale.time, sale.order)):
                bought = tuple((sale.product, sale.quantity, sale.unit_price) for sale in sales)
                self.orders.append(Order(time, name, bought))
        return bool(self.orders)

    def _read_requests(self, folder: Path) -> bool:
        for file in sorted(folder.glob("*.csv")):
            table = read_table(file)
            if not {"text", "intent"} <= set(table.columns):
                continue
            for row in table.rows:
                if text := row.text("text", ""):
                    self.requests.setdefault(f"{file.stem}/{row.text('intent', '')}", []).append(text)
        return bool(self.requests)

    def _read_music(self, folder: Path) -> bool:
        for name, column in (("mood.csv", "mood"), ("genre.csv", "genre")):
            if (folder / name).is_file():
                table = read_table(folder / name)
                table.require("clip", column)
                for row in table.rows:
                    clip, label = row.text("clip", ""), row.text(column, "")
                    if not clip or not label:
                        raise TableError(f"{table.path}, line {row.line}: clip or {column} is empty")
                    self.music.append(Clip(folder / clip, label))
        return bool(self.music)


def _reason(error: Exception) -> str:
    """Return a reason for people; that of a missing key is only its name."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
