"""Evaluation of links on labelled posts: right, wrong and missed, with bootstrap intervals over writers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from processors.csv_table import CellError, Row, TableError, read_table
from processors.moments.linking import PostLinker, text_with_accounts
from processors.moments.meaning import PerformanceMeaning
from processors.social.posts import accounts_of_acts, post_excerpt
from schemas.ids import ActId, PlaceId, SetId
from schemas.programme import ProgrammeSet

T = TypeVar("T")

DRAWS = 2_000
"""Bootstrap samples."""

EARLY_MORNING = timedelta(hours=6)
"""Time after midnight up to which a set belongs to the evening before."""


class PostsFileError(TableError):
    """The labelled posts or their programme can't be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """A post and the set that it is about, or None."""

    writer: str
    time: datetime
    place: str
    text: str
    set: SetId | None


def read_posts(path: Path, sets: tuple[ProgrammeSet, ...]) -> tuple[LabelledPost, ...]:
    """Read labelled posts: time, text, set (empty for none), and maybe place and writer.

    Raises:
        PostsFileError: a column is missing, or a line is not valid.
    """
    table = _table(path, "time", "text", "set")
    names = [one.name for one in sets]
    known = {one.id for one in sets}

    def post(row: Row) -> LabelledPost:
        label = row.text("set", "")
        if label and label not in known:
            raise CellError(f"the set {label!r} is not in the programme")
        whole = row.text("text")
        text = text_with_accounts(post_excerpt(whole), accounts_of_acts(whole, names))
        return LabelledPost(
            row.text("writer", str(row.line)), _time(row, "time"), row.text("place", ""), text, SetId(label) or None
        )

    return tuple(_valid(path, row, post) for row in table)


def read_programme(path: Path) -> tuple[ProgrammeSet, ...]:
    """Read a programme: set, begin, end, stage, name.

    Raises:
        PostsFileError: a column is missing, or a line is not valid.
    """
    return tuple(_valid(path, row, _programme_set) for row in _table(path, "set", "begin", "end", "stage", "name"))


def evaluate(
    path: Path,
    programme: Path,
    meaning: PerformanceMeaning,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return shares of links that are right, wrong and missed, each with its 95 % interval.

    Args:
        path: labelled posts, as of `read_posts`.
        programme: as of `read_programme`.
        meaning: classifier by sentence vectors.
        seed: of the bootstrap samples, which draw writers: posts of one writer resemble each other.
        progress: called with the number of posts done and of all.

    Raises:
        PostsFileError: a file is not valid.
    """
    sets = read_programme(programme)
    posts = read_posts(path, sets)
    linker = PostLinker({one.stage: () for one in sets})
    counts: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    mistakes: list[dict[str, Any]] = []
    for done, post in enumerate(posts, 1):
        (score,) = meaning.scores([post.text])
        found = linker.link(post.text, post.time, post.place, score, sets)
        link = None if found is None else found.set.id
        right, wrong = link is not None and link == post.set, link is not None and link != post.set
        counts[post.writer].append((post.set is not None, link is not None, right, wrong))
        if link != post.set:
            mistakes.append({"text": post.text, "set": post.set or "", "link": link or ""})
        progress(done, len(posts))
    figures = np.array([np.sum(rows, axis=0) for rows in counts.values()], dtype=float)
    random = np.random.default_rng(seed)
    drawn = figures[random.integers(len(figures), size=(DRAWS, len(figures)))].sum(axis=1)
    whole = figures.sum(axis=0)
    report: dict[str, Any] = {"posts": len(posts), "about_a_set": int(whole[0]), "links": int(whole[1])}
    for name, (part, of) in {"right": (2, 0), "wrong": (3, 1)}.items():
        shares = drawn[:, part] / np.maximum(drawn[:, of], 1)
        low, high = np.quantile(shares, (0.025, 0.975))
        report[name] = float(whole[part] / max(whole[of], 1))
        report |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    missed = 1 - (drawn[:, 2]) / np.maximum(drawn[:, 0], 1)
    low, high = np.quantile(missed, (0.025, 0.975))
    return report | {
        "missed": 1 - report["right"],
        "missed_low": float(low),
        "missed_high": float(high),
        "mistakes": mistakes,
    }


def _table(path: Path, *columns: str) -> tuple[Row, ...]:
    table = read_table(path)
    table.require(*columns)
    if not table.rows:
        raise PostsFileError(f"{path} holds no rows")
    return table.rows


def _valid(path: Path, row: Row, read: Callable[[Row], T]) -> T:
    try:
        row.check_length()
        return read(row)
    except CellError as error:
        raise PostsFileError(f"{path}, line {row.line}: {error}") from error


def _programme_set(row: Row) -> ProgrammeSet:
    begin, end = _time(row, "begin"), _time(row, "end")
    if end <= begin:
        raise CellError("the set ends before it begins")
    name = row.text("name")
    day = (begin - EARLY_MORNING).date()
    return ProgrammeSet(
        id=SetId(row.text("set")),
        day=day,
        begin=begin,
        end=end,
        stage=PlaceId(row.text("stage")),
        act=ActId(row.text("act", row.text("set"))),
        name=name,
    )


def _time(row: Row, column: str) -> datetime:
    time = row.time(column)
    if time.tzinfo is None:
        raise CellError(f"{column} lacks its offset from UTC, such as +02:00")
    return time
