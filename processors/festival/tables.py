"""Reader of a festival's tables in CSV: acts, programme, places, paths, approved answers and listeners.

Files are as `processors.csv_table` reads them; `|` inside a cell separates a list, and an empty cell is nothing.
`docs/data.md` has the layouts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import TypeVar, cast, get_args

import msgspec
from pydantic import ValidationError

from processors.csv_table import Row as TableRow
from processors.csv_table import TableError, read_table
from schemas.errors import PulsoError, first_problem
from schemas.ids import ActId, ListenerId, PlaceId, SetId
from schemas.programme import Act, ProgrammeSet, SetStatus
from schemas.venue_map import Hours, Mobility, Path, Place

T = TypeVar("T")
Row = dict[str, str]

_NUMBERS = ("popularity", "x_m", "y_m", "metres", "width_m", "slope_percent", "kerb_cm")
"""Columns of numbers of all tables."""


class FestivalTableError(PulsoError, ValueError):
    """A table can't be used; the message names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class ApprovedAnswer:
    """A question with its approved answer, in two languages."""

    id: str
    question_es: str
    answer_es: str
    question_en: str
    answer_en: str


@dataclass(frozen=True, slots=True)
class Listener:
    """An attendee's stated taste and needs.

    Attributes:
        group: id shared by friends who come together; empty for one who comes alone.
    """

    id: ListenerId
    liked: tuple[ActId, ...]
    disliked: tuple[ActId, ...]
    genres: tuple[str, ...]
    mobility: Mobility
    group: str


@dataclass(frozen=True, slots=True)
class FestivalTables:
    """The tables of one festival; tables without a file are empty."""

    acts: dict[ActId, Act] = field(default_factory=dict)
    sets: tuple[ProgrammeSet, ...] = ()
    places: dict[PlaceId, Place] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    answers: tuple[ApprovedAnswer, ...] = ()
    listeners: dict[ListenerId, Listener] = field(default_factory=dict)


def read_festival(folder: FilePath) -> FestivalTables:
    """Read the tables of a folder.

    Raises:
        FestivalTableError: no table is there, a cell is invalid, or a table names what another does not define.
    """
    if not any((folder / name).is_file() for name in ("programme.csv", "acts.csv", "places.csv", "faq.csv")):
        raise FestivalTableError(f"{folder}: no programme.csv, acts.csv, places.csv or faq.csv; name another folder")
    tables = FestivalTables(
        acts={act.id: act for act in _table(folder / "acts.csv", _act)},
        sets=_with_ids(_table(folder / "programme.csv", _programme_set)),
        places={place.id: place for place in _table(folder / "places.csv", _place)},
        paths=tuple(_table(folder / "paths.csv", _path)),
        answers=tuple(_table(folder / "faq.csv", _answer)),
        listeners={listener.id: listener for listener in _table(folder / "listeners.csv", _listener)},
    )
    _check_references(folder, tables)
    return tables


def _table(path: FilePath, parse: Callable[[Row], T]) -> list[T]:
    if not path.is_file():
        return []
    try:
        table = read_table(path, numbers=_NUMBERS)
    except TableError as error:
        raise FestivalTableError(str(error)) from error
    parsed = []
    for row in table.rows:
        try:
            parsed.append(parse(_cells(row, len(table.columns))))
        except KeyError as error:
            raise FestivalTableError(f"{path}: the column {error.args[0]} is missing") from error
        except ValidationError as error:
            raise FestivalTableError(f"{path}, line {row.line}: {first_problem(error, 'the row')}") from error
        except (ValueError, msgspec.ValidationError) as error:
            raise FestivalTableError(f"{path}, line {row.line}: {error}") from error
    return parsed


def _cells(row: TableRow, columns: int) -> Row:
    """Return the cells of a row, with its numbers as Python writes them.

    Raises:
        CellError: a number is not valid.
        ValueError: the row has more or fewer cells than there are columns.
    """
    if row.surplus or len(row.cells) != columns:
        raise ValueError(f"expected {columns} cells")
    cells = {name: cell.strip() for name, cell in row.cells.items()}
    return cells | {name: f"{row.number(name):.15g}" for name in _NUMBERS if cells.get(name)}


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _act(row: Row) -> Act:
    tags = [tag.partition(":") for tag in _list(row["tags"])]
    return Act(
        id=ActId(row["act_id"]),
        name=row["name"],
        genres=_list(row["genres"]),
        moods=tuple(value for kind, _, value in tags if kind == "mood"),
        similar=tuple(ActId(value) for kind, _, value in tags if kind == "similar"),
        language=row["language"],
        popularity=_share(row["popularity"] or "0"),
        accessible_show=_list(row["accessible_show"]),
    )


