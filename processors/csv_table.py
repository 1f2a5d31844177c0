"""Reader of CSV tables as people have them: exported by a till, a spreadsheet or a script.

What can be told for sure is accepted: a byte order mark, UTF-16, Windows-1252 text, semicolons or tabs between cells,
decimal commas. What can't is refused with the file and the line; a value is never guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path

from schemas.errors import PulsoError
from schemas.fields import repeated

DELIMITERS = (",", ";", "\t")

WESTERN_SIGNS = frozenset("áàâäãéèêëíìîïñóòôöõúùûüçÁÀÂÄÉÈÊÍÌÎÏÑÓÒÔÖÚÙÛÜÇ¡¿ºª·€´’‘“”«»–—…")
"""Signs beyond ASCII that Spanish, Catalan, English and their neighbours use: text with others is in an encoding that
can't be told."""

MAX_REFUSALS_SHOWN = 5

_DASH_IN_WORD = re.compile(r"[a-z][–—][a-z]")
"""Dashes where Mac Roman has ñ and ó ("Ca–a")."""

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_POINT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_COMMA_DECIMAL = re.compile(r"[+-]?(\d+,\d+|,\d+)")


class TableError(PulsoError, ValueError):
    """The file is not a table that can be read; the message names the file, and the line where there is one."""


class CellError(PulsoError, ValueError):
    """A row can't be used; the message says what is wrong with which cell."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that can't be used, and why.

    >>> str(Refusal(2, "quantity is missing"))
    'line 2: quantity is missing'
    """

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def refusals_text(path: Path, refusals: Sequence[Refusal]) -> str:
    """Return one sentence about the refused lines of a file, with the first of them.

    >>> refusals_text(Path("a.csv"), [Refusal(2, "no time")])
    'a.csv, line 2: no time'
    """
    shown = "; ".join(str(refusal) for refusal in refusals[:MAX_REFUSALS_SHOWN])
    more = len(refusals) - MAX_REFUSALS_SHOWN
    return f"{path}, {shown}" + (f"; and {more} more lines" if more > 0 else "")


class NumberStyle(Enum):
    """Meaning of points and commas in the numbers of a file, as far as its numbers tell."""

    UNKNOWN = "unknown"
    POINT = "point"
    """2.5 and 1,500.25"""
    COMMA = "comma"
    """2,5 and 1.500,25"""
    MIXED = "mixed"
    """Both: only a number that has one meaning is accepted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        line: of the file, the first one if the row has several.
        cells: by column; a short row lacks its last ones.
        surplus: cells beyond the columns.
        style: of the numbers of its file.
    """

    line: int
    cells: dict[str, str]
    surplus: int
    style: NumberStyle

    def check_length(self) -> None:
        """Check that the row has no more cells than there are columns.

        Raises:
            CellError: it has.
        """
        if self.surplus:
            number = len(self.cells)
            raise CellError(
                f"{number + self.surplus} cells for {number} columns: a cell with a comma in it must be in quotes"
            )

    def text(self, column: str, default: str | None = None) -> str:
        """Return a cell without the blanks around it; `default` where it is empty, missing or not a column.

        Raises:
            CellError: there is no such text, and no default.
        """
        text = self.cells.get(column, "").strip()
        if text:
            return text
        if default is None:
            raise CellError(f"{column} is missing")
        return default

    def number(self, column: str, default: str | None = None, *, limit: float = 1e12) -> float:
        """Return a number.

        Args:
            default: text used where the cell is empty, missing or not a column.
            limit: largest magnitude.

        Raises:
            CellError: it is missing, not a number, too large, or has two meanings.
        """
        text = self.text(column, default)
        value = parse_number(text, self.style)
        if value is None:
            raise CellError(f"{column} {_short(text)} {_number_problem(text, self.style)}")
        if abs(value) > limit:
            raise CellError(
                f"{column} {_short(text)} is too large: at most {limit:,.0f} on either side of 0 is expected"
            )
        return value

    def time(self, column: str) -> datetime:
        """Return a time, with an offset from UTC where the cell has one.

        Raises:
            CellError: it is missing, or not an ISO 8601 time.
        """
        text = self.text(column)
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise CellError(f"{column} {_short(text)} is not an ISO 8601 time, such as 2026-07-04 20:00") from error


