"""Tagging a folder of recordings: several processes, only new and changed files, and each result kept at once."""

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

LONGEST = 4 * 3600.0
"""seconds of a file that only ffmpeg reads: more would fill the disk with its samples"""

Progress = Callable[[int, int, CatalogueEntry], None]


class Done:
    """What a run did: files kept as they were, listened to, and unusable."""

    def __init__(self) -> None:
        self.kept = self.listened = self.unusable = 0
        self.entries: dict[str, CatalogueEntry] = {}


def sounds(folder: Path) -> list[Path]:
    """All recordings below a folder by name; hidden files and folders are left out."""
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
) -> Done:
    """Bring `table` up to date with the recordings below `folder`.

    A file counts as known by size and time of change, else by its content, wherever it lies: a copy or a file that
    moved is not listened to again. Other models, or other labels, make every file new; other limits do not.

    Raises:
        CatalogueError: there is no recording, the table is something else, or another run writes it.
        ModelError: a model is incomplete.
    """
    tagger = Tagger.load()
    catalogue = CatalogueTable(tagger.mood.card.settings["labels"], tagger.genre.card.settings["labels"], limits)
    files = sounds(folder)
    if not files:
        raise CatalogueError(f"{folder} holds no recording ({', '.join(SUFFIXES)})")
    known = {name: e for name, e in catalogue.read(table).items() if e.model == tagger.identity}
    by_content = {entry.sha256: entry for entry in known.values() if entry.sha256}
    done = Done()
    todo: list[Path] = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        stat = path.stat()
        entry = known.get(name)
        if entry is not None and (entry.size, entry.modified) == (stat.st_size, stat.st_mtime_ns):
            done.entries[name] = entry
            done.kept += 1
            progress(len(done.entries), len(files), entry)
        else:
            todo.append(path)
    with _journal(catalogue, table, [*known.values()]) as journal:
        for path, found in _listened(todo, jobs, frozenset(by_content)):
            name = path.relative_to(folder).as_posix()
            if (same := by_content.get(found.sha256)) is not None:
                entry = replace(same, file=name, size=found.size, modified=found.modified)
                done.kept += 1
            else:
                entry = replace(found, file=name, model=tagger.identity)
                if entry.sha256:
                    by_content[entry.sha256] = entry
                done.listened += 1
            done.entries[name] = entry
            catalogue.write(journal, [entry], header=False)
            journal.flush()
            progress(len(done.entries), len(files), entry)
    _replace(catalogue, table, [done.entries[name] for name in sorted(done.entries)])
    done.unusable = sum(bool(entry.error) for entry in done.entries.values())
    return done


@contextmanager
def _journal(catalogue: CatalogueTable, table: Path, known: Sequence[CatalogueEntry]) -> Iterator[IO[str]]:
    """The table, open for more rows, for one run at a time."""
    with table.with_name(f".{table.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CatalogueError(f"another `pulso tag` writes {table}: wait for it, or give --out") from error
        try:
            _replace(catalogue, table, known)
            with table.open("a", encoding="utf-8", errors="surrogateescape") as file:
                yield file
        finally:
            Path(lock.name).unlink(missing_ok=True)


def _replace(catalogue: CatalogueTable, table: Path, entries: Sequence[CatalogueEntry]) -> None:
    """The whole table in one step: whoever reads it sees the old one or the new one."""
    draft = table.with_name(f".{table.name}.draft")
    with draft.open("w", encoding="utf-8", errors="surrogateescape") as file:
        catalogue.write(file, entries)
    draft.replace(table)


def _listened(todo: Sequence[Path], jobs: int, known: frozenset[str]) -> Iterator[tuple[Path, CatalogueEntry]]:
    """Files and what was heard, as they are done. A file that ends a process is found out and named."""
    if not todo:
        return
    waiting = list(reversed(todo))
    while waiting:
        pool = _pool(min(jobs, len(waiting)), known)
        running: dict[Future[CatalogueEntry], Path] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * jobs:
                    path = waiting.pop()
                    running[pool.submit(listen, str(path))] = path
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    entry = future.result()
                    yield running.pop(future), entry
        except BrokenProcessPool:
            for path in running.values():
                yield path, _alone(path, known)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _alone(path: Path, known: frozenset[str]) -> CatalogueEntry:
    """One file in a process of its own."""
    with _pool(1, known) as pool:
        try:
            return pool.submit(listen, str(path)).result()
        except BrokenProcessPool:
            return _unusable(path, "", "this file ends the process that listens to it")


def _pool(jobs: int, known: frozenset[str]) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_load, initargs=(known,))


_tagger: Tagger | None = None
_known: frozenset[str] = frozenset()


def _load(known: frozenset[str]) -> None:
    global _tagger, _known
    # Ctrl-C is for the parent, which keeps what is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    _tagger, _known = Tagger.load(), known


def listen(file: str) -> CatalogueEntry:
    """One file, in a child process; its song is left out where its content is known already."""
    assert _tagger is not None  # noqa: S101 - the initializer ran
    path = Path(file)
    try:
        stat, digest = path.stat(), sha256_of(path)
        if digest in _known:
            return CatalogueEntry(file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest)
        song, error = _song(path, _tagger)
    except OSError as problem:
        return _unusable(path, "", str(problem))
    return CatalogueEntry(
        file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest, song=song, error=error
    )


def _song(path: Path, tagger: Tagger) -> tuple[RecordingTags | None, str]:
    try:
        return tag_recording(fragments(path), tagger), ""
    except AudioFormatError as problem:
        with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
            if not to_wav(path, Path(wav.name), seconds=LONGEST):
                return None, str(problem)
            try:
                return tag_recording(fragments(Path(wav.name)), tagger), ""
            except AudioError as worse:
                return None, str(worse)
    except AudioError as problem:
        return None, str(problem)


def _unusable(path: Path, digest: str, error: str) -> CatalogueEntry:
    try:
        stat = path.stat()
    except OSError:
        return CatalogueEntry(file="", model="", size=-1, modified=-1, sha256=digest, error=error)
    return CatalogueEntry(file="", model="", size=stat.st_size, modified=stat.st_mtime_ns, sha256=digest, error=error)
