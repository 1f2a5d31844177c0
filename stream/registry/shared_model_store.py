"""Model store of a cluster: pointers and versions are objects that all machines read, each with a cache of its own.

NAME/versions/HASH/FILE             files of a promoted version
NAME/versions/HASH/manifest.json    sizes and hashes of these files, written last: without it a version is not complete
NAME/current.json                   the version in use and the previous ones; replaced only as it was read
NAME/history/TIME-ID.json           one promotion, rollback or rejection

The cache is a model store as on one machine. `refresh` makes its pointer that of the objects once the version is
complete in the cache and has the hashes of its manifest and card; until then, and while the objects can't be read, the
version before stays in use. Candidates are files of the machine that promotes them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import Struct

from processors.models.inference import ModelError, read_card, sha256_of
from stream.registry.model_store import DIGITS, SHIPPED, HistoryEntry, ModelStore, Pointer, pointer_before
from stream.registry.object_storage import ObjectStorage, ObjectStorageError, StoredObject
from stream.runtime.atomic_file import replace_file

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
"""Times that a pointer is read again after another machine has changed it."""

PENDING = "pending-rollback.json"
"""File of the cache: a version that a worker went back from while the objects could not be written."""


class ManifestFile(Struct, frozen=True, kw_only=True):
    """Size in bytes and SHA-256 of one file of a version, by its path in the version's folder."""

    path: str
    size: int
    sha256: str


