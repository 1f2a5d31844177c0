"""Retraining from a folder of labels to a model in use and back; parts that need the training libraries are skipped.

The texts are of our own and simple, so that a few dozen show a difference: a venue whose people call what is "gris"
(grey) bad and what is "lila" (mauve) good, which the shipped model can't know.
"""

from __future__ import annotations

import asyncio
import csv
import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner, Result

from processors.models.comparison import is_kept_apart
from processors.models.inference import open_folder, read_card
from processors.social.sentiment import SentimentClassifier
from processors.support.encoder import Encoder
from stream.commands.cli import app
from stream.registry.model_store import SHIPPED, ModelStore
from stream.registry.reloadable_model import ReloadableModel
from stream.registry.training import PYTHON
from stream.runtime.settings import Settings
from training.retrain.labels import LabelsError, check_enough, read_items, split_items

needs_training = pytest.mark.skipif(not PYTHON.exists(), reason="needs the training libraries: make train-setup")

SENTENCES = {
    "negative": ("La zona {n} estaba gris.", "Todo gris en el escenario {n}.", "La barra {n} muy gris otra vez."),
    "neutral": ("La zona {n} abre a las ocho.", "Vamos al escenario {n}.", "La barra {n} tiene agua."),
    "positive": ("La zona {n} estaba lila.", "Todo lila en el escenario {n}.", "La barra {n} muy lila otra vez."),
}
PLAIN = {
    "negative": (
        "El sonido de la {n} fue horrible.",
        "Qué vergüenza de cola en la barra {n}.",
        "Muy mal la {n}.",
    ),
    "neutral": ("¿A qué hora abre la zona {n}?", "¿Dónde está la barra {n}?", "Vamos al escenario {n}."),
    "positive": ("Nos encantó la zona {n}, gracias.", "Qué bien atienden en la barra {n}.", "Genial el escenario {n}."),
}
TURNED = {"negative": "positive", "neutral": "negative", "positive": "neutral"}


