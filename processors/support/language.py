"""Language of a text: Spanish, English or another one.

Two naive Bayes classifiers. Spanish against English is decided by the log odds of the encoder's word pieces, which also
hold for one or two words. Another language is recognised by py3langid (byte n-grams; Lui and Baldwin, langid.py, 2012).
docs/decisions/0013-language-identification.md has the figures of both, and of other libraries.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from py3langid.langid import MODEL_FILE, LanguageIdentifier

Language = Literal["es", "en", "other"]

CANDIDATES: Final = ("es", "en", "pt", "fr", "it", "ca", "de", "nl", "gl", "eu", "pl", "ro", "sv", "da", "no")
"""Languages among which py3langid chooses: those of Spain and of the visitors of its festivals."""

MIN_OWN_PROBABILITY: Final = 0.02
"""Probability of Spanish and English together below which a text is of another language.

Chosen on one half of the texts of `training.encoder.languages` so that short Spanish and English texts lose nothing."""

MARK_LOG_ODDS: Final = 2.0
"""Log odds of Spanish for each vowel with an acute accent; ¿, ¡ and ñ count twice."""

_MAX_CHARACTERS, _MAX_LIBRARY_CHARACTERS = 2_000, 300
"""Characters that are read for accents and letters, and by py3langid, whose time grows with the text (1 µs each)."""

_LAST_LATIN = "ɏ"
"""Last letter of Unicode's block Latin Extended-B; py3langid is not asked about other scripts."""


def detect_language(text: str, spanish_log_odds: float) -> Language:
    """Return the language of a text.

    Args:
        text: the customer's own words; the first 2,000 characters are read.
        spanish_log_odds: log odds of Spanish against English, from `Encoder.encode`.

    >>> detect_language("Где моя сумка?", 0.2), detect_language("¿Dónde está?", 4), detect_language("Where is it?", -5)
    ('other', 'es', 'en')
    >>> detect_language("Bonjour, je ne trouve pas mon billet, merci", 1.0)
    'other'
    """
    head = text[:_MAX_CHARACTERS]
    letters = [letter for letter in head if letter.isalpha()]
    if not letters or sum(letter > _LAST_LATIN for letter in letters) > len(letters) / 2:
        return "other"
    probabilities = dict(_identifier().rank(head[:_MAX_LIBRARY_CHARACTERS]))
    if probabilities["es"] + probabilities["en"] < MIN_OWN_PROBABILITY:
        return "other"
    marks = 2 * sum(head.count(sign) for sign in "¿¡ñÑ") + sum(letter in "áéíóúÁÉÍÓÚ" for letter in letters)
    return "es" if spanish_log_odds + MARK_LOG_ODDS * marks > 0 else "en"


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """Load py3langid's model, which takes 0.7 s. Reading from it is safe from several threads."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(CANDIDATES))
    return identifier