class SharedModelStore(ModelStore):
    """Model store in object storage, behind a cache in a folder.

    Args:
        cache: folder of this machine; several processes may share it.
        objects: the objects.
        shipped: folder of the shipped models.
    """

    def __init__(self, cache: Path, objects: ObjectStorage, shipped: Path | None = None) -> None:
        super().__init__(cache, shipped)
        self._objects = objects

    def refresh(self, names: Iterable[str]) -> None:
        """Bring the cache to what the objects say; the last good versions stay in use where that fails."""
        problem = ""
        for name in names:
            try:
                self._follow(name)
            except (ObjectStorageError, ModelError, OSError) as error:
                problem = f"{name}: {error}"
        if problem and problem != self.problem:
            log.warning("the model store can't be followed, the last good versions stay in use: %s", problem)
        elif self.problem and not problem:
            log.info("the model store is followed again")
        self.problem = problem

    def promote(self, name: str, candidate: Path, sha256: str, evaluation: Mapping[str, Any], by: str) -> str:
        """Upload a candidate that passed its gate, put it into use on all machines and return its version.

        Raises:
            ObjectStorageError: it could not be uploaded, and the version before is still in use.
        """
        version = sha256[:DIGITS]
        if self._objects.get(_manifest_path(name, version)) is None:
            self._upload(name, version, candidate, json.dumps(evaluation, indent=1).encode())
        self._change_pointer(name, lambda now: Pointer(version, (*now.before, now.version)[-20:]))
        self.refresh([name])
        self.note(name, "promoted", version, by)
        return version

    def roll_back(
        self, name: str, *, by: str, why: Sequence[str] = (), off: str | None = None, what: str = "rolled back"
    ) -> str:
        """Put the previous version into use on all machines; see `ModelStore.roll_back`.

        A worker whose model fails while the objects can't be reached goes back alone; the others follow once they can.
        """
        gone: list[str] = []

        def step(now: Pointer) -> Pointer:
            gone.clear()
            if off is not None and now.version != off:
                return now
            gone.append(now.version)
            return pointer_before(name, now)

        try:
            pointer = self._change_pointer(name, step)
        except ObjectStorageError:
            if off is None:
                raise
            replace_file(self.root / name / PENDING, json.dumps({"off": off, "by": by, "what": what, "why": [*why]}))
            return super().roll_back(name, by=by, why=why, off=off, what=what)
        self.refresh([name])
        if off is not None and self.pointer(name).version == off:
            super().roll_back(name, by=by, why=why, off=off, what=what)  # the version before is not here yet
        elif gone:
            self.note(name, what, gone[0], by, why)
        return pointer.version

    def note(self, name: str, what: str, version: str, by: str, why: Sequence[str] = ()) -> None:
        """Add an entry to the history; to that of this machine while the objects can't be written."""
        now = datetime.now(UTC)
        entry = HistoryEntry(time=now, model=name, what=what, version=version, by=by, why=tuple(why))
        path = f"{name}/history/{now:%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:8]}.json"
        try:
            self._objects.put(path, msgspec.json.encode(entry))
        except ObjectStorageError:
            super().note(name, what, version, by, why)

    def history(self, name: str) -> list[HistoryEntry]:
        """Return the history of a model, oldest first, with what this machine could not write.

        Raises:
            ObjectStorageError: the objects can't be read.
        """
        found = [self._objects.get(path) for path in self._objects.names(f"{name}/history/")]
        shared = [msgspec.json.decode(one.body, type=HistoryEntry) for one in found if one is not None]
        return sorted([*shared, *super().history(name)], key=lambda entry: entry.time)

    def _follow(self, name: str) -> None:
        """Make the pointer of the cache that of the objects, once its version is in the cache.

        Without a pointer nothing was ever promoted, or it was lost: what is in use stays.
        """
        self._send_pending(name)
        found = self._objects.get(_pointer_path(name))
        if found is None:
            return
        pointer = _decoded(name, found)
        if pointer == self.pointer(name):
            return
        with self._locked(name):
            if pointer.version != SHIPPED and not (self.root / name / "versions" / pointer.version).is_dir():
                self._download(name, pointer.version)
            self._point(name, pointer)

    def _send_pending(self, name: str) -> None:
        path = self.root / name / PENDING
        try:
            waiting = json.loads(path.read_bytes())
        except FileNotFoundError:
            return
        self._change_pointer(name, lambda now: pointer_before(name, now) if now.version == waiting["off"] else now)
        path.unlink(missing_ok=True)
        log.info("%s: the model store has gone back from version %s, too", name, waiting["off"])

    def _change_pointer(self, name: str, step: Callable[[Pointer], Pointer]) -> Pointer:
        """Replace the pointer by what `step` makes of it, for all machines; return it."""
        for _ in range(MAX_ATTEMPTS):
            found = self._objects.get(_pointer_path(name))
            now = Pointer() if found is None else _decoded(name, found)
            after = step(now)
            if after == now or self._objects.replace(_pointer_path(name), msgspec.json.encode(after), found):
                return after
        raise ObjectStorageError(f"{name}: other machines keep changing the version in use; try again")

    def _upload(self, name: str, version: str, candidate: Path, evaluation: bytes) -> None:
        """Write the files of a version, and its manifest last."""
        paths = sorted(path for path in candidate.rglob("*") if path.is_file())
        bodies = {path.relative_to(candidate).as_posix(): path for path in paths}
        manifest = []
        for relative, path in bodies.items():
            body = path.read_bytes()
            self._objects.put(f"{name}/versions/{version}/{relative}", body)
            manifest.append(_manifest_file(relative, body))
        self._objects.put(f"{name}/versions/{version}/evaluation.json", evaluation)
        manifest.append(_manifest_file("evaluation.json", evaluation))
        self._objects.put(_manifest_path(name, version), msgspec.json.encode(manifest))

    def _download(self, name: str, version: str) -> None:
        """Copy a version into the cache, in one step once all of it is there.

        Raises:
            ObjectStorageError: it is not complete, or a file is not what the manifest says.
            ModelError: its card is not valid, or is of other weights.
        """
        found = self._objects.get(_manifest_path(name, version))
        if found is None:
            raise ObjectStorageError(f"{name}: version {version} has no manifest: it is not complete")
        place = self.root / name / "versions" / version
        draft = self.root / name / f".{version}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            for one in msgspec.json.decode(found.body, type=list[ManifestFile]):
                self._download_file(name, version, one, draft)
            if (digest := read_card(draft).sha256) != sha256_of(draft / "model.onnx") or digest[:DIGITS] != version:
                raise ModelError(f"{name}: the weights of version {version} are not those of its card")
            draft.rename(place)
        except (msgspec.DecodeError, FileNotFoundError) as error:
            raise ObjectStorageError(f"{name}: version {version} is not valid: {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _download_file(self, name: str, version: str, one: ManifestFile, draft: Path) -> None:
        relative = PurePosixPath(one.path)
        if relative.is_absolute() or ".." in relative.parts:
            raise ObjectStorageError(f"{name}: version {version} names a file outside of its folder: {one.path!r}")
        found = self._objects.get(f"{name}/versions/{version}/{one.path}")
        if found is None or _manifest_file(one.path, found.body) != one:
            raise ObjectStorageError(f"{name}: {one.path} of version {version} is missing or damaged")
        target = draft / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(found.body)


def _manifest_file(path: str, body: bytes) -> ManifestFile:
    return ManifestFile(path=path, size=len(body), sha256=hashlib.sha256(body).hexdigest())


def _manifest_path(name: str, version: str) -> str:
    return f"{name}/versions/{version}/manifest.json"


def _pointer_path(name: str) -> str:
    return f"{name}/current.json"


def _decoded(name: str, found: StoredObject) -> Pointer:
    try:
        return msgspec.json.decode(found.body, type=Pointer)
    except msgspec.DecodeError as error:
        raise ObjectStorageError(f"{name}: current.json is not valid: {error}") from error
