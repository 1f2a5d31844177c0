"""Tagging of a folder of recordings: several processes, only new and changed files, each result stored at once."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from processors.models.inference import sha256_of
from processors.music.audio import AudioError, fragments
from processors.music.catalogue_table import CatalogueEntry, CatalogueError, CatalogueTable
from processors.music.recording import tag_recording
from processors.music.tagger import Tagger
from schemas.music import MusicSettings
from stream.runtime.child_process import die_with_parent

log = logging.getLogger(__name__)

SUFFIXES = (
    ".wav", ".wave", ".bwf", ".rf64", ".flac", ".ogg", ".oga", ".ogx", ".opus", ".spx", ".mp3", ".mp2", ".mp1", ".mpa",
    ".mpga", ".aiff", ".aif", ".aifc", ".afc", ".m4a", ".m4b", ".m4r", ".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".3ga",
    ".aac", ".adts", ".wma", ".asf", ".wmv", ".webm", ".weba", ".mka", ".mkv", ".avi", ".caf", ".au", ".snd", ".w64",
    ".ape", ".wv", ".tta", ".tak", ".mpc", ".mp+", ".ac3", ".eac3", ".ec3", ".dts", ".dtshd", ".thd", ".amr", ".awb",
    ".ra", ".rm", ".voc", ".ircam", ".sph", ".dsf", ".oma", ".shn", ".qoa", ".latm", ".loas", ".flv",
)  # fmt: skip
"""Suffixes of the files that are tagged, in lower case: what libsndfile and ffmpeg's libraries may read."""

Progress = Callable[[int, int, CatalogueEntry], None]
"""Receives the number of files done, the number of all files, and the entry of the file that was done last."""


class TaggingSummary:
    """Result of one run.

    Attributes:
        kept: number of files whose entries were kept.
        analyzed: number of files that were analyzed.
        unusable: number of files with an error, among both.
        noted: number of files that were used with a note, among both.
        entries: entry of each file by its name below the folder.
        left_out: number of other files by suffix.
        unsearched: reasons by name of the folders that could not be searched.
    """

    def __init__(self, listing: FolderListing) -> None:
        self.kept = self.analyzed = self.unusable = self.noted = 0
        self.entries: dict[str, CatalogueEntry] = {}
        self.left_out, self.unsearched = listing.left_out, listing.unsearched

    @property
    def complete(self) -> bool:
        """True where no file and no folder was refused."""
        return not self.unusable and not self.unsearched

    def count(self) -> None:
        """Count the entries with errors and notes."""
        self.unusable = sum(bool(entry.error) for entry in self.entries.values())
        self.noted = sum(bool(entry.note) and not entry.error for entry in self.entries.values())


class FolderListing:
    """Files below a folder; hidden files and folders are left out. Links to folders are followed, each folder once.

    Args:
        folder: the folder.
        without: a file that is not mentioned.

    Attributes:
        recordings: all recordings, by name.
        left_out: number of other files by suffix.
        unsearched: reasons by name of the folders that could not be searched.
    """

    def __init__(self, folder: Path, without: Path | None = None) -> None:
        self.recordings: list[Path] = []
        self.left_out: Counter[str] = Counter()
        self.unsearched: dict[str, str] = {}
        self._folder, self._without = folder, without
        searched: set[tuple[int, int]] = set()
        waiting = [folder]
        while waiting:
            self._search(waiting.pop(), searched, waiting)
        self.recordings.sort()

    def _search(self, folder: Path, searched: set[tuple[int, int]], waiting: list[Path]) -> None:
        try:
            stat = folder.stat()
            if (stat.st_dev, stat.st_ino) in searched:
                return
            searched.add((stat.st_dev, stat.st_ino))
            with os.scandir(folder) as found:
                entries = [entry for entry in found if not entry.name.startswith(".")]
        except OSError as error:
            self.unsearched[folder.relative_to(self._folder).as_posix()] = error.strerror or str(error)
            return
        for entry in entries:
            path = folder / entry.name
            try:
                is_folder, is_file = entry.is_dir(), entry.is_file()
            except OSError:
                is_folder, is_file = False, True  # the analysis gives the reason
            if is_folder:
                waiting.append(path)
            elif path.suffix.lower() in SUFFIXES and (is_file or entry.is_symlink()):
                self.recordings.append(path)
            elif path != self._without:
                self.left_out[path.suffix.lower() or "without suffix"] += 1


