"""Test that a running music worker reloads a promoted model, and falls back from one that fails."""

from __future__ import annotations

import io
import json
import time
from collections import Counter

import numpy as np
import pytest
import soundfile

from processors.models.inference import models_folder, open_model, read_card
from processors.music.audio import decode
from processors.music.tagger import classifier_inputs
from schemas.music import SNIPPETS, TAGS
from stream.features.music.fragment_analyzer import warm_up_sound
from stream.registry.model_store import DIGITS, SHIPPED, ModelStore
from stream.runtime.producer import EventProducer
from stream.sources.source import now
from tests.e2e.conftest import Outside
from tests.stream.conftest import candidate, without_spread


def flac(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, 24_000, format="FLAC")
    return file.getvalue()


def music() -> bytes:
    """Return chords, two per second."""
    seconds = np.arange(8 * 24_000) / 24_000
    chord = sum(np.sin(2 * np.pi * f * k * seconds) / k for f in (220, 277.2, 329.6) for k in (1, 2, 3))
    return flac(0.1 * np.asarray(chord) * np.exp(-3 * (seconds % 0.5)))


def column_that_fails(sound: bytes) -> int:
    """A column that is zero for this sound and not for the one with which a listener is warmed."""
    model = open_model("sound")
    heard, warm = (classifier_inputs(decode(value), model)[0] for value in (sound, warm_up_sound()))
    return int(np.flatnonzero((heard == 0) & (warm > 0))[0])


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("music")
def test_worker_reloads_model_without_restart(outside: Outside) -> None:
    store = ModelStore(outside.settings.models)
    starts = outside.stack.children["music"].starts
    fragment = music()
    sent = 0

    def play_until(what: str, sure: str) -> None:
        """Send fragments until one is tagged by the mood model with a hash."""
        nonlocal sent
        end = time.monotonic() + 120
        with EventProducer(outside.settings) as producer:
            while time.monotonic() < end:
                producer.send(SNIPPETS, key="main", value=fragment, id=f"f{sent}", source="test", time=now())
                sent += 1
                producer.flush()
                time.sleep(1)
                if any(f"mood@{sure}" in record.model for _, record in outside.records(TAGS)[-2:]):
                    return
        raise AssertionError(what)

    shipped = read_card(models_folder() / "mood").sha256[:DIGITS]
    play_until("tags of the shipped model", shipped)

    good = candidate(outside.stack.data / "good", "mood")
    version = store.promote("mood", good, read_card(good).sha256, {}, "test")
    play_until("tags of the promoted model", version)

    # It passes its warm-up, and gives no numbers on the music that is played.
    failing = candidate(outside.stack.data / "failing", "mood", without_spread(column_that_fails(fragment)))
    failed = store.promote("mood", failing, read_card(failing).sha256, {}, "test")
    outside.wait("the worker goes back", lambda: _step(store, failed, outside, fragment))
    assert store.pointer("mood").version == version
    (step,) = [step for step in store.history("mood") if step.what == "went back"]
    assert (step.version, step.by) == (failed, "worker music")
    assert "nan" in " ".join(step.why)
    play_until("tags of the version before", version)
    assert failed not in {record.model.split("mood@")[1][:DIGITS] for _, record in outside.records(TAGS)}

    store.roll_back("mood", by="test")
    assert store.pointer("mood").version == SHIPPED
    play_until("tags of the shipped model again", shipped)

    # No fragment was lost, none told twice, none buried, and it was one process all the time.
    ids = Counter(record.event_id for _, record in outside.records(TAGS))
    outside.wait("all fragments tagged", lambda: len({r.event_id for _, r in outside.records(TAGS)}) >= sent)
    assert max(ids.values()) == 1
    assert not outside.dead(SNIPPETS)
    assert outside.stack.children["music"].starts == starts
    assert json.loads((outside.settings.models / "mood" / "current.json").read_text())["version"] == SHIPPED


def _step(store: ModelStore, failed: str, outside: Outside, fragment: bytes) -> bool:
    with EventProducer(outside.settings) as producer:
        id_ = f"extra-{time.monotonic_ns()}"
        producer.send(SNIPPETS, key="main", value=fragment, id=id_, source="test", time=now())
    return any(step.what == "went back" and step.version == failed for step in store.history("mood"))
