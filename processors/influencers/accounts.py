"""Followers of an account as counts, read from a table without names.

Followers, following and posts exist on every network and are required. A profile picture and the digits in the user
name add to them where the table has them; other columns are not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.csv_table import CellError, Refusal, Row, Table, parse_table, refusals_text

FOLLOWERS = ("userfollowercount", "followers", "#followers")
FOLLOWING = ("userfollowingcount", "following", "#follows")
POSTS = ("usermediacount", "posts", "#posts")
PICTURE = ("userhasprofilpic", "picture", "profile pic")
DIGITS = ("usernamedigitcount", "digits")
LENGTH = ("usernamelength", "length")
DIGIT_SHARE = ("digit_share", "nums/length username")
LABEL = ("isfake", "fake")

FEATURES = ("following_to_followers", "followers", "posts", "picture", "digit_share")
"""Columns of `Accounts.features`."""

MAX_COUNT, MAX_POSTS, MAX_DIGIT_SHARE = 3000.0, 300.0, 0.5
"""Counts above these say nothing more: larger accounts of another sample must not weigh more than those seen."""

RATIO_RANGE = (-3.0, 6.0)
"""Range of the logarithm of following to followers."""


class AccountsError(CellError):
    """The table can't be used; the message names the file and what is missing."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of a table.

    Attributes:
        features: (n, 5) float64 in the order of `FEATURES`; NaN where the table lacks a value.
        fake: labels, or None where the table has none.
        columns: columns that are used.
    """

    features: NDArray[np.float64]
    fake: NDArray[np.bool_] | None
    columns: tuple[str, ...]


def read_accounts(path: Path, *, labelled: bool = False) -> Accounts:
    """Read a sample of followers.

    Args:
        labelled: require a column `isFake` of 0 and 1.

    Raises:
        AccountsError: a required column is missing, a line can't be used, or there is no account.
        TableError: the file is not a table.
        OSError: the file can't be read.
    """
    return parse_accounts(path, path.read_bytes(), labelled=labelled)


def parse_accounts(path: Path, data: bytes, *, labelled: bool = False) -> Accounts:
    """Read a sample of followers from the bytes of a file, which errors call `path`.

    Raises:
        AccountsError: a required column is missing, a line can't be used, or there is no account.
        TableError: the bytes are not a table.
    """
    every = (FOLLOWERS, FOLLOWING, POSTS, PICTURE, DIGITS, LENGTH, DIGIT_SHARE, LABEL)
    table = parse_table(path, data, numbers=[name for names in every for name in names])
    columns = _Columns.of(table)
    if labelled and columns.label is None:
        raise AccountsError(f"{path}: no column isFake with 0 or 1; the columns are {', '.join(table.columns)}")
    rows: list[list[float]] = []
    fake: list[bool] = []
    refused: list[Refusal] = []
    for row in table.rows:
        try:
            row.check_length()
            rows.append(columns.features(row))
            if labelled and columns.label is not None:
                fake.append(_flag(row, columns.label) == 1)
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    if refused:
        raise AccountsError(refusals_text(path, refused))
    if not rows:
        raise AccountsError(f"{path} has no accounts below the line of the columns")
    return Accounts(np.array(rows), np.array(fake) if labelled else None, columns.used)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns in one table; None where it lacks one."""

    followers: str
    following: str
    posts: str
    picture: str | None
    digits: str | None
    length: str | None
    digit_share: str | None
    label: str | None

    @classmethod
    def of(cls, table: Table) -> _Columns:
        def found(names: tuple[str, ...]) -> str | None:
            return next((name for name in names if name in table.columns), None)

        required = {}
        for title, names in (("followers", FOLLOWERS), ("following", FOLLOWING), ("posts", POSTS)):
            name = found(names)
            if name is None:
                raise AccountsError(
                    f"{table.path}: no column of {title} ({' or '.join(names)}); the columns are "
                    f"{', '.join(table.columns)}"
                )
            required[title] = name
        return cls(
            required["followers"], required["following"], required["posts"],
            found(PICTURE), found(DIGITS), found(LENGTH), found(DIGIT_SHARE), found(LABEL),
        )  # fmt: skip

    @property
    def used(self) -> tuple[str, ...]:
        digits = (self.digit_share,) if self.digit_share else (self.digits, self.length)
        optional = (self.picture, *(digits if None not in digits else ()))
        return (self.followers, self.following, self.posts, *(name for name in optional if name))

    def features(self, row: Row) -> list[float]:
        followers, following, posts = (_count(row, name) for name in (self.followers, self.following, self.posts))
        ratio = np.log1p(min(following, MAX_COUNT)) - np.log1p(min(followers, MAX_COUNT))
        return [
            float(np.clip(ratio, *RATIO_RANGE)),
            float(np.log1p(min(followers, MAX_COUNT))),
            float(np.log1p(min(posts, MAX_POSTS))),
            _flag(row, self.picture) if self.picture and row.text(self.picture, "") else float("nan"),
            self._digit_share(row),
        ]

    def _digit_share(self, row: Row) -> float:
        if self.digit_share and row.text(self.digit_share, ""):
            return min(_count(row, self.digit_share), MAX_DIGIT_SHARE)
        if self.digits and self.length and row.text(self.digits, "") and row.text(self.length, ""):
            return min(_count(row, self.digits) / max(1.0, _count(row, self.length)), MAX_DIGIT_SHARE)
        return float("nan")


def _count(row: Row, column: str) -> float:
    value = row.number(column)
    if value < 0:
        raise CellError(f"{column} {value:g} is negative")
    return value


def _flag(row: Row, column: str) -> float:
    value = row.number(column)
    if value not in (0, 1):
        raise CellError(f"{column} {value:g} is neither 0 nor 1")
    return value