def _share(cell: str) -> float:
    value = float(cell)
    if not 0 <= value <= 1:
        raise ValueError(f"{cell!r} is not between 0 and 1")
    return value


def _programme_set(row: Row) -> ProgrammeSet:
    status = row["status"]
    if status not in get_args(SetStatus):
        raise ValueError(f"status {status!r} is not one of {', '.join(get_args(SetStatus))}")
    begin, end = _moment(row["start"]), _moment(row["end"])
    if end <= begin:
        raise ValueError(f"{row['act']} ends at {row['end']}, which is not after its start")
    return ProgrammeSet(
        id=SetId(f"{row['act_id']}-{row['day']}"),
        day=date.fromisoformat(row["day"]),
        begin=begin,
        end=end,
        stage=PlaceId(row["stage"]),
        act=ActId(row["act_id"]),
        name=row["act"],
        kind=row["kind"] or "concert",
        status=cast(SetStatus, status),
        previous_stage=PlaceId(row["previous_stage"]) if row["previous_stage"] else None,
        previous_begin=_moment(row["previous_start"]) if row["previous_start"] else None,
    )


def _moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    if moment.tzinfo is None:
        raise ValueError(f"{cell!r} has no offset; write for example 2027-07-09T16:30:00+02:00")
    return moment


def _with_ids(sets: Iterable[ProgrammeSet]) -> tuple[ProgrammeSet, ...]:
    """Number the second and further sets of an act on one day, in the order of the file."""
    seen: dict[SetId, int] = {}
    numbered = []
    for one in sets:
        seen[one.id] = count = seen.get(one.id, 0) + 1
        numbered.append(one if count == 1 else msgspec.structs.replace(one, id=SetId(f"{one.id}-{count}")))
    return tuple(numbered)


def _place(row: Row) -> Place:
    return Place(
        id=PlaceId(row["id"]),
        name_es=row["name_es"],
        name_en=row["name_en"],
        kind=row["kind"],
        x_m=float(row["x_m"]),
        y_m=float(row["y_m"]),
        step_free=_yes(row["step_free"]),
        hours=_hours(row["opens"], row["closes"]),
    )


def _path(row: Row) -> Path:
    return Path(
        start=PlaceId(row["from"]),
        end=PlaceId(row["to"]),
        metres=float(row["metres"]),
        kind=row["kind"],
        step_free=_yes(row["step_free"]),
        width_m=float(row["width_m"]),
        slope_percent=float(row["slope_percent"]),
        kerb_cm=float(row.get("kerb_cm") or 0),
        one_way=_yes(row["one_way"]),
        hours=_hours(row["open_from"], row["open_until"]),
    )


def _yes(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise ValueError(f"{cell!r} is not yes or no")
    return cell == "yes"


def _hours(opens: str, closes: str) -> Hours | None:
    if not opens and not closes:
        return None
    if (opens, closes) == ("00:00", "24:00"):
        return Hours(opens=time(0), closes=time(0), all_day=True)
    closes = "00:00" if closes == "24:00" else closes
    return Hours(opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


def _answer(row: Row) -> ApprovedAnswer:
    return ApprovedAnswer(row["id"], row["question_es"], row["answer_es"], row["question_en"], row["answer_en"])


def _listener(row: Row) -> Listener:
    mobility = row["mobility"] or "none"
    if mobility not in get_args(Mobility):
        raise ValueError(f"mobility {mobility!r} is not one of {', '.join(get_args(Mobility))}")
    return Listener(
        id=ListenerId(row["id"]),
        liked=tuple(ActId(one) for one in _list(row["liked"])),
        disliked=tuple(ActId(one) for one in _list(row["disliked"])),
        genres=_list(row["genres"]),
        mobility=cast(Mobility, mobility),
        group=row["groups"],
    )


def _check_references(folder: FilePath, tables: FestivalTables) -> None:
    """Check that tables name only what the others define.

    Raises:
        FestivalTableError: a path or set names an unknown place or act.
    """
    if tables.places:
        named = [
            (f"paths.csv: {path.start}–{path.end}", end) for path in tables.paths for end in (path.start, path.end)
        ]
        named += [(f"programme.csv: {one.name}", one.stage) for one in tables.sets]
        for where, place in named:
            if place not in tables.places:
                raise FestivalTableError(f"{folder}/{where}: the place {place!r} is not in places.csv")
    if tables.acts:
        for one in tables.sets:
            if one.act not in tables.acts:
                raise FestivalTableError(f"{folder}/programme.csv: {one.name}: the act {one.act!r} is not in acts.csv")
