"""Translation between English and Spanish by a small Transformer (Vaswani et al., 2017) on CTranslate2, in 8 bits.

Sentences are translated one by one. Approved safety announcements bypass the network. Numbers and names of a glossary
must survive: of the hypotheses of the beam search, the best that keeps them all is taken, and where none does, the
original is shown beside the translation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from tokenizers import Tokenizer

from processors.accents import without_accents
from processors.captions.approved import ApprovedTexts
from processors.models.inference import ModelCard, ModelError, checked_weights, sha256_of
from schemas.captions import Language

WEIGHTS: Final = "model.bin"
TOKENIZER: Final = "tokenizer.json"

BEGIN, END = "<s>", "</s>"
DIRECTIONS: Final[dict[Language, str]] = {"en": "<2en>", "es": "<2es>"}
"""First piece of the source: the language to translate into."""

MAX_PIECES = 140
"""Longest sentence in word pieces; the network has 160 positions."""

MAX_WORDS = 40
"""Longest part that is translated at once; a sentence with more words is cut."""

BEAM = 4
MAX_BATCH_PIECES = 2_048
"""Word pieces that are translated at once."""

NUMBER_WORDS: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"),
}
"""Words that may stand for the numbers 0 to 12."""

STAND_INS: Final = ("Tom", "Marta", "Hugo", "Irene", "Pablo", "Clara")
"""Names that the network knows well, which take the place of a name that it does not copy."""

SENTENCE_END = re.compile(r"(?<=[.?!…])[\"”»)]*\s+(?=[\"“«(]*[¿¡A-ZÁÉÍÓÚÜÑ0-9])")
ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Sr|Sra|Dra|Srta|vs|feat|ft|n[.º]?)\.$")


class TranslationExtraError(ModelError):
    """The extra `captions`, which brings CTranslate2, is not installed."""


class Translation(Struct, frozen=True):
    """Translation of a text.

    Attributes:
        lost: numbers and names of the original that the translation lacks.
        approved: every sentence is an approved one.
    """

    original: str
    text: str
    lost: tuple[str, ...] = ()
    approved: bool = False

    @property
    def shown(self) -> str:
        """Return the text for readers: with the original beside it where something was lost.

        >>> Translation(original="Gate 3 is open.", text="La puerta está abierta.", lost=("3",)).shown
        'La puerta está abierta. (Gate 3 is open.)'
        """
        return f"{self.text} ({self.original})" if self.lost else self.text


def sentences(text: str) -> list[str]:
    """Split a text into sentences, and those of more than 40 words into parts.

    >>> sentences("Hello! Doors open at 18.30. See Dr. Luna on stage.")
    ['Hello!', 'Doors open at 18.30.', 'See Dr. Luna on stage.']
    """
    found: list[str] = []
    for part in SENTENCE_END.split(" ".join(text.split())):
        if found and ABBREVIATION.search(found[-1]):
            found[-1] += " " + part
        elif part:
            found.append(part)
    return [
        " ".join(words[start : start + MAX_WORDS])
        for words in map(str.split, found)
        for start in range(0, len(words), MAX_WORDS)
    ]


def lost_in_translation(original: str, translated: str, target: Language, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the numbers of the original, and the names that it holds, which the translation lacks.

    A number up to twelve may be a word there. Names are compared without case and accents.

    >>> lost_in_translation("Gate 3 opens at 23:30.", "La puerta tres abre a las 23.", "es")
    ('30',)
    """
    words = Counter(re.findall(r"\w+", translated.lower()))
    numbers = Counter(re.findall(r"\d+", translated))
    lost: list[str] = []
    for number, times in Counter(re.findall(r"\d+", original)).items():
        named = words[NUMBER_WORDS[target][int(number)]] if len(number) < 3 and int(number) <= 12 else 0
        if numbers[number] + named < times:
            lost.append(number)
    lost += [name for name in names if _holds(original, name) and not _holds(translated, name)]
    return tuple(lost)


def _holds(text: str, name: str) -> bool:
    """Return True if the text has the name as whole words, but for case and accents."""
    word = re.escape(without_accents(name.lower()))
    return re.search(rf"(?<!\w){word}(?!\w)", without_accents(text.lower())) is not None


