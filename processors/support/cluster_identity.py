"""Names of clusters through a new grouping: a group has the name of the cluster with which it has most in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from processors.support.cluster import ClusterPart


def carry_names(parts: Sequence[ClusterPart], groups: NDArray[np.int64]) -> tuple[dict[str, str], dict[str, str]]:
    """Name the groups of parts after the clusters that the parts were in, and set the owner of each part.

    Names are matched so that as many mails as possible keep theirs (the assignment problem; Kuhn, 1955). A group that
    gets none is named after its largest part whose name is free.

    Args:
        parts: parts, with the clusters that they were in.
        groups: (n,) group of each part.

    Returns:
        Names of the clusters that ended, and of those with most of their mails; and names of the clusters that are new,
        and of those that had most of their mails.
    """
    rows = {group: row for row, group in enumerate(dict.fromkeys(groups.tolist()))}
    old = list(dict.fromkeys(part.cluster for part in parts))
    columns = {name: column for column, name in enumerate(old)}
    common = np.zeros((len(rows), len(old)))
    for part, group in zip(parts, groups.tolist(), strict=True):
        common[rows[group], columns[part.cluster]] += part.size
    names = {
        int(row): old[column]
        for row, column in zip(*linear_sum_assignment(-common), strict=True)
        if common[row, column] > 0
    }
    ended = {name: column for name, column in columns.items() if name not in set(names.values())}
    new = [row for row in range(len(rows)) if row not in names]
    taken = set(names.values())
    for row in new:
        members = [part for part, group in zip(parts, groups.tolist(), strict=True) if rows[group] == row]
        names[row] = _free_name(members, taken | set(old))
        taken.add(names[row])
    split = {names[row]: old[int(common[row].argmax())] for row in new}
    for part, group in zip(parts, groups.tolist(), strict=True):
        part.owner = names[rows[group]]
    return {name: names[int(common[:, column].argmax())] for name, column in ended.items()}, split


def _free_name(parts: Sequence[ClusterPart], taken: set[str]) -> str:
    """Return the name of the largest part whose name no cluster has; with a number added if each is taken."""
    ids = [part.id for part in sorted(parts, key=lambda part: (-part.size, part.first, part.id))]
    numbered = (f"{ids[0]}-{number}" for number in count(2))
    return next(name for name in chain(ids, numbered) if name not in taken)
