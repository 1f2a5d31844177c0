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
from tests.e2e.conftest import StackClient
from tests.stream.conftest import make_candidate, with_zero_spread


def encode_flac(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, 24_000, format="FLAC")
    return file.getvalue()


def chord_audio() -> bytes:
    """Return chords, two per second."""
    seconds = np.arange(8 * 24_000) / 24_000
    chord = sum(np.sin(2 * np.pi * f * k * seconds) / k for f in (220, 277.2, 329.6) for k in (1, 2, 3))
    return encode_flac(0.1 * np.asarray(chord) * np.exp(-3 * (seconds % 0.5)))


def column_unused_in_warm_up(sound: bytes) -> int:
    """Return a column of the classifier that is zero for this sound and positive for the warm-up sound."""
    model = open_model("sound")
    inputs, warm_up_inputs = (classifier_inputs(decode(value), model)[0] for value in (sound, warm_up_sound()))
    return int(np.flatnonzero((inputs == 0) & (warm_up_inputs > 0))[0])


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("music")
def test_worker_reloads_model_without_restart(stack_client: StackClient) -> None:
    store = ModelStore(stack_client.settings.models)
    starts = stack_client.stack.children["music"].starts
    fragment = chord_audio()
    sent = 0

    def send_until_tagged_by(description: str, model_version: str) -> None:
        """Send fragments until one is tagged by the mood model with a hash."""
        nonlocal sent
        deadline = time.monotonic() + 120
        with EventProducer(stack_client.settings) as producer:
            while time.monotonic() < deadline:
                producer.send(SNIPPETS, key="main", value=fragment, id=f"f{sent}", source="test", time=now())
                sent += 1
                producer.flush()
                time.sleep(1)
                if any(f"mood@{model_version}" in record.model for _, record in stack_client.records(TAGS)[-2:]):
                    return
        raise AssertionError(description)

    shipped = read_card(models_folder() / "mood").sha256[:DIGITS]
    send_until_tagged_by("tags of the shipped model", shipped)

    promoted = make_candidate(stack_client.stack.data / "good", "mood")
    version = store.promote("mood", promoted, read_card(promoted).sha256, {}, "test")
    send_until_tagged_by("tags of the promoted model", version)

    # It passes its warm-up, and returns NaN for the music that is sent.
    failing = make_candidate(
        stack_client.stack.data / "failing", "mood", with_zero_spread(column_unused_in_warm_up(fragment))
    )
    failed = store.promote("mood", failing, read_card(failing).sha256, {}, "test")
    stack_client.wait_for(
        "the rollback by the worker", lambda: _was_rolled_back_after_fragment(store, failed, stack_client, fragment)
    )
    assert store.pointer("mood").version == version
    (step,) = [step for step in store.history("mood") if step.what == "went back"]
    assert (step.version, step.by) == (failed, "worker music")
    assert "nan" in " ".join(step.why)
    send_until_tagged_by("tags of the version before", version)
    assert failed not in {record.model.split("mood@")[1][:DIGITS] for _, record in stack_client.records(TAGS)}

    store.roll_back("mood", by="test")
    assert store.pointer("mood").version == SHIPPED
    send_until_tagged_by("tags of the shipped model again", shipped)

    # No fragment was lost, tagged twice or dead-lettered, and the process was never restarted.
    ids = Counter(record.event_id for _, record in stack_client.records(TAGS))
    stack_client.wait_for(
        "all fragments tagged", lambda: len({r.event_id for _, r in stack_client.records(TAGS)}) >= sent
    )
    assert max(ids.values()) == 1
    assert not stack_client.dead_letters(SNIPPETS)
    assert stack_client.stack.children["music"].starts == starts
    assert json.loads((stack_client.settings.models / "mood" / "current.json").read_text())["version"] == SHIPPED


def _was_rolled_back_after_fragment(store: ModelStore, failed: str, stack_client: StackClient, fragment: bytes) -> bool:
    with EventProducer(stack_client.settings) as producer:
        id_ = f"extra-{time.monotonic_ns()}"
        producer.send(SNIPPETS, key="main", value=fragment, id=id_, source="test", time=now())
    return any(step.what == "went back" and step.version == failed for step in store.history("mood"))
