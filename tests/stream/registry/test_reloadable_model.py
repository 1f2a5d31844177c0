"""Exchanging what a worker computes with, and taking it back, without Kafka: files stand for models."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.registry.model_store import SHIPPED, Folders, ModelStore
from stream.registry.reloadable_model import ReloadableModel
from stream.runtime.settings import Settings


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    shipped = tmp_path / "shipped"
    (shipped / "mood").mkdir(parents=True)
    (shipped / "mood" / "card.yaml").write_text("")
    (shipped / "mood" / "model.onnx").write_text("first")
    return ModelStore(tmp_path / "store", shipped)


def promote(store: ModelStore, text: str) -> str:
    folder = store.root / f"candidate {text}"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_text(text)
    return store.promote("mood", folder, f"{text:0<64}", {}, "test")


def build(folders: Folders) -> str:
    text = (folders["mood"] / "model.onnx").read_text()
    if text == "broken":
        raise ValueError("no model")
    return text


def live(store: ModelStore, closed: list[str] | None = None, **settings: float) -> ReloadableModel[str]:
    given = Settings(**settings)  # type: ignore[arg-type]
    return ReloadableModel(
        store, ["mood"], build, close=(closed if closed is not None else []).append, worker="w", settings=given
    )


async def test_a_promotion_and_a_rollback_are_followed(store: ModelStore) -> None:
    one = live(store)
    assert (one.value, one.in_canary_period) == ("first", False)
    promote(store, "second")
    await one.check()
    assert (one.value, one.in_canary_period) == ("second", True)
    store.roll_back("mood", by="test")
    await one.check()
    assert one.value == "first"


async def test_version_that_can_not_be_built_is_rejected(store: ModelStore) -> None:
    one = live(store)
    promote(store, "broken")
    await one.check()
    assert one.value == "first"
    assert store.pointer("mood").version == SHIPPED
    assert "no model" in store.history("mood")[-1].why[0]
    await one.check()
    assert not one.in_canary_period


async def test_a_start_with_a_broken_version_falls_back(store: ModelStore) -> None:
    promote(store, "second")
    promote(store, "broken")
    assert live(store).value == "second"


async def test_failures_of_the_new_version_only_cause_a_rollback(store: ModelStore) -> None:
    closed: list[str] = []
    one = live(store, closed, model_errors=2)
    version = promote(store, "second")
    await one.check()
    one.use_previous()
    assert one.value == "first"
    one.use_current(None)  # the event was to blame
    assert one.value == "second"
    for _ in range(2):
        assert store.pointer("mood").version == version
        one.use_previous()
        one.use_current(ValueError("NaN"))
    assert (one.value, one.in_canary_period, closed) == ("first", False, ["second"])
    assert store.pointer("mood").version == SHIPPED
    step = store.history("mood")[-1]
    assert (step.what, step.version, step.by) == ("went back", version, "worker w")
    assert "ValueError: NaN" in step.why[-1]
    await one.check()
    assert one.value == "first"


async def test_one_of_two_workers_rolls_back(store: ModelStore) -> None:
    both = [live(store, model_errors=1), live(store, model_errors=1)]
    promote(store, "second")
    promote(store, "third")
    for one in both:
        await one.check()
    for one in both:
        one.use_previous()
        one.use_current(ValueError("NaN"))
    assert store.folder("mood").joinpath("model.onnx").read_text() == "second"
    for one in both:
        await one.check()
        assert one.value == "second"


async def test_previous_version_is_closed_after_the_canary_period(store: ModelStore) -> None:
    closed: list[str] = []
    one = live(store, closed, model_probation_seconds=0)
    promote(store, "second")
    await one.check()
    await one.check()
    assert (one.value, one.in_canary_period, closed) == ("second", False, ["first"])
