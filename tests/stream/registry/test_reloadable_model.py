"""Reload, canary period and rollback of a worker's model, without Kafka; text files replace models."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.registry.model_store import SHIPPED, Folders, ModelStore
from stream.registry.reloadable_model import ReloadableModel
from stream.runtime.settings import Settings


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    shipped_models = tmp_path / "shipped"
    (shipped_models / "mood").mkdir(parents=True)
    (shipped_models / "mood" / "card.yaml").write_text("")
    (shipped_models / "mood" / "model.onnx").write_text("first")
    return ModelStore(tmp_path / "store", shipped_models)


def promote(store: ModelStore, text: str) -> str:
    folder = store.root / f"candidate {text}"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_text(text)
    return store.promote("mood", folder, f"{text:0<64}", {}, "test")


def load_text(folders: Folders) -> str:
    text = (folders["mood"] / "model.onnx").read_text()
    if text == "broken":
        raise ValueError("no model")
    return text


def make_model(store: ModelStore, closed: list[str] | None = None, **settings: float) -> ReloadableModel[str]:
    model_settings = Settings(**settings)  # type: ignore[arg-type]
    return ReloadableModel(
        store,
        ["mood"],
        load_text,
        close=(closed if closed is not None else []).append,
        worker="w",
        settings=model_settings,
    )


async def test_model_in_use_follows_promotion_and_rollback(store: ModelStore) -> None:
    model = make_model(store)
    assert (model.value, model.in_canary_period) == ("first", False)
    promote(store, "second")
    await model.check()
    assert (model.value, model.in_canary_period) == ("second", True)
    store.roll_back("mood", by="test")
    await model.check()
    assert model.value == "first"


async def test_version_that_fails_to_load_is_rejected(store: ModelStore) -> None:
    model = make_model(store)
    promote(store, "broken")
    await model.check()
    assert model.value == "first"
    assert store.pointer("mood").version == SHIPPED
    assert "no model" in store.history("mood")[-1].why[0]
    await model.check()
    assert not model.in_canary_period


async def test_start_with_broken_version_uses_the_previous_one(store: ModelStore) -> None:
    promote(store, "second")
    promote(store, "broken")
    assert make_model(store).value == "second"


async def test_failures_of_the_new_version_only_cause_a_rollback(store: ModelStore) -> None:
    closed: list[str] = []
    model = make_model(store, closed, model_errors=2)
    version = promote(store, "second")
    await model.check()
    model.use_previous()
    assert model.value == "first"
    model.use_current(None)  # the event was invalid, not the model
    assert model.value == "second"
    for _ in range(2):
        assert store.pointer("mood").version == version
        model.use_previous()
        model.use_current(ValueError("NaN"))
    assert (model.value, model.in_canary_period, closed) == ("first", False, ["second"])
    assert store.pointer("mood").version == SHIPPED
    step = store.history("mood")[-1]
    assert (step.what, step.version, step.by) == ("went back", version, "worker w")
    assert "ValueError: NaN" in step.why[-1]
    await model.check()
    assert model.value == "first"


async def test_one_of_two_workers_rolls_back(store: ModelStore) -> None:
    models = [make_model(store, model_errors=1), make_model(store, model_errors=1)]
    promote(store, "second")
    promote(store, "third")
    for model in models:
        await model.check()
    for model in models:
        model.use_previous()
        model.use_current(ValueError("NaN"))
    assert store.folder("mood").joinpath("model.onnx").read_text() == "second"
    for model in models:
        await model.check()
        assert model.value == "second"


async def test_previous_version_is_closed_after_the_canary_period(store: ModelStore) -> None:
    closed: list[str] = []
    model = make_model(store, closed, model_probation_seconds=0)
    promote(store, "second")
    await model.check()
    await model.check()
    assert (model.value, model.in_canary_period, closed) == ("second", False, ["first"])
