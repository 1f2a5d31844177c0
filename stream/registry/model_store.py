"""Model store: the version in use of each model, in a file that every worker polls and that is replaced in one step.

STORE/NAME/candidates/ANY/   model.onnx and card.yaml, as training writes them
STORE/NAME/versions/HASH/    promoted versions: immutable copies, each with its evaluation.json
STORE/NAME/current.json      the version in use and the previous ones; without the file the shipped model is in use
STORE/NAME/history.jsonl     every promotion, rollback and rejection, with person, time and reasons

Machines that share no folder have their store in S3 (`stream.registry.shared_model_store`).
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from processors.models.inference import ModelError, models_folder
from stream.runtime.atomic_file import replace_file
from stream.runtime.settings import Settings

SHIPPED = "shipped"
DIGITS = 12
"""Digits of the hash that name a version, in the store and in results."""

Folders = Mapping[str, Path]


class Pointer(Struct, frozen=True):
    """The version in use, as the first digits of its hash or `SHIPPED`, and the versions before it, newest last."""

    version: str = SHIPPED
    before: tuple[str, ...] = ()


def pointer_before(name: str, now: Pointer) -> Pointer:
    """Return the pointer with the previous version in use.

    Raises:
        ModelError: There is none.

    >>> pointer_before("mood", Pointer("b", ("shipped", "a")))
    Pointer(version='a', before=('shipped',))
    """
    if now.version == SHIPPED and not now.before:
        raise ModelError(f"{name} has no previous version: the shipped version is in use")
    *older, version = now.before or (SHIPPED,)
    return Pointer(version, tuple(older))


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One line of the history of a model."""

    time: datetime
    model: str
    what: str
    """One of: promoted, rolled back, went back, refused."""
    version: str
    by: str
    why: tuple[str, ...] = ()


class ModelStore:
    """Pointers, versions and candidates of all models.

    Args:
        folder: folder of the store; it need not exist.
        shipped: folder of the shipped models.

    Attributes:
        problem: why the last refresh failed; empty where it did not.

    >>> import tempfile
    >>> store = ModelStore(Path(tempfile.mkdtemp()))
    >>> store.pointer("mood").version, store.folder("mood") == models_folder() / "mood"
    ('shipped', True)
    """

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.root = folder
        self.problem = ""
        self._shipped = shipped or models_folder()

    def refresh(self, names: Iterable[str]) -> None:
        """Read again which versions are in use, where that is stored elsewhere; may take long, and never fails."""

    def names(self) -> list[str]:
        """Return the names of the models that Pulso is shipped with and that can be exchanged: those in ONNX."""
        return sorted(path.parent.name for path in self._shipped.glob("*/model.onnx"))

    def shipped(self, name: str) -> Path:
        """Return the folder of the shipped version.

        Raises:
            ModelError: The name is unknown.
        """
        if name not in self.names():
            raise ModelError(f"unknown model {name!r}; there are {', '.join(self.names())}")
        return self._shipped / name

    def candidates(self, name: str) -> list[Path]:
        """Return the folders of the candidates for promotion."""
        return sorted(path.parent for path in (self.root / name / "candidates").glob("*/model.onnx"))

    def candidate(self, name: str, which: str) -> Path:
        """Return the folder of a candidate by its name, or any folder by its path.

        Raises:
            ModelError: The folder does not exist or has no model.onnx.
        """
        for folder in (self.root / name / "candidates" / which, Path(which)):
            if (folder / "model.onnx").is_file():
                return folder
        names = ", ".join(path.name for path in self.candidates(name)) or "none"
        raise ModelError(
            f"{name} has no candidate {which!r} with a model.onnx; {self.root / name / 'candidates'} has {names}"
        )

    def versions(self, name: str) -> list[str]:
        """Return the shipped version and every promoted one."""
        return [SHIPPED, *sorted(path.name for path in (self.root / name / "versions").glob("*"))]

    def pointer(self, name: str) -> Pointer:
        """Return the version in use; an unreadable pointer counts as missing, which means the shipped version."""
        try:
            return msgspec.json.decode(self._pointer(name).read_bytes(), type=Pointer)
        except (FileNotFoundError, msgspec.DecodeError):
            return Pointer()

    def folder(self, name: str, version: str | None = None) -> Path:
        """Return the folder of a version, by default the one in use; of the shipped one where it no longer exists."""
        version = version or self.pointer(name).version
        promoted = self.root / name / "versions" / version
        return promoted if version != SHIPPED and promoted.is_dir() else self._shipped / name

    def folders(self, names: Sequence[str]) -> dict[str, Path]:
        """Return the folders of the versions in use, by name."""
        return {name: self.folder(name) for name in names}

    def promote(self, name: str, candidate: Path, sha256: str, evaluation: Mapping[str, Any], by: str) -> str:
        """Copy a candidate that passed its gate, put the copy into use and return its version."""
        version = sha256[:DIGITS]
        place = self.root / name / "versions" / version
        with self._locked(name):
            if not place.exists():
                draft = place.with_name(f".{version}.draft")
                shutil.rmtree(draft, ignore_errors=True)
                shutil.copytree(candidate, draft)
                (draft / "evaluation.json").write_text(json.dumps(evaluation, indent=1), encoding="utf-8")
                draft.rename(place)
            now = self.pointer(name)
            self._point(name, Pointer(version, (*now.before, now.version)[-20:]))
        self.note(name, "promoted", version, by)
        return version

    def roll_back(
        self, name: str, *, by: str, why: Sequence[str] = (), off: str | None = None, what: str = "rolled back"
    ) -> str:
        """Put the previous version into use and return it.

        Args:
            name: the model.
            by: who or which worker does it, for the history.
            why: reasons, for the history.
            off: go back only if this version is still in use: of several workers that fail, the first one does it.
            what: word for the history.

        Raises:
            ModelError: There is no previous version.
        """
        with self._locked(name):
            now = self.pointer(name)
            if off is not None and now.version != off:
                return now.version
            before = pointer_before(name, now)
            self._point(name, before)
        self.note(name, what, now.version, by, why)
        return before.version

    def note(self, name: str, what: str, version: str, by: str, why: Sequence[str] = ()) -> None:
        """Add an entry to the history."""
        entry = HistoryEntry(time=datetime.now(UTC), model=name, what=what, version=version, by=by, why=tuple(why))
        (self.root / name).mkdir(parents=True, exist_ok=True)
        with (self.root / name / "history.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")

    def history(self, name: str) -> list[HistoryEntry]:
        """Return the history of a model, oldest first."""
        try:
            lines = (self.root / name / "history.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line, type=HistoryEntry) for line in lines if line.endswith(b"}")]

    def _pointer(self, name: str) -> Path:
        return self.root / name / "current.json"

    def _point(self, name: str, to: Pointer) -> None:
        replace_file(self._pointer(name), msgspec.json.encode(to))

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        (self.root / name / "versions").mkdir(parents=True, exist_ok=True)
        with (self.root / name / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def open_model_store(settings: Settings, shipped: Path | None = None) -> ModelStore:
    """Return the model store of the settings: a folder, or S3 behind a cache in the data folder.

    Raises:
        ObjectStorageError: the address in S3 is not valid.
    """
    url = settings.shared_models
    if url is None:
        return ModelStore(settings.models, shipped)
    from stream.registry.object_storage import S3Storage  # noqa: PLC0415
    from stream.registry.shared_model_store import SharedModelStore  # noqa: PLC0415

    return SharedModelStore(settings.models, S3Storage(url), shipped)
