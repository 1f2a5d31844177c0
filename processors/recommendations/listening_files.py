"""Readers of listening data for training and evaluation: the public split of LightGCN, and Last.fm 2K (HetRec 2011)."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from processors.recommendations.interactions import Interactions, binary
from schemas.errors import PulsoError


class ListeningFileError(PulsoError, ValueError):
    """The listening data can't be used; the message names file, line and what was expected."""


@dataclass(frozen=True, slots=True)
class TaggedPlays:
    """Plays, and tags of artists.

    Attributes:
        tags: number of listeners who gave a tag, by artist id and tag; artists without tags are absent.
        names: name of each artist, by id.
    """

    plays: Interactions
    tags: Mapping[str, Mapping[str, int]]
    names: Mapping[str, str]


def read_public_split(folder: Path) -> tuple[Interactions, Interactions]:
    """Read `train.txt` and `test.txt`: a listener, an artist and a number of plays in each line.

    Raises:
        ListeningFileError: a file is missing, or a line has other columns.
    """
    train, test = _pairs(folder / "train.txt"), _pairs(folder / "test.txt")
    listeners = sorted({listener for listener, _ in [*train, *test]}, key=_numeric)
    artists = sorted({artist for _, artist in [*train, *test]}, key=_numeric)
    return _interactions(train, listeners, artists), _interactions(test, listeners, artists)


def read_tagged_plays(folder: Path) -> TaggedPlays:
    """Read `user_artists.dat`, `artists.dat` and `tags.csv`.

    Raises:
        ListeningFileError: a file is missing, or a line has other columns.
    """
    plays = _pairs(folder / "user_artists.dat", header=True)
    listeners = sorted({listener for listener, _ in plays}, key=_numeric)
    artists = sorted({artist for _, artist in plays}, key=_numeric)
    names = dict(line.split("\t")[:2] for line in _lines(folder / "artists.dat")[1:] if line)
    return TaggedPlays(_interactions(plays, listeners, artists), _tags(folder / "tags.csv"), names)


def _tags(path: Path) -> dict[str, dict[str, int]]:
    tags: dict[str, dict[str, int]] = defaultdict(dict)
    rows = csv.DictReader(_lines(path))
    try:
        for row in rows:
            tags[row["artist"]][row["tag"]] = int(row["users"])
    except (KeyError, TypeError, ValueError) as error:
        raise ListeningFileError(f"{path}, line {rows.line_num}: {error}; expected artist,tag,users") from error
    return dict(tags)


def _pairs(path: Path, *, header: bool = False) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(_lines(path), start=1):
        cells = line.split()
        if not cells or (header and number == 1):
            continue
        if len(cells) != 3:
            raise ListeningFileError(f"{path}, line {number}: expected listener, artist and number of plays")
        pairs.append((cells[0], cells[1]))
    if not pairs:
        raise ListeningFileError(f"{path}: no plays in it")
    return pairs


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise ListeningFileError(f"{path} is missing") from error
    except UnicodeDecodeError as error:
        raise ListeningFileError(f"{path}: not UTF-8 text") from error


def _numeric(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _interactions(pairs: Iterable[tuple[str, str]], listeners: list[str], artists: list[str]) -> Interactions:
    row = {name: index for index, name in enumerate(listeners)}
    column = {name: index for index, name in enumerate(artists)}
    cells = np.array([(row[listener], column[artist]) for listener, artist in pairs], np.int64)
    matrix = binary(cells[:, 0], cells[:, 1], (len(listeners), len(artists)))
    return Interactions(matrix, tuple(listeners), tuple(artists))
