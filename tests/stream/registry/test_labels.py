"""Labels for training gathered from corrections, without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from redis import Redis

from schemas.models import ModelFeedback
from schemas.music import SNIPPETS
from schemas.support import Mail
from stream.registry.feedback import clip_name
from stream.registry.labels import LabelsError, Pseudonyms, add_rows, clip_rows, gather, last_feedback, text_rows
from stream.registry.model_store import ModelStore
from stream.registry.training import TrainingError, train_candidate, training_python
from stream.runtime.settings import Settings
from stream.stores.evidence import EVIDENCE

AT = datetime(2026, 7, 4, 20, 50, tzinfo=UTC)


def feedback(event: str, right: str, minutes: int = 0, model: str = "mood") -> ModelFeedback:
    return ModelFeedback(
        id=f"{event}-{minutes}", model=model, subject="main", event_id=event, said="sad", right=right, by="pau",
        time=AT + timedelta(minutes=minutes),
    )  # fmt: skip


class EvidenceOf:
    """Redis with the kept fragments of some events."""

    def __init__(self, *events: str) -> None:
        self._names = {EVIDENCE.format(id=clip_name(event)): event for event in events}

    def hgetall(self, name: str) -> dict[bytes, bytes]:
        if name not in self._names:
            return {}
        return {b"body": self._names[name].encode(), b"content_type": SNIPPETS.content_type.encode()}


def test_last_word_on_each_result_counts() -> None:
    given = [
        feedback("e1", "relax", 5),
        feedback("e1", "happy", 1),
        feedback("e2", "sad"),
        feedback("e3", "pop", 0, "genre"),
    ]
    assert [(one.event_id, one.right) for one in last_feedback(given, "mood")] == [("e2", "sad"), ("e1", "relax")]


def test_clips_are_grouped_by_stage_and_hour(tmp_path: Path) -> None:
    given = [feedback("e1", "relax"), feedback("e2", "happy", 30), feedback("gone", "sad")]
    redis = cast("Redis", EvidenceOf("e1", "e2"))
    rows = clip_rows(given, tmp_path, redis, Pseudonyms(b"key"))
    assert [row["group"] for row in rows] == ["main 2026-07-04 20", "main 2026-07-04 21"]
    assert [(tmp_path / row["clip"]).read_bytes() for row in rows] == [b"e1", b"e2"]
    gathered = add_rows(tmp_path / "mood.csv", "mood", rows, 1)
    assert (gathered.new, gathered.total, gathered.changed, gathered.without_content) == (2, 2, 2, 1)
    # Later, when Redis has none of them any more, the folder keeps what it has.
    rows = clip_rows([feedback("e1", "sad", 40)], tmp_path, cast("Redis", EvidenceOf()), Pseudonyms(b"key"))
    gathered = add_rows(tmp_path / "mood.csv", "mood", rows, 0)
    assert (gathered.new, gathered.total, gathered.changed) == (0, 2, 1)


def test_texts_have_no_addresses_and_authors_are_pseudonyms() -> None:
    mail = Mail(
        id="m1", thread="t1", time=AT, sender="ana.gil@correo.es", subject="Queja",
        text="Soy Ana Gil, ana.gil@correo.es, +34 612 34 56 78. El sonido fue horrible.",
    )  # fmt: skip
    pseudonyms = Pseudonyms(b"key")
    given = [feedback("e1", "negative", 0, "sentiment"), feedback("expired", "negative", 0, "sentiment")]
    (row,) = text_rows(given, {"e1": mail}, pseudonyms)
    assert row["group"] == pseudonyms.of("ana.gil@correo.es") != Pseudonyms(b"other").of("ana.gil@correo.es")
    assert "horrible" in row["text"]
    assert not {"pau", "m1", "t1", "e1"} & set(row.values())
    assert not any(word in " ".join(row.values()) for word in ("@correo", "Gil", "612"))


def test_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="mood, genre, sentiment, violence"):
        gather(Settings(data=tmp_path), "crowd", tmp_path)


def test_missing_training_libraries_are_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="make train-setup"):
        training_python(tmp_path / "no-python", tmp_path)
    with pytest.raises(TrainingError, match="clone the repository"):
        training_python(tmp_path / "no-python", tmp_path / "no-code")
    with pytest.raises(TrainingError, match="mood or sentiment"):
        train_candidate(ModelStore(tmp_path), "crowd", tmp_path, base=None, cache=tmp_path)
