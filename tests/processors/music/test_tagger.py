"""Tagger: probabilities, and models that do not match."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.models.inference import ModelError
from processors.music.audio import RATE, Audio, decode, from_samples
from processors.music.tagger import Tagger

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "audio"


@pytest.fixture(scope="module")
def tagger() -> Iterator[Tagger]:
    yield Tagger.load()


def chords(seconds: float = 10.0) -> NDArray[np.float32]:
    beat = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(
        sum(np.sin(2 * np.pi * f * beat) for f in (220, 277.2, 329.6)) * np.exp(-4 * (beat % 0.5)) * 0.2, np.float32
    )


def test_probabilities_of_all_labels_sum_to_one(tagger: Tagger) -> None:
    tags = tagger.tag(Audio(chords()))
    assert set(tags.moods) == {"angry", "happy", "relax", "sad"}
    assert set(tags.genres) == {"classical", "electronic", "pop", "rock"}
    assert sum(tags.moods.values()) == pytest.approx(1)
    assert sum(tags.genres.values()) == pytest.approx(1)
    assert tags.is_music


def test_tags_are_independent_of_gain(tagger: Tagger) -> None:
    sound = chords() + np.random.default_rng(0).normal(0, 0.01, 10 * RATE).astype(np.float32)
    loud, quiet = tagger.tag(Audio(sound)), tagger.tag(Audio(sound * np.float32(0.02)))
    assert quiet.moods == pytest.approx(loud.moods, abs=0.01)
    assert quiet.genres == pytest.approx(loud.genres, abs=0.01)


def test_noise_is_not_music_and_silence_has_no_tags(tagger: Tagger) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32)
    assert not tagger.tag(Audio(noise)).is_music
    assert tagger.analyze(from_samples(np.zeros(10 * RATE, np.float32), RATE)).tags is None
    analysis = tagger.analyze(Audio(chords()))
    assert analysis.tags is not None
    assert analysis.seconds == pytest.approx(10)


def test_fragment_of_one_second_is_tagged(tagger: Tagger) -> None:
    assert sum(tagger.tag(from_samples(chords(1.0), RATE)).moods.values()) == pytest.approx(1)


def test_models_of_other_features_are_rejected(tagger: Tagger) -> None:
    settings = {**tagger.mood.card.settings, "features": "0123456789ab"}
    other = replace(tagger.mood, card=tagger.mood.card.model_copy(update={"settings": settings}))
    with pytest.raises(ModelError, match=r"trained on features 0123456789ab.*training\.music"):
        Tagger(tagger.sound, other, tagger.genre)


def test_thirty_seconds_are_tagged_within_one_second(tagger: Tagger) -> None:
    audio = Audio(chords(30.0))
    tagger.tag(audio)
    began = time.process_time()
    tagger.tag(audio)
    assert time.process_time() - began < 1.0


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "min_accuracy"), [("mood", 0.55), ("genre", 0.55)])
def test_tags_of_real_clips_are_better_than_chance(tagger: Tagger, kind: str, min_accuracy: float) -> None:
    """Check that serving computes the features of training; the models were trained on these clips."""
    table = SHARED / f"{kind}.csv"
    if not table.exists():
        pytest.skip(f"{table} is missing")
    with table.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))[::27][:24]
    correct = 0
    for row in rows:
        tags = tagger.tag(decode((SHARED / row["clip"]).read_bytes()))
        probabilities = tags.moods if kind == "mood" else tags.genres
        correct += max(probabilities, key=probabilities.__getitem__) == row[kind]
    assert correct / len(rows) > min_accuracy
