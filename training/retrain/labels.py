"""Labelled items of a folder as `pulso models labels` writes it, in a part to train on and a part kept apart."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from processors.csv_table import Row, TableError, read_table
from processors.models.comparison import is_kept_apart
from schemas.errors import PulsoError

GROUPS = ("group", "artist", "author")
"""Columns that name a group; the first that a table has counts."""

CONTENTS = {"mood": "clip", "sentiment": "text"}
"""Column with the item, by model."""


class LabelsError(PulsoError, ValueError):
    """The labels can't be used for training; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class LabelledItem:
    """A clip or a text, its right label, and the group that it is kept together with."""

    content: bytes
    label: str
    group: str
    row: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same clip under another name is the same item."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class LabelledParts:
    """Items to train on, and items that no choice is made on."""

    train: tuple[LabelledItem, ...]
    test: tuple[LabelledItem, ...]


def read_items(folder: Path, model: str, labels: Sequence[str]) -> list[LabelledItem]:
    """Read `folder/MODEL.csv`; of several labels of one item the last counts.

    Raises:
        LabelsError: the table is missing, a line has no item or an unknown label, or a clip does not exist.
    """
    path, column = folder / f"{model}.csv", CONTENTS[model]
    try:
        table = read_table(path)
        table.require(column, model)
    except (TableError, OSError) as error:
        raise LabelsError(f"{path}: {error}; `pulso models labels {model} --out {folder}` writes it") from error
    group = next((name for name in GROUPS if name in table.columns), None)
    items: dict[str, LabelledItem] = {}
    for row in table.rows:
        label = row.text(model, "").lower()
        if label not in labels:
            raise LabelsError(f"{path}, line {row.line}: {model} {label!r} is not one of {', '.join(labels)}")
        item = _item(row, folder, column, label, group, table.columns)
        items[item.digest] = item
    return list(items.values())


def split_items(items: Sequence[LabelledItem], base: Sequence[LabelledItem]) -> tuple[LabelledParts, LabelledParts]:
    """Return the parts of the venue's labels and of the base data; no item of a test part is in a training part."""
    own, other = _parts(items), _parts(base)
    apart = {item.digest for item in (*own.test, *other.test)}
    own_train = tuple(item for item in own.train if item.digest not in apart)
    known = {item.digest for item in own_train} | apart
    other_train = tuple(item for item in other.train if item.digest not in known)
    return LabelledParts(own_train, own.test), LabelledParts(other_train, other.test)


def check_enough(parts: LabelledParts, base: LabelledParts, labels: Sequence[str], min_items: int) -> None:
    """Check that there is enough to train on and to compare on.

    Raises:
        LabelsError: there is not.
    """
    train = Counter(item.label for item in (*parts.train, *base.train))
    if train.total() < min_items or (missing := [label for label in labels if train[label] < 2]):
        lacking = f"; there are fewer of {', '.join(missing)}" if train.total() >= min_items else ""
        raise LabelsError(
            f"{train.total()} items to train on, {min_items} are needed, and two of every label{lacking}: "
            "collect more labels, or give the data of the first training with --base"
        )
    groups = {item.group for item in parts.test}
    if len(groups) < 2:
        raise LabelsError(
            f"{len(groups)} of {len({item.group for item in (*parts.train, *parts.test)})} groups are kept apart to "
            "compare on, two are needed: collect labels of more hours, artists or authors"
        )


def write_test_table(parts: LabelledParts, folder: Path, model: str) -> Path:
    """Write the items that are kept apart as a table for `pulso models promote --data`."""
    path = folder / f"{model}-test.csv"
    names = list(dict.fromkeys(name for item in parts.test for name in item.row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(item.row for item in parts.test)
    path.chmod(0o600)
    return path


def _item(row: Row, folder: Path, column: str, label: str, group: str | None, columns: Sequence[str]) -> LabelledItem:
    text = row.text(column, "")
    if column == "clip":
        path = folder / text
        if not text or not path.is_file():
            raise LabelsError(f"{folder}, line {row.line}: the clip {text!r} does not exist")
        content = path.read_bytes()
    else:
        content = text.encode()
    named = row.text(group, "") if group else ""
    return LabelledItem(content, label, named or text, {name: row.text(name, "") for name in columns})


def _parts(items: Sequence[LabelledItem]) -> LabelledParts:
    return LabelledParts(
        tuple(item for item in items if not is_kept_apart(item.group)),
        tuple(item for item in items if is_kept_apart(item.group)),
    )