def tag_folder(
    folder: Path,
    table: Path,
    *,
    limits: MusicSettings,
    jobs: int = 1,
    progress: Progress = lambda done, total, entry: None,
) -> TaggingSummary:
    """Bring `table` up to date with the recordings below `folder`.

    A file is recognised by size and time of change, else by its content, wherever it is: a copy or a moved file is not
    analyzed again. Other models or labels make every file new; other limits do not.

    Args:
        folder: folder of recordings.
        table: CSV file, created where it does not exist.
        limits: confidences below which a mood or genre is called unsure or unknown.
        jobs: number of processes.
        progress: called after each file.

    Raises:
        CatalogueError: There is no recording, the table is something else, or another run writes it.
        OSError: The table can't be written.
        ModelError: A model is incomplete.
    """
    tagger = Tagger.load()
    catalogue = CatalogueTable(tagger.mood.card.settings["labels"], tagger.genre.card.settings["labels"], limits)
    listing = FolderListing(folder, without=table)
    files = listing.recordings
    if not files:
        raise CatalogueError(f"{folder} holds no recording{_reasons(listing)} ({', '.join(SUFFIXES)})")
    # Without a digest the file could not be read at all, which may have been repaired.
    stored = {
        name: entry
        for name, entry in catalogue.read(table).items()
        if entry.model == tagger.identity and not (entry.error and not entry.sha256)
    }
    by_content = {entry.sha256: entry for entry in stored.values() if entry.sha256}
    summary = TaggingSummary(listing)
    todo: list[Path] = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        entry = stored.get(name)
        if entry is not None and (entry.size, entry.modified) == _size_and_time(path):
            summary.entries[name] = entry
            summary.kept += 1
            progress(len(summary.entries), len(files), entry)
        else:
            todo.append(path)
    with _journal(catalogue, table, [*stored.values()]) as journal:
        for path, analyzed in _analyzed_files(todo, jobs, frozenset(by_content)):
            name = path.relative_to(folder).as_posix()
            if (same := by_content.get(analyzed.sha256)) is not None:
                entry = replace(same, file=name, size=analyzed.size, modified=analyzed.modified)
                summary.kept += 1
            else:
                entry = replace(analyzed, file=name, model=tagger.identity)
                if entry.sha256:
                    by_content[entry.sha256] = entry
                summary.analyzed += 1
            summary.entries[name] = entry
            catalogue.write(journal, [entry], header=False)
            journal.flush()
            progress(len(summary.entries), len(files), entry)
    _replace(catalogue, table, [summary.entries[name] for name in sorted(summary.entries)])
    summary.count()
    return summary


def _reasons(listing: FolderListing) -> str:
    return "".join(f"; {name}: {reason}" for name, reason in sorted(listing.unsearched.items()))


def _size_and_time(path: Path) -> tuple[int, int]:
    """Return size (bytes) and time of change (ns since 1970); -1 for a file that can't be examined."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_size, stat.st_mtime_ns


@contextmanager
def _journal(catalogue: CatalogueTable, table: Path, stored: Sequence[CatalogueEntry]) -> Iterator[IO[str]]:
    """Open the table for appending, by one run at a time."""
    with table.with_name(f".{table.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CatalogueError(
                f"another `pulso tag` writes {table}; wait until it ends, or pass another file with --out"
            ) from error
        try:
            _replace(catalogue, table, stored)
            with table.open("a", encoding="utf-8", errors="surrogateescape") as file:
                yield file
        finally:
            Path(lock.name).unlink(missing_ok=True)


def _replace(catalogue: CatalogueTable, table: Path, entries: Sequence[CatalogueEntry]) -> None:
    """Replace the whole table atomically: a reader sees the old one or the new one."""
    draft = table.with_name(f".{table.name}.draft")
    with draft.open("w", encoding="utf-8", errors="surrogateescape") as file:
        catalogue.write(file, entries)
    draft.replace(table)


def _analyzed_files(
    todo: Sequence[Path], jobs: int, known_digests: frozenset[str]
) -> Iterator[tuple[Path, CatalogueEntry]]:
    """Yield files and their entries as they are done; a file that ends a process is identified and yields an error."""
    if not todo:
        return
    waiting = list(reversed(todo))
    while waiting:
        pool = _pool(min(jobs, len(waiting)), known_digests)
        running: dict[Future[CatalogueEntry], Path] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * jobs:
                    path = waiting.pop()
                    running[pool.submit(analyze, str(path))] = path
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    entry = future.result()
                    yield running.pop(future), entry
        except BrokenProcessPool:
            for path in running.values():
                yield path, _analyze_in_own_process(path, known_digests)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _analyze_in_own_process(path: Path, known_digests: frozenset[str]) -> CatalogueEntry:
    """Return the entry of one file, analyzed in a process of its own."""
    with _pool(1, known_digests) as pool:
        try:
            return pool.submit(analyze, str(path)).result()
        except BrokenProcessPool:
            return _unusable(path, _digest(path), "this file ends the process that analyzes it")


def _pool(jobs: int, known_digests: frozenset[str]) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_load, initargs=(known_digests,))


_tagger: Tagger | None = None
_known_digests: frozenset[str] = frozenset()


def _load(known_digests: frozenset[str]) -> None:
    global _tagger, _known_digests
    # Ctrl-C is handled by the parent, which keeps the results so far.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    _tagger, _known_digests = Tagger.load(), known_digests


def analyze(file: str) -> CatalogueEntry:
    """Return the entry of one file, without name and model; runs in a child process.

    The tags are left out where the content has an entry already.

    Args:
        file: path of the recording.
    """
    if _tagger is None:
        raise RuntimeError("the initializer of the child process did not run")
    path = Path(file)
    try:
        (size, modified), digest = _size_and_time(path), sha256_of(path)
        if digest in _known_digests:
            return CatalogueEntry(file="", model="", size=size, modified=modified, sha256=digest)
        parts = fragments(path)
        song = tag_recording(parts, _tagger)
    except AudioError as error:
        return _unusable(path, digest, str(error))
    except OSError as error:
        return _unusable(path, "", error.strerror or str(error))
    except Exception as error:
        # One file must not end the run; without the digest it is tried again.
        log.exception("%s", path.name.encode(errors="backslashreplace").decode())
        return _unusable(path, "", f"unexpected: {error!r}")
    note = _one_line("; ".join(parts.notes))
    return CatalogueEntry(file="", model="", size=size, modified=modified, sha256=digest, song=song, note=note)


def _unusable(path: Path, digest: str, error: str) -> CatalogueEntry:
    size, modified = _size_and_time(path)
    return CatalogueEntry(
        file="", model="", size=size, modified=modified, sha256=digest, error=_one_line(error) or "unknown reason"
    )


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""


def _one_line(text: str) -> str:
    """Return a text of libraries without line ends and bytes that are not UTF-8."""
    return " ".join(text.encode(errors="backslashreplace").decode().split())
