"""Word pieces of both languages: byte-level byte-pair encoding (Sennrich et al., 2016), each digit by itself."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PADDING, BEGIN, END, TO_ENGLISH, TO_SPANISH = "<pad>", "<s>", "</s>", "<2en>", "<2es>"
SPECIAL = ["<unk>", BEGIN, END, PADDING, TO_ENGLISH, TO_SPANISH]
SIZE = 8000


def make_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Return a tokenizer of `SIZE` word pieces, learnt from `texts`; any text comes back from it byte by byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
