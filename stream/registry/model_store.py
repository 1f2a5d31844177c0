"""Which version of each model is in use: a small file a model, replaced in one step, that every worker looks at.

STORE/NAME/candidates/ANY/   model.onnx and card.yaml, as training writes them
STORE/NAME/versions/HASH/    what was promoted, a copy that nobody touches, with its evaluation.json
STORE/NAME/current.json      the version in use, and those before it; absent: the shipped model
STORE/NAME/history.jsonl     every promotion, rollback and refusal, with who, when and why
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from processors.models.inference import ModelError, models_folder

SHIPPED = "shipped"
DIGITS = 12
"""of the hash, as results quote it"""

Folders = Mapping[str, Path]


class Pointer(Struct, frozen=True):
    """The version in use: the first digits of its hash, or `SHIPPED`; and what was in use before, newest last."""

    version: str = SHIPPED
    before: tuple[str, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """One line of the history."""

    time: datetime
    model: str
    what: str
    """promoted, rolled back, went back, refused"""
    version: str
    by: str
    why: tuple[str, ...] = ()


class ModelStore:
    """Pointers, versions and candidates of all models.

    >>> import tempfile
    >>> store = ModelStore(Path(tempfile.mkdtemp()))
    >>> store.pointer("mood").version, store.folder("mood") == models_folder() / "mood"
    ('shipped', True)
    """

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.root = folder
        self._shipped = shipped or models_folder()

    def names(self) -> list[str]:
        """Models that Pulso is shipped with."""
        return sorted(path.parent.name for path in self._shipped.glob("*/card.yaml"))

    def shipped(self, name: str) -> Path:
        """The shipped version's folder.

        Raises:
            ModelError: no model is called so.
        """
        if name not in self.names():
            raise ModelError(f"no model is called {name!r}; there are {', '.join(self.names())}")
        return self._shipped / name

    def candidates(self, name: str) -> list[Path]:
        """Folders that wait for a promotion."""
        return sorted(path.parent for path in (self.root / name / "candidates").glob("*/model.onnx"))

    def candidate(self, name: str, which: str) -> Path:
        """A candidate by its name, or any folder by its path.

        Raises:
            ModelError: there is none.
        """
        for folder in (self.root / name / "candidates" / which, Path(which)):
            if (folder / "model.onnx").is_file():
                return folder
        known = ", ".join(path.name for path in self.candidates(name)) or "none"
        raise ModelError(
            f"no candidate {which!r} of {name} with a model.onnx; {self.root / name / 'candidates'} holds {known}"
        )

    def versions(self, name: str) -> list[str]:
        """What was ever promoted, and the shipped version."""
        return [SHIPPED, *sorted(path.name for path in (self.root / name / "versions").glob("*"))]

    def pointer(self, name: str) -> Pointer:
        """What is in use; a pointer that can't be read counts as none."""
        try:
            return msgspec.json.decode(self._pointer(name).read_bytes(), type=Pointer)
        except (FileNotFoundError, msgspec.DecodeError):
            return Pointer()

    def folder(self, name: str, version: str | None = None) -> Path:
        """Folder of a version; of the one in use if left out, or of the shipped one where that is gone."""
        version = version or self.pointer(name).version
        promoted = self.root / name / "versions" / version
        return promoted if version != SHIPPED and promoted.is_dir() else self._shipped / name

    def folders(self, names: Sequence[str]) -> dict[str, Path]:
        """Folders of the versions in use."""
        return {name: self.folder(name) for name in names}

    def promote(self, name: str, candidate: Path, sha256: str, evaluation: Mapping[str, Any], by: str) -> str:
        """Copy a candidate that passed its gate and point to the copy; returns its version."""
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
        """Point to the version before; returns it.

        Args:
            off: go back only if this version is still in use: of many workers that fail the first one does it.

        Raises:
            ModelError: there is nothing to go back to.
        """
        with self._locked(name):
            now = self.pointer(name)
            if off is not None and now.version != off:
                return now.version
            if now.version == SHIPPED and not now.before:
                raise ModelError(f"{name}: the shipped version is in use and none was before it")
            *older, version = now.before or (SHIPPED,)
            self._point(name, Pointer(version, tuple(older)))
        self.note(name, what, now.version, by, why)
        return version

    def note(self, name: str, what: str, version: str, by: str, why: Sequence[str] = ()) -> None:
        """Add a line to the history."""
        step = Step(time=datetime.now(UTC), model=name, what=what, version=version, by=by, why=tuple(why))
        (self.root / name).mkdir(parents=True, exist_ok=True)
        with (self.root / name / "history.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(step) + b"\n")

    def history(self, name: str) -> list[Step]:
        """Everything that happened to a model, oldest first."""
        try:
            lines = (self.root / name / "history.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line, type=Step) for line in lines if line.endswith(b"}")]

    def _pointer(self, name: str) -> Path:
        return self.root / name / "current.json"

    def _point(self, name: str, to: Pointer) -> None:
        draft = self._pointer(name).with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(to))
        draft.replace(self._pointer(name))

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        (self.root / name / "versions").mkdir(parents=True, exist_ok=True)
        with (self.root / name / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