@dataclass(frozen=True, slots=True)
class Table:
    """A table with named columns.

    Attributes:
        columns: names, in lower case and without blanks around them.
        notes: what was found out about the file, for people.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def require(self, *columns: str) -> None:
        """Check that the table has these columns.

        Raises:
            TableError: it lacks one.
        """
        if missing := [name for name in columns if name not in self.columns]:
            raise TableError(
                f"{self.path}: the columns are {', '.join(self.columns) or 'none'}; {', '.join(missing)} is missing"
            )


def read_table(path: Path, *, numbers: Collection[str] = ()) -> Table:
    """Read a table whose first line names the columns.

    Args:
        numbers: columns of numbers; together they show how the file writes them.

    Raises:
        TableError: the text or its cells can't be read for sure.
        OSError: the file can't be read.
    """
    return parse_table(path, path.read_bytes(), numbers=numbers)


def parse_table(path: Path, data: bytes, *, numbers: Collection[str] = ()) -> Table:
    """Read a table from the bytes of a file, which errors call `path`.

    Args:
        numbers: columns of numbers; together they show how the file writes them.

    Raises:
        TableError: the text or its cells can't be read for sure.
    """
    text, encoding = _decode(path, data)
    delimiter, text, first = _delimiter(text)
    lines = [
        (line, cells) for line, cells in _cells(path, text, delimiter, first) if any(cell.strip() for cell in cells)
    ]
    if not lines:
        raise TableError(f"{path} is empty: a line with the names of the columns is expected")
    columns = _column_names(path, lines[0])
    named = [(line, dict(zip(columns, cells, strict=False)), cells) for line, cells in lines[1:]]
    style = number_style(cells[name] for _, cells, _ in named for name in numbers if name in cells)
    rows = tuple(
        Row(line, cells, sum(1 for cell in every[len(columns) :] if cell.strip()), style)
        for line, cells, every in named
    )
    notes = [] if encoding == "UTF-8" else [f"{path} is read as {encoding}"]
    if style is NumberStyle.COMMA:
        notes.append(f"{path} has decimal commas")
    return Table(path, columns, rows, tuple(notes))


def number_style(texts: Iterable[str]) -> NumberStyle:
    """Return how a file writes its numbers, by those that have one meaning only.

    >>> number_style(["2", "1,500", "2,50"]), number_style(["1,500"]), number_style(["2.5", "2,5"])
    (<NumberStyle.COMMA: 'comma'>, <NumberStyle.UNKNOWN: 'unknown'>, <NumberStyle.MIXED: 'mixed'>)
    """
    point = comma = False
    for given in texts:
        text = _normal(given)
        point_value, comma_value = _with_point(text), _with_comma(text)
        point |= point_value is not None and comma_value is None
        comma |= comma_value is not None and point_value is None
    if point and comma:
        return NumberStyle.MIXED
    return NumberStyle.POINT if point else NumberStyle.COMMA if comma else NumberStyle.UNKNOWN


def parse_number(text: str, style: NumberStyle) -> float | None:
    """Return the value of a number; None where it is none, or where it has two meanings.

    >>> parse_number("1.500,5", NumberStyle.COMMA), parse_number("1,500", NumberStyle.UNKNOWN)
    (1500.5, None)
    """
    normal = _normal(text)
    point, comma = _with_point(normal), _with_comma(normal)
    if style is NumberStyle.POINT:
        return point
    if style is NumberStyle.COMMA:
        return comma
    if point is not None and comma is not None and point != comma:
        # A point is what programs write; that of a file with both styles may as well group thousands.
        return point if style is NumberStyle.UNKNOWN and "," not in normal else None
    return comma if point is None else point


def _normal(text: str) -> str:
    """Return a number without blanks, and with the minus sign of ASCII."""
    return text.strip().replace("\N{MINUS SIGN}", "-")


@lru_cache(maxsize=16_384)
def _with_point(text: str) -> float | None:
    """Return the value of a number whose decimal sign is a point; None if it can't be one."""
    if not text.isascii():
        return None
    if _COMMA_THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return _finite(text) if _PLAIN.fullmatch(text) else None


@lru_cache(maxsize=16_384)
def _with_comma(text: str) -> float | None:
    """Return the value of a number whose decimal sign is a comma; None if it can't be one."""
    if not text.isascii():
        return None
    if _POINT_THOUSANDS.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _COMMA_DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return _finite(text) if _PLAIN.fullmatch(text) and "." not in text else None


def _finite(text: str) -> float | None:
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value


def _number_problem(text: str, style: NumberStyle) -> str:
    values = (_with_point(_normal(text)), _with_comma(_normal(text)))
    if None not in values and values[0] != values[1] and style in (NumberStyle.UNKNOWN, NumberStyle.MIXED):
        return f"may be {values[0]:g} or {values[1]:g}: write it without a sign for thousands"
    if style is NumberStyle.POINT and values[1] is not None:
        return "has a decimal comma, and other numbers of the file a point"
    if style is NumberStyle.COMMA and values[0] is not None:
        return "has a decimal point, and other numbers of the file a comma"
    return "is not a valid number"


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise TableError(f"{path}: not valid UTF-16 text") from error
    if (zero := data.find(b"\x00")) >= 0:
        raise TableError(f"{path}, line {_line_of(data, zero)}: not text: it has a zero byte")
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        line = _line_of(data, error.start)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    signs = [(place, sign) for place, sign in enumerate(text) if not sign.isascii()]
    if (
        not signs
        or any(sign not in WESTERN_SIGNS for _, sign in signs)
        or "\N{LATIN CAPITAL LETTER A WITH TILDE}" in text
        or _DASH_IN_WORD.search(text)
    ):
        raise TableError(f"{path}, line {line}: not UTF-8 text, nor for sure Windows-1252: save it as UTF-8")
    return text, "Windows-1252"


def _line_of(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _delimiter(text: str) -> tuple[str, str, int]:
    """Return the delimiter, the text from the columns on, and the number of its first line.

    The line of the columns tells: their names have no delimiter in them. Excel may name it in a line of its own.
    """
    first, _, rest = text.partition("\n")
    if (named := re.fullmatch(r"sep=(.)\r?", first)) is not None:
        return named[1], rest, 2
    names = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=names.count), text, 1


def _cells(path: Path, text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = rows.line_num + first
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise TableError(f"{path}, line {line}: {error}") from error
        if cells is None:
            return
        yield line, cells


def _column_names(path: Path, header: tuple[int, list[str]]) -> tuple[str, ...]:
    line, cells = header
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    names = tuple(name.strip().lower() for name in cells)
    if doubled := repeated(names):
        raise TableError(f"{path}, line {line}: the column {doubled[0]!r} stands there twice")
    return names


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
