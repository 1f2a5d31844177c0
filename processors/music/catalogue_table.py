"""Table of a catalogue: one row a recording, with all that is needed to analyse only new and changed files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from processors.music.label_decision import genre_label, mood_label
from processors.music.recording import RecordingTags
from schemas.errors import PulsoError
from schemas.music import MusicSettings

LEADING_COLUMNS = (
    "file",
    "mood",
    "mood_confidence",
    "genre",
    "genre_confidence",
    "tempo",
    "key",
    "loudness",
    "seconds",
)
"""First columns, by which a table is recognised."""
TRAILING_COLUMNS = ("model", "size", "modified", "sha256", "error", "note")
"""Last columns, after the probabilities."""


class CatalogueError(PulsoError, ValueError):
    """The table can't be used; the message says why."""


class CatalogueEntry(Struct, frozen=True, kw_only=True):
    """Entry of one file.

    Attributes:
        file: path below the catalogue's folder, with /.
        model: identity of the models that analysed it.
        size: bytes.
        modified: nanoseconds since 1970.
        sha256: of the file.
        song: tags of the recording; None where the file can't be used.
        error: reason why it can't be used; empty otherwise.
        note: what the user should know of a recording that was used: parts that are missing, channels left out.
    """

    file: str
    model: str
    size: int
    modified: int
    sha256: str
    song: RecordingTags | None = None
    error: str = ""
    note: str = ""


class CatalogueTable:
    """Reader and writer of entries as CSV: `LEADING_COLUMNS`, probabilities, `TRAILING_COLUMNS`.

    A row is appended as soon as a file is done. Of several rows of a file the last one counts, and a last row that was
    cut off by a crash is ignored, so the table is its own journal.

    Args:
        moods: labels of the mood model.
        genres: labels of the genre model.
        limits: confidence below which no label is given.

    Attributes:
        columns: names of all columns.

    >>> import io
    >>> catalogue = CatalogueTable(["happy", "sad"], ["pop", "rock"], MusicSettings(mood_limit=0.6))
    >>> song = RecordingTags(180.0, -14.2, 120.0, {"happy": 0.55, "sad": 0.45}, {"pop": 0.9, "rock": 0.1}, "C major")
    >>> out = io.StringIO()
    >>> catalogue.write(out, [CatalogueEntry(file="a.mp3", model="m", size=1, modified=2, sha256="ff", song=song)])
    >>> out.getvalue().splitlines()[1]
    'a.mp3,unsure,0.5500,pop,0.9000,120.0,C major,-14.2,180.0,0.5500,0.4500,0.9000,0.1000,m,1,2,ff,,'
    """

    def __init__(self, moods: Sequence[str], genres: Sequence[str], limits: MusicSettings) -> None:
        self._moods, self._genres, self._limits = tuple(moods), tuple(genres), limits
        probabilities = [f"mood {name}" for name in moods] + [f"genre {name}" for name in genres]
        self.columns = (*LEADING_COLUMNS, *probabilities, *TRAILING_COLUMNS)

    def read(self, path: Path) -> dict[str, CatalogueEntry]:
        """Return the entries by file; none where there is no table, or where its models have other labels.

        Raises:
            CatalogueError: the file is not a table of this kind, and must not be overwritten.
        """
        try:
            # Names may contain any line end: none is translated.
            with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
        except FileNotFoundError:
            return {}
        if not text:
            return {}
        whole = text[: text.rfind("\n") + 1]
        rows = csv.reader(io.StringIO(whole, newline=""))
        header = tuple(next(rows, ()))
        if header[: len(LEADING_COLUMNS)] != LEADING_COLUMNS:
            raise CatalogueError(
                f"{path} is not a table of `pulso tag`: it stays as it is; give another file with --out"
            )
        if header not in (self.columns, self.columns[:-1]):
            return {}
        found = (self._entry(dict(zip(header, row, strict=True))) for row in rows if len(row) == len(header))
        # Without the notes it is of an earlier version, which refused what can be read now.
        return {
            entry.file: entry for entry in found if entry is not None and not (entry.error and header != self.columns)
        }

    def write(self, file: IO[str], entries: Iterable[CatalogueEntry], *, header: bool = True) -> None:
        """Write rows, by default after the names of the columns."""
        plain = csv.writer(file, lineterminator="\n")
        quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if header:
            plain.writerow(self.columns)
        for entry in entries:
            # Unquoted, a carriage return in a name would end the row for a reader.
            (plain if entry.file.isprintable() else quoted).writerow(self.row(entry))

    def row(self, entry: CatalogueEntry) -> list[str]:
        """Return the values of `columns`; the labels of mood and genre depend on the current limits."""
        song = entry.song
        last = [entry.model, str(entry.size), str(entry.modified), entry.sha256, entry.error, entry.note]
        if song is None:
            return [entry.file, *[""] * (len(self.columns) - 1 - len(last)), *last]
        return [
            entry.file,
            mood_label(song.moods, self._limits.mood_limit),
            f"{max(song.moods.values(), default=0.0):.4f}",
            genre_label(song.genres, self._limits.genre_limit),
            f"{max(song.genres.values(), default=0.0):.4f}",
            f"{song.tempo:.1f}",
            song.key,
            f"{song.loudness:.1f}",
            f"{song.seconds:.1f}",
            *(f"{song.moods[name]:.4f}" for name in self._moods),
            *(f"{song.genres[name]:.4f}" for name in self._genres),
            *last,
        ]

    def _entry(self, row: Mapping[str, str]) -> CatalogueEntry | None:
        """Return the entry of a row; None for an invalid row, whose file is then analysed again."""
        try:
            song = None
            if not row["error"]:
                song = RecordingTags(
                    float(row["seconds"]),
                    float(row["loudness"]),
                    float(row["tempo"]),
                    {name: float(row[f"mood {name}"]) for name in self._moods},
                    {name: float(row[f"genre {name}"]) for name in self._genres},
                    row["key"],
                )
            return CatalogueEntry(
                file=row["file"],
                model=row["model"],
                size=int(row["size"]),
                modified=int(row["modified"]),
                sha256=row["sha256"],
                song=song,
                error=row["error"],
                note=row.get("note", ""),
            )
        except ValueError:
            return None
