"""Promotion, refusal and rollback of real models, through the command line."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner, Result

from processors.models.inference import models_folder, read_card
from processors.models.promotion import read_requirements
from processors.music.audio import fragments
from processors.music.tagger import Tagger
from stream.commands.cli import app
from stream.registry.model_kinds import KINDS
from stream.registry.model_store import SHIPPED, ModelStore
from stream.registry.promotion import promote
from tests.stream.conftest import make_candidate, with_description


def pulso(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


@pytest.fixture
def store(shipped_models: Path, tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store", shipped_models)


@pytest.fixture
def clips(shipped_models: Path, tmp_path: Path) -> Path:
    """Clips labelled by the shipped model, which is therefore perfect on them; any other model is worse."""
    tagger = Tagger.load()
    lines = ["clip,mood"]
    random = np.random.default_rng(0)
    time = np.arange(2 * 22_050) / 22_050
    for number in range(4):
        tone = sum(np.sin(2 * np.pi * 110 * 2 ** (number / 2) * k * time) / k for k in (1, 2, 3))
        sound = 0.1 * np.asarray(tone) * np.exp(-number * (time % 0.5)) + random.normal(
            0, 0.02 * (number % 3), len(time)
        )
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, sound, 22_050)
        moods = tagger.tag(next(fragments(path))).moods
        lines.append(f"{path.name},{max(moods, key=moods.__getitem__)}")
    table = tmp_path / "clips.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def test_model_is_promoted_and_rolled_back(store: ModelStore, clips: Path) -> None:
    promoted = make_candidate(store.root / "mood" / "candidates" / "second", "mood")
    result = pulso("promote", "mood", "second", "--data", clips)
    assert result.exit_code == 0, result.output
    version = read_card(promoted).sha256[:12]
    assert store.pointer("mood").version == version
    assert Tagger.load(store.folders(["sound", "mood", "genre"])).mood.card.sha256.startswith(version)
    evaluation = json.loads((store.folder("mood") / "evaluation.json").read_text())
    assert evaluation["candidate"]["report"]["macro_f1"] == evaluation["in use before"]["report"]["macro_f1"] == 1.0
    listing = json.loads(pulso("list", "--json").output)
    assert listing["mood"]["in_use"] == version
    assert listing["mood"]["candidates"] == ["second"]
    assert listing["genre"]["in_use"] == SHIPPED

    repeated = pulso("promote", "mood", "second", "--data", clips)
    assert repeated.exit_code == 1
    assert "it is the model in use" in repeated.output

    assert pulso("rollback", "mood").exit_code == 0
    assert store.pointer("mood").version == SHIPPED
    assert [step.what for step in store.history("mood")] == ["promoted", "refused", "rolled back"]
    details = pulso("show", "mood").output
    assert "promoted" in details and "macro_f1" in details and "it is the model in use" in details
    refused = pulso("rollback", "mood")
    assert refused.exit_code == 2
    assert "no previous version" in refused.output


def test_worse_model_is_rejected_with_every_reason(store: ModelStore, clips: Path) -> None:
    settings: dict[str, Any] = dict(read_card(store.shipped("mood")).settings)
    settings["labels"] = [*settings["labels"][1:], settings["labels"][0]]  # so that every predicted label is wrong
    metrics = {"cross-validation": {"macro_f1": 0.66}}
    worse = make_candidate(
        store.root / "bad",
        "mood",
        lambda weights: with_description(weights, bytes(8_000_000)),
        settings=settings,
        metrics=metrics,
    )
    result = pulso("promote", "mood", worse, "--data", clips)
    assert result.exit_code == 1
    output = " ".join(result.output.split())
    for reason in (
        "macro_f1 is 0, at least 0.65 is required",
        "worst_class_f1 is 0, at least 0.5 is required",
        "macro_f1 is 0, the model in use has 1",
        "card: cross-validation.macro_f1 is 0.66, at least 0.7 is required",
        "card: cross-validation, overheard.macro_f1 is not in the report",
        "card: cross-validation, overheard.macro_f1 is missing",
        " MB, at most 10 MB is allowed",
    ):
        assert reason in output
    assert store.pointer("mood").version == SHIPPED
    assert not list((store.root / "mood" / "versions").glob("*"))
    (step,) = store.history("mood")
    assert step.what == "refused" and len(step.why) >= 7


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"sha256": "0" * 64}, "has hash"),
        ({"limits": None}, "its card is not valid"),
        ({"metrics": {}}, "its card has no metrics"),
        ({"name": "genre"}, "its card says that it is a model 'genre'"),
    ],
)
def test_candidate_with_an_invalid_card_is_rejected(
    store: ModelStore, clips: Path, card: dict[str, Any], message: str
) -> None:
    result = pulso("promote", "mood", make_candidate(store.root / "odd", "mood", **card), "--data", clips)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert store.pointer("mood").version == SHIPPED


def test_model_that_fails_on_the_data_is_rejected(store: ModelStore, clips: Path) -> None:
    settings = dict(read_card(store.shipped("mood")).settings) | {"labels": ["happy", "sad"]}
    result = pulso("promote", "mood", make_candidate(store.root / "odd", "mood", settings=settings), "--data", clips)
    assert result.exit_code == 1
    assert "it fails on the data" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("promote", "wood", "x", "--data", "."), "no candidate"),
        (("promote", "mood", "nothing", "--data", "."), "no candidate 'nothing'"),
        (("rollback", "wood"), "unknown model 'wood'"),
        (("show", "wood"), "unknown model 'wood'"),
    ],
)
def test_unknown_models_and_candidates_are_named(store: ModelStore, arguments: tuple[str, ...], message: str) -> None:
    result = pulso(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_sound_model_is_not_promoted_alone(store: ModelStore, clips: Path) -> None:
    result = pulso(
        "promote", "sound", make_candidate(store.root / "other", "sound", metrics={"x": {"y": 1.0}}), "--data", clips
    )
    assert result.exit_code != 0
    assert store.pointer("sound").version == SHIPPED


def test_truncated_pointer_means_the_shipped_model(store: ModelStore) -> None:
    (store.root / "mood").mkdir(parents=True)
    (store.root / "mood" / "current.json").write_bytes(b'{"version": "abc')
    assert store.folder("mood") == store.shipped("mood")


def test_every_shipped_model_gate_is_readable() -> None:
    for name, kind in KINDS.items():
        if kind.evaluate is not None:
            assert read_requirements(models_folder() / name).megabytes > 0
            assert yaml.safe_load((models_folder() / name / "gate.yaml").read_text())


def _few_pictures(data: Path, folder: Path) -> Path:
    heads = json.loads((data / "crowd" / "shanghaitech_b" / "heads.json").read_text())
    few = dict(list(heads.items())[:2])
    for name in few:
        shutil.copy(data / "crowd" / "shanghaitech_b" / name, folder / name)
    (folder / "heads.json").write_text(json.dumps(few))
    return folder


def _few_clips(data: Path, folder: Path) -> Path:
    lines = (data / "violence" / "clips.jsonl").read_text().splitlines()
    few = [next(line for line in lines if json.loads(line)["label"] == label) for label in ("fight", "normal")]
    for line in few:
        target = folder / json.loads(line)["clip"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / "violence" / json.loads(line)["clip"], target)
    (folder / "clips.jsonl").write_text("\n".join(few) + "\n")
    return folder / "clips.jsonl"


def _few_mails(data: Path, folder: Path) -> Path:
    with (data / "text" / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with (folder / "mails.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *rows[1:400:20]])
    return folder / "mails.csv"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "few", "figure"),
    [
        ("crowd", _few_pictures, "worst_band_mae"),
        ("violence", _few_clips, "worst_set_accuracy"),
        ("requests", _few_mails, "seconds_per_text"),
    ],
)
def test_models_of_other_kinds_are_promoted(
    name: str, few: Callable[[Path, Path], Path], figure: str, shared_data: Path, tmp_path: Path
) -> None:
    shipped_models = tmp_path / "shipped"
    shutil.copytree(models_folder(), shipped_models)
    gate = shipped_models / name / "gate.yaml"
    gate_settings = yaml.safe_load(gate.read_text(encoding="utf-8")) | {"times_slower": 1000}
    # Two clips are too few to measure quality, so only the comparison with the model in use remains.
    gate_settings["evaluation"] = {}
    gate.write_text(yaml.safe_dump(gate_settings), encoding="utf-8")
    store = ModelStore(tmp_path / "store", shipped_models)
    folder = tmp_path / "few"
    folder.mkdir()
    decision = promote(store, name, make_candidate(tmp_path / "new", name), few(shared_data, folder), by="test")
    assert decision.reasons == ()
    assert decision.candidate is not None and figure in decision.candidate.report
    assert store.pointer(name).version == decision.version
