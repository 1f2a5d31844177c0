"""The model store of several machines: objects, a cache of each machine, and machines that are cut off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processors.models.inference import ModelError, read_card
from stream.registry.model_store import SHIPPED, ModelStore
from stream.registry.object_storage import ObjectStorageError, StoredObject
from stream.registry.reloadable_model import ReloadableModel
from stream.registry.shared_model_store import SharedModelStore
from stream.runtime.settings import Settings
from tests.stream.conftest import make_candidate, with_description


class ObjectsInMemory:
    """Objects with the conditions of S3; tests cut them off, and fail a write in the middle of an upload."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}
        self.is_cut = False
        self.writes_left = 1_000
        self._writes = 0

    def get(self, path: str) -> StoredObject | None:
        self._check()
        return self.objects.get(path)

    def put(self, path: str, body: bytes) -> None:
        self._check()
        if self.writes_left == 0:
            raise ObjectStorageError("the connection was lost")
        self.writes_left -= 1
        self._writes += 1
        self.objects[path] = StoredObject(body, f"tag{self._writes}")

    def replace(self, path: str, body: bytes, before: StoredObject | None) -> bool:
        self._check()
        if self.objects.get(path) != before:
            return False
        self.put(path, body)
        return True

    def names(self, prefix: str) -> list[str]:
        self._check()
        return sorted(path for path in self.objects if path.startswith(prefix))

    def _check(self) -> None:
        if self.is_cut:
            raise ObjectStorageError("no route to host")


@pytest.fixture
def objects() -> ObjectsInMemory:
    return ObjectsInMemory()


class Machines:
    """Machines with a cache each, on the same objects."""

    def __init__(self, folder: Path, shipped: Path, objects: ObjectsInMemory) -> None:
        self._folder, self._shipped, self._objects = folder, shipped, objects

    def machine(self, name: str) -> SharedModelStore:
        return SharedModelStore(self._folder / name, self._objects, self._shipped)

    def promote(self, store: ModelStore, text: str) -> str:
        """Promote another model of mood."""
        folder = make_candidate(
            self._folder / f"candidate-{text}", "mood", lambda w: with_description(w, text.encode())
        )
        return store.promote("mood", folder, read_card(folder).sha256, {"f1": 1.0}, "ana")


@pytest.fixture
def machines(tmp_path: Path, shipped_models: Path, objects: ObjectsInMemory) -> Machines:
    return Machines(tmp_path / "machines", shipped_models, objects)


def in_use(store: ModelStore) -> str:
    store.refresh(["mood"])
    return store.pointer("mood").version


def test_promotion_on_one_machine_reaches_the_other_and_goes_back_on_both(machines: Machines) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    version = machines.promote(one, "second")
    assert in_use(two) == version
    assert read_card(two.folder("mood")).sha256[:12] == version
    assert json.loads((two.folder("mood") / "evaluation.json").read_text()) == {"f1": 1.0}
    assert two.roll_back("mood", by="worker", off=version) == SHIPPED
    assert in_use(one) == SHIPPED
    assert [(entry.what, entry.by) for entry in one.history("mood")] == [("promoted", "ana"), ("rolled back", "worker")]


def test_of_two_workers_that_fail_the_first_one_goes_back(machines: Machines) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    machines.promote(one, "second")
    third = machines.promote(one, "third")
    in_use(two)
    back = one.roll_back("mood", by="worker", off=third)
    assert two.roll_back("mood", by="worker", off=third) == back != SHIPPED
    assert in_use(two) == back


def test_two_promotions_at_once_keep_both_in_the_order_of_the_pointer(
    machines: Machines, objects: ObjectsInMemory
) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    replace, versions = objects.replace, []

    def other_is_faster(path: str, body: bytes, before: StoredObject | None) -> bool:
        objects.replace = replace  # type: ignore[method-assign]
        versions.append(machines.promote(two, "second"))
        return replace(path, body, before)

    objects.replace = other_is_faster  # type: ignore[method-assign]
    versions.append(machines.promote(one, "third"))
    pointer = one.pointer("mood")
    assert (pointer.version, pointer.before) == (versions[1], (SHIPPED, versions[0]))