def with_stand_ins(sentence: str, names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Exchange names for others that the network copies; return the sentence and the names by their stand-ins.

    A name is found as it is written, but for case. Stand-ins that the sentence already has are not used.

    >>> with_stand_ins("Arctic Monkeys and Tom play.", ["Arctic Monkeys"])
    ('Marta and Tom play.', {'Marta': 'Arctic Monkeys'})
    """
    free = [stand_in for stand_in in STAND_INS if not _holds(sentence, stand_in)]
    stood_for: dict[str, str] = {}
    for name, stand_in in zip(sorted(names, key=len, reverse=True), free, strict=False):
        exchanged = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", stand_in, sentence, flags=re.IGNORECASE)
        if exchanged != sentence:
            sentence, stood_for[stand_in] = exchanged, name
    return sentence, stood_for


class Translator:
    """Translates texts between English and Spanish."""

    def __init__(self, engine: Any, tokenizer: Tokenizer, card: ModelCard, approved: ApprovedTexts) -> None:
        """Create it with a `ctranslate2.Translator`; see `load`."""
        self._engine, self._tokenizer, self.card, self._approved = engine, tokenizer, card, approved

    @classmethod
    def load(cls, folder: Path, approved: ApprovedTexts | None = None) -> Translator:
        """Open the model of a folder, on one thread, with the approved texts shipped or given.

        Raises:
            TranslationExtraError: CTranslate2 is not installed.
            ModelError: the folder is incomplete, or the weights are not the ones that its card describes.
        """
        try:
            ctranslate2 = import_module("ctranslate2")  # an extra, which has no types
        except ImportError as error:
            raise TranslationExtraError(
                "translation needs CTranslate2: install the extra `captions` (pip install 'pulso[captions]')"
            ) from error
        card, _ = checked_weights(folder, WEIGHTS)
        tokenizer_file = folder / TOKENIZER
        if not tokenizer_file.is_file() or sha256_of(tokenizer_file) != card.settings.get("tokenizer_sha256"):
            raise ModelError(
                f"{tokenizer_file} differs from the card: restore it with `git checkout models/{folder.name}`"
            )
        engine = ctranslate2.Translator(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        return cls(engine, tokenizer, card, approved or ApprovedTexts.load())

    @property
    def identity(self) -> str:
        """Name and first 12 digits of the hash, `name@hash`."""
        return f"{self.card.name}@{self.card.sha256[:12]}"

    def translate(
        self, texts: Sequence[str], source: Language, target: Language, *, names: Sequence[str] = ()
    ) -> list[str]:
        """Return the translations for readers; where a number or a name was lost, the original stands beside it.

        Args:
            texts: captions or announcements of one or more sentences; an empty one stays empty.
            source: their language.
            target: the language to translate into; texts are returned as they are if it is theirs.
            names: names of acts, stages and sponsors that must stay as they are.
        """
        if source == target:
            return list(texts)
        return [found.shown for found in self.translations(texts, source, target, names=names)]

    def translations(
        self, texts: Sequence[str], source: Language, target: Language, *, names: Sequence[str] = ()
    ) -> list[Translation]:
        """Return the translations with what was lost."""
        parts = [sentences(text) for text in texts]
        open_parts = list(
            dict.fromkeys(part for row in parts for part in row if self._approved.translation(part, source) is None)
        )
        by_network = dict(zip(open_parts, self._by_network(open_parts, target, names), strict=True))
        found = []
        for text, row in zip(texts, parts, strict=True):
            fixed = [self._approved.translation(part, source) for part in row]
            translated = " ".join(known or by_network[part] for known, part in zip(fixed, row, strict=True))
            found.append(
                Translation(
                    original=text,
                    text=translated,
                    lost=lost_in_translation(text, translated, target, names),
                    approved=bool(row) and None not in fixed,
                )
            )
        return found

    def _by_network(self, parts: Sequence[str], target: Language, names: Sequence[str]) -> list[str]:
        """Return the translations; those that lose a name are made again with another name in its place."""
        found = self._best(parts, target, names)
        for place, part in enumerate(parts):
            lost = [name for name in lost_in_translation(part, found[place], target, names) if name in names]
            exchanged, stood_for = with_stand_ins(part, lost)
            if not stood_for:
                continue
            text = self._best([exchanged], target, tuple(stood_for))[0]
            for stand_in, name in stood_for.items():
                text = re.sub(rf"(?<!\w){stand_in}(?!\w)", lambda _, name=name: name, text)  # type: ignore[misc]
            if len(lost_in_translation(part, text, target, names)) < len(lost):
                found[place] = text
        return found

    def _best(self, parts: Sequence[str], target: Language, names: Sequence[str]) -> list[str]:
        """Return the best hypothesis of each sentence that loses nothing, or else the best."""
        if not parts:
            return []
        results = self._engine.translate_batch(
            [self._pieces(part, target) for part in parts],
            beam_size=BEAM,
            num_hypotheses=BEAM,
            max_batch_size=MAX_BATCH_PIECES,
            batch_type="tokens",
            max_decoding_length=MAX_PIECES,
        )
        chosen = []
        for part, result in zip(parts, results, strict=True):
            hypotheses = [self._text(pieces) for pieces in result.hypotheses]
            whole = (text for text in hypotheses if not lost_in_translation(part, text, target, names))
            chosen.append(next(whole, hypotheses[0]))
        return chosen

    def _pieces(self, sentence: str, target: Language) -> list[str]:
        """Return the word pieces of the source; a space before the first word makes it like the others."""
        pieces = self._tokenizer.encode(" " + sentence).tokens
        return [DIRECTIONS[target], *pieces[:MAX_PIECES], END]

    def _text(self, pieces: Sequence[str]) -> str:
        ids = (self._tokenizer.token_to_id(piece) for piece in pieces)
        return self._tokenizer.decode([number for number in ids if number is not None]).strip()
