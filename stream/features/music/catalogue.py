"""Tagging of a folder of recordings: several processes, only new and changed files, each result stored at once."""

from __future__ import annotations

import fcntl
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from processors.models.inference import sha256_of
from processors.music.audio import AudioError, AudioFormatError, fragments
from processors.music.catalogue_table import CatalogueEntry, CatalogueError, CatalogueTable
from processors.music.recording import RecordingTags, tag_recording
from processors.music.tagger import Tagger
from schemas.music import MusicSettings
from stream.runtime.child_process import die_with_parent
from stream.sources.ffmpeg import to_wav

SUFFIXES = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".m4a", ".mp4", ".aac", ".wma", ".webm",
    ".mka", ".caf", ".au", ".w64", ".ape", ".wv",
)  # fmt: skip
"""Suffixes of the files that are tagged, in lower case."""

MAX_SECONDS_BY_FFMPEG = 4 * 3600.0
"""Seconds of a file that only ffmpeg reads: more would fill the disk with its samples."""

Progress = Callable[[int, int, CatalogueEntry], None]
"""Receives the number of files done, the number of all files, and the entry of the file that was done last."""


class TaggingSummary:
    """Result of one run.

    Attributes:
        kept: number of files whose entries were kept.
        analyzed: number of files that were analyzed.
        unusable: number of files with an error, among both.
        entries: entry of each file by its name below the folder.
    """

    def __init__(self) -> None:
        self.kept = self.analyzed = self.unusable = 0
        self.entries: dict[str, CatalogueEntry] = {}


def recordings(folder: Path) -> list[Path]:
    """Return all recordings below a folder by name; hidden files and folders are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


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
        ModelError: A model is incomplete.
    """
    tagger = Tagger.load()
    catalogue = CatalogueTable(tagger.mood.card.settings["labels"], tagger.genre.card.settings["labels"], limits)
    files = recordings(folder)
    if not files:
        raise CatalogueError(f"{folder} holds no recording ({', '.join(SUFFIXES)})")
    stored = {name: entry for name, entry in catalogue.read(table).items() if entry.model == tagger.identity}
    by_content = {entry.sha256: entry for entry in stored.values() if entry.sha256}
    summary = TaggingSummary()
    todo: list[Path] = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        stat = path.stat()
        entry = stored.get(name)
        if entry is not None and (entry.size, entry.modified) == (stat.st_size, stat.st_mtime_ns):
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
    summary.unusable = sum(bool(entry.error) for entry in summary.entries.values())
    return summary


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
            return _unusable(path, "", "this file ends the process that analyzes it")


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
        stat, digest = path.stat(), sha256_of(path)
        if digest in _known_digests:
            return CatalogueEntry(file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest)
        song, error = _tag_recording(path, _tagger)
    except OSError as os_error:
        return _unusable(path, "", str(os_error))
    return CatalogueEntry(
        file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest, song=song, error=error
    )


def _tag_recording(path: Path, tagger: Tagger) -> tuple[RecordingTags | None, str]:
    try:
        return tag_recording(fragments(path), tagger), ""
    except AudioFormatError as format_error:
        with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
            if not to_wav(path, Path(wav.name), seconds=MAX_SECONDS_BY_FFMPEG):
                return None, str(format_error)
            try:
                return tag_recording(fragments(Path(wav.name)), tagger), ""
            except AudioError as converted_error:
                return None, str(converted_error)
    except AudioError as audio_error:
        return None, str(audio_error)


def _unusable(path: Path, digest: str, error: str) -> CatalogueEntry:
    try:
        stat = path.stat()
    except OSError:
        return CatalogueEntry(file="", model="", size=-1, modified=-1, sha256=digest, error=error)
    return CatalogueEntry(file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest, error=error)