def test_machine_that_is_cut_off_keeps_the_last_good_version(machines: Machines, objects: ObjectsInMemory) -> None:
    store = machines.machine("one")
    version = machines.promote(store, "second")
    objects.is_cut = True
    assert in_use(store) == version
    assert "no route" in store.problem
    assert in_use(machines.machine("one")) == version, "after a restart, too"
    with pytest.raises(ObjectStorageError):
        machines.promote(store, "third")
    objects.is_cut = False
    assert (in_use(store), store.problem) == (version, "")


def test_worker_that_fails_while_it_is_cut_off_goes_back_and_the_others_follow(
    machines: Machines, objects: ObjectsInMemory
) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    version = machines.promote(one, "second")
    assert in_use(two) == version
    objects.is_cut = True
    assert two.roll_back("mood", by="worker", off=version) == SHIPPED
    assert in_use(two) == SHIPPED
    with pytest.raises(ObjectStorageError):
        two.roll_back("mood", by="a person")
    objects.is_cut = False
    assert [in_use(two), in_use(one)] == [SHIPPED, SHIPPED]


@pytest.mark.parametrize("writes", range(5))
def test_upload_that_breaks_off_is_never_used(writes: int, machines: Machines, objects: ObjectsInMemory) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    objects.writes_left = writes
    with pytest.raises(ObjectStorageError):
        machines.promote(one, "second")
    assert [in_use(one), in_use(two)] == [SHIPPED, SHIPPED]
    assert not list(two.root.glob("mood/versions/*"))


@pytest.mark.parametrize("damage", ["weights", "manifest", "card", "outside"])
def test_version_that_is_damaged_is_not_used(damage: str, machines: Machines, objects: ObjectsInMemory) -> None:
    one, two = machines.machine("one"), machines.machine("two")
    good = machines.promote(one, "second")
    assert in_use(two) == good
    bad = machines.promote(one, "third")
    folder = f"mood/versions/{bad}"
    match damage:
        case "weights":
            body = objects.objects[f"{folder}/model.onnx"].body
            objects.put(f"{folder}/model.onnx", body[:-1] + b"?")
        case "manifest":
            del objects.objects[f"{folder}/manifest.json"]
        case "card":
            objects.objects = {name.replace(good, "x" * 12): one for name, one in objects.objects.items()}
            objects.objects |= {
                name.replace("x" * 12, bad): body for name, body in objects.objects.items() if "x" * 12 in name
            }
        case "outside":
            manifest = json.loads(objects.objects[f"{folder}/manifest.json"].body)
            manifest[0]["path"] = "../../current.json"
            objects.put(f"{folder}/manifest.json", json.dumps(manifest).encode())
    assert in_use(two) == good
    assert two.problem
    assert [path.name for path in (two.root / "mood" / "versions").iterdir()] == [good]


def test_lost_pointer_changes_nothing(machines: Machines, objects: ObjectsInMemory) -> None:
    store = machines.machine("one")
    version = machines.promote(store, "second")
    del objects.objects["mood/current.json"]
    assert in_use(store) == version


def test_shipped_version_has_none_before_it(machines: Machines) -> None:
    with pytest.raises(ModelError, match="no previous version"):
        machines.machine("one").roll_back("mood", by="ana")


async def test_workers_of_two_machines_load_what_one_promotes(machines: Machines, objects: ObjectsInMemory) -> None:
    stores = [machines.machine("one"), machines.machine("two")]
    models = [
        ReloadableModel(
            store, ["mood"], lambda folders: read_card(folders["mood"]).sha256[:12], worker="w", settings=Settings()
        )
        for store in stores
    ]
    shipped = models[0].value
    version = machines.promote(machines.machine("console"), "second")
    for model in models:
        await model.check()
    assert [model.value for model in models] == [version, version]
    for _ in range(Settings().model_errors):
        models[0].use_previous()
        models[0].use_current(RuntimeError("no"))
    await models[1].check()
    assert [model.value for model in models] == [shipped, shipped]
