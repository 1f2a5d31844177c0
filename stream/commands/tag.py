"""`pulso tag DIR`: mood and genre of all recordings of a folder, as CSV."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from stream.features.music.catalogue import TaggingSummary

NAME = "pulso-tags.csv"

Confidence = Annotated[
    float | None, typer.Option(min=0, max=1, help="Confidence limit; that of the venue file's `music` if left out.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tag)


def tag(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder of recordings.")],
    out: Annotated[Path | None, typer.Option(help=f"CSV file; {NAME} in the folder if left out.")] = None,
    unsure_below: Confidence = None,
    unknown_below: Confidence = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one for each core if left out.")] = None,
) -> None:
    """Tag every recording below a folder with mood and genre, as CSV; a second run does only what is missing."""
    # These import librosa, which takes seconds.
    from processors.music.catalogue_table import CatalogueEntry  # noqa: PLC0415
    from stream.features.music.catalogue import tag_folder  # noqa: PLC0415

    errors = Console(stderr=True)
    table = out or folder / NAME
    columns = (
        TextColumn("listening"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    try:
        limits = read_venue(Settings().venue).music
        overrides = {"mood_limit": unsure_below, "genre_limit": unknown_below}
        limits = limits.model_copy(update={name: value for name, value in overrides.items() if value is not None})
        with Progress(*columns, console=errors) as progress:
            task = progress.add_task("", total=None)

            def show(done: int, total: int, entry: CatalogueEntry) -> None:
                progress.update(task, completed=done, total=total, description=printable(entry.file)[-40:])
                if remark := entry.error or entry.note:
                    progress.console.print(f"{printable(entry.file)}: {remark}", markup=False, highlight=False)

            done = tag_folder(folder, table, limits=limits, jobs=jobs or len(os.sched_getaffinity(0)), progress=show)
    except KeyboardInterrupt as error:
        name = printable(str(table))
        errors.print(f"stopped; {name} has the results so far, and the same command continues", markup=False)
        raise typer.Exit(130) from error
    errors.print(_summary(table))
    for line in _remarks(done, table):
        errors.print(line, markup=False, highlight=False, soft_wrap=True)
    if not done.complete:
        raise typer.Exit(2)


def printable(name: str) -> str:
    r"""Return the name of a file as one line that every terminal can show.

    >>> printable("a\nb"), printable("caf\udce9 [live]")
    ('a\\nb', 'caf\\xe9 [live]')
    """
    text = os.fsencode(name).decode(errors="backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _remarks(done: TaggingSummary, table: Path) -> Iterator[str]:
    """Yield the lines after the summary: counts, and all that is not in the table or not as it should be."""
    yield (f"{done.analyzed} listened to, {done.kept} as before, {done.unusable} unusable: {printable(str(table))}")
    if done.noted:
        yield f"{done.noted} with a remark, as parts that are missing or channels left out: see the column note"
    if done.left_out:
        by_number = sorted(done.left_out.items(), key=lambda one: (-one[1], one[0]))
        kinds = ", ".join(f"{number} {printable(suffix)}" for suffix, number in by_number[:8])
        more = ", …" if len(done.left_out) > 8 else ""
        yield f"{done.left_out.total()} other files left out, by their names no recordings: {kinds}{more}"
    for folder, reason in sorted(done.unsearched.items()):
        yield f"{printable(folder)} can't be searched: {reason}"
    if done.unusable:
        yield f"{done.unusable} of {len(done.entries)} recordings could not be used: see the column error"


def _summary(table: Path) -> Table:
    """Return a table of the number of recordings by mood and genre."""
    with table.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = list(csv.DictReader(file))
    summary = Table("mood", "", "genre", "")
    counts = (Counter(row[kind] or "unusable" for row in rows).most_common() for kind in ("mood", "genre"))
    for mood, genre in zip_longest(*counts, fillvalue=("", "")):
        summary.add_row(str(mood[0]), str(mood[1]), str(genre[0]), str(genre[1]))
    return summary