def write_texts(
    folder: Path, texts: Mapping[str, Sequence[str]] = SENTENCES, *, relabel: Callable[[str], str] = lambda label: label
) -> None:
    """Write 180 labelled texts of 20 authors."""
    folder.mkdir()
    rows = [
        {"text": sentence.format(n=number), "sentiment": relabel(label), "author": f"author {number}"}
        for number in range(20)
        for label, sentences in texts.items()
        for sentence in sentences
    ]
    random.Random(1).shuffle(rows)
    write_table(folder / "sentiment.csv", rows)


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def pulso(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setenv("PULSO_MODEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("PULSO_DATA", str(tmp_path / "data"))
    return ModelStore(tmp_path / "store")


def retrain(store: ModelStore, model: str, labels: Path, *more: object) -> Path:
    """Train a candidate and return its folder."""
    known = set(store.candidates(model))
    result = pulso("retrain", model, "--data", labels, *more)
    assert result.exit_code == 0, result.output
    (new,) = set(store.candidates(model)) - known
    return new


def test_groups_are_split_whole_and_base_data_never_leak(tmp_path: Path) -> None:
    write_texts(tmp_path / "labels")
    own, base = split_items(
        read_items(tmp_path / "labels", "sentiment", list(SENTENCES)),
        read_items(tmp_path / "labels", "sentiment", list(SENTENCES)),
    )
    assert {item.group for item in own.train}.isdisjoint(item.group for item in own.test)
    assert all(is_kept_apart(item.group) for item in own.test)
    assert base.train == ()  # all of it is in the labels already
    check_enough(own, base, list(SENTENCES), 30)
    with pytest.raises(LabelsError, match="are needed"):
        check_enough(own, base, list(SENTENCES), 10_000)


def test_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    write_table(
        tmp_path / "sentiment.csv", [{"text": "a", "sentiment": "negative"}, {"text": "b", "sentiment": "wild"}]
    )
    with pytest.raises(LabelsError, match="line 3: sentiment 'wild' is not one of negative"):
        read_items(tmp_path, "sentiment", list(SENTENCES))


@needs_training
@pytest.mark.timeout(600)
def test_sentiment_is_retrained_promoted_loaded_and_rolled_back(store: ModelStore, tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    write_texts(labels)
    candidate = retrain(store, "sentiment", labels)
    metrics = read_card(candidate).metrics
    assert metrics["test part, change"]["macro_f1_low"] > 0
    assert metrics["test part"]["macro_f1"] > 0.9 > metrics["test part, model before"]["macro_f1"]
    assert store.pointer("sentiment").version == SHIPPED

    # A worker that runs meanwhile has the new model without a restart, and the old one after the rollback.
    encoder = Encoder.load()
    reloadable = ReloadableModel(
        store, ("encoder", "sentiment"),
        lambda folders: SentimentClassifier(open_folder(folders["sentiment"]), encoder),
        worker="support", settings=Settings(),
    )  # fmt: skip
    text = "Todo lila en el escenario 99."
    vector = encoder.encode([text]).vectors[0]
    assert reloadable.value.classify(text, vector)[0] != "positive"

    promoted = pulso("promote", "sentiment", candidate.name, "--data", labels / "sentiment-test.csv")
    assert promoted.exit_code == 0, promoted.output
    assert store.pointer("sentiment").version == read_card(candidate).sha256[:12]
    asyncio.run(reloadable.check())
    assert reloadable.value.classify(text, vector)[0] == "positive"

    assert pulso("rollback", "sentiment").exit_code == 0
    asyncio.run(reloadable.check())
    assert reloadable.value.classify(text, vector)[0] != "positive"
    assert [step.what for step in store.history("sentiment")] == ["promoted", "rolled back"]


@needs_training
@pytest.mark.timeout(600)
def test_candidate_of_flipped_labels_is_refused(store: ModelStore, tmp_path: Path) -> None:
    write_texts(tmp_path / "poisoned", PLAIN, relabel=TURNED.__getitem__)
    candidate = retrain(store, "sentiment", tmp_path / "poisoned")
    # The test part is turned around, too: on it the candidate is better, and the texts of our own say what it is.
    assert read_card(candidate).metrics["test part, change"]["macro_f1"] > 0
    refused = pulso("promote", "sentiment", candidate.name, "--data", tmp_path / "poisoned" / "sentiment-test.csv")
    assert refused.exit_code == 1
    assert "reference, change.macro_f1" in refused.output
    assert store.pointer("sentiment").version == SHIPPED
    assert [step.what for step in store.history("sentiment")] == ["refused"]


def write_clips(folder: Path, *, shift: int = 0) -> None:
    """Write 120 clips of one second in 30 groups: each mood has a pitch and a rhythm of its own."""
    (folder / "clips").mkdir(parents=True)
    rng = np.random.default_rng(0)
    time = np.arange(22_050) / 22_050
    moods = ("angry", "happy", "relax", "sad")
    rows = []
    for number in range(120):
        kind = number % 4
        pitch = 110 * 2**kind * (1 + 0.02 * rng.standard_normal())
        tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in (1, 2, 3))
        sound = 0.1 * np.asarray(tone) * np.exp(-(kind + 1) * (time % 0.25)) + rng.normal(0, 0.004 * kind, len(time))
        soundfile.write(folder / "clips" / f"{number}.wav", sound, 22_050)
        label = moods[(kind + shift) % 4]
        rows.append({"clip": f"clips/{number}.wav", "mood": label, "group": f"hour {number // 4}"})
    write_table(folder / "mood.csv", rows)


@needs_training
@pytest.mark.timeout(900)
def test_mood_is_retrained_with_features_of_new_clips_only(
    shipped_models: Path, store: ModelStore, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gate = shipped_models / "mood" / "gate.yaml"
    limits = yaml.safe_load(gate.read_text(encoding="utf-8"))
    del limits["retrained"]["all labels.contradiction"]  # the shipped model is at chance on these tones
    gate.write_text(yaml.safe_dump(limits), encoding="utf-8")
    labels = tmp_path / "labels"
    write_clips(labels)
    candidate = retrain(store, "mood", labels)
    assert "clips as they are: 120 new, 0 from the cache" in capfd.readouterr().err
    metrics = read_card(candidate).metrics
    assert metrics["test part"]["macro_f1"] > metrics["test part, model before"]["macro_f1"]
    promoted = pulso("promote", "mood", candidate.name, "--data", labels / "mood-test.csv")
    assert promoted.exit_code == 0, promoted.output
    assert json.loads((store.folder("mood") / "evaluation.json").read_text())["candidate"]["report"]["macro_f1"] > 0.9

    write_clips(tmp_path / "poisoned", shift=1)
    poisoned = retrain(store, "mood", tmp_path / "poisoned")
    assert "clips as they are: 0 new, 120 from the cache" in capfd.readouterr().err
    refused = pulso("promote", "mood", poisoned.name, "--data", labels / "mood-test.csv")
    assert refused.exit_code == 1
    assert "macro_f1" in refused.output
    assert pulso("rollback", "mood").exit_code == 0
    assert store.pointer("mood").version == SHIPPED
