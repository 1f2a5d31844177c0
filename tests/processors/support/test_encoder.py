"""Embeddings of both languages in one space, and the language of short texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processors.models.inference import ModelError
from processors.support.encoder import Encoder
from processors.support.language import detect_language

PAIRS = (
    ("Where can I leave my suitcase?", "¿Dónde puedo dejar la maleta?"),
    ("The singer was ill and did not come", "El cantante estaba enfermo y no vino"),
    ("I would like to pay by bank transfer", "Me gustaría pagar por transferencia"),
    ("The sound was too quiet at the back", "Atrás el sonido estaba demasiado bajo"),
    ("My daughter has forgotten her jacket", "Mi hija se ha olvidado la chaqueta"),
    ("Is there a cash machine nearby?", "¿Hay un cajero automático cerca?"),
)


def test_translation_is_nearest_to_its_sentence(encoder: Encoder) -> None:
    english = encoder.encode([a for a, _ in PAIRS]).vectors
    spanish = encoder.encode([b for _, b in PAIRS]).vectors
    assert english.dtype == np.float32
    assert english.shape == (len(PAIRS), encoder.dimensions)
    np.testing.assert_allclose(np.linalg.norm(english, axis=1), 1, atol=1e-4)
    assert ((spanish @ english.T).argmax(axis=1) == np.arange(len(PAIRS))).all()


def test_vector_does_not_depend_on_the_batch(encoder: Encoder) -> None:
    texts = ["Hola", "a much longer text about a ticket that was lost on the way to the venue", "¿Y esto?"]
    single = np.concatenate([encoder.encode([text]).vectors for text in texts])
    assert (encoder.encode(texts).vectors == single).all()


def test_empty_text_has_the_zero_vector(encoder: Encoder) -> None:
    embedding = encoder.encode(["", "   ", "\u2603", "\x00"])
    assert not embedding.vectors.any()
    assert encoder.encode([]).vectors.shape == (0, encoder.dimensions)


def test_long_text_is_truncated(encoder: Encoder) -> None:
    assert np.isfinite(encoder.encode(["palabra " * 50_000]).vectors).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("donde esta mi entrada", "es"),
        ("where is my ticket", "en"),
        ("Hola", "es"),
        ("Bonjour, où est mon billet ?", "other"),
        ("Wo ist meine Karte? Ich habe sie verloren", "other"),
        ("Onde está o meu bilhete? Não o encontro", "other"),
        ("Gdzie jest parking?", "other"),
        ("Non dago aparkalekua?", "other"),
        ("Dov'è il parcheggio?", "other"),
        ("チケットはどこですか", "other"),
        ("", "other"),
    ],
)
def test_language_of_short_texts(encoder: Encoder, text: str, expected: str) -> None:
    assert detect_language(text, float(encoder.encode([text]).spanish_log_odds[0])) == expected


def test_tokenizer_of_another_model_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    folder.mkdir()
    for name in ("model.onnx", "card.yaml"):
        (folder / name).symlink_to(encoder.model.folder / name)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        Encoder.load(tmp_path)
