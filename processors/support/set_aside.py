"""Mail that is set aside and must never be answered: advertising, phishing, automatic replies and mail loops."""

from __future__ import annotations

import re

from processors.support.mail_analysis import AnalyzedMail
from processors.support.words import fold_text
from schemas.support import SetAside

ADVERTISING = "advertising and fraud"
"""Request kind of advertising and fraud."""

MIN_PROBABILITY, MIN_PROBABILITY_WITH_LINK = 0.6, 0.4
"""Probability of that request kind from which a mail is set aside, and the lower one for a mail with a link."""

LOOP_REPEATS = 3
"""Number of identical texts of one sender that is taken for two machines that answer each other."""

_MAX_CHARACTERS = 4_000
_LINK = re.compile(r"https?://|www\.|\bclick\b|\bclic\b|\bpulse aqui\b|\bhaga clic\b")
_BAIT = re.compile(
    r"\b(?:password|contrasena|pin\b|bank (?:details|account)|datos bancarios|cuenta (?:bancaria|sera|ha sido)|iban|"
    r"verif(?:y|ique|icar)|confirm (?:your|the)|suspend|bloquead|limited|bitcoin|gift card|tarjeta regalo|macros|"
    r"wire|transferencia|herencia|inheritance|million(?:es)?|premio|prize|winner|ganador|selected)"
)


def set_aside_reason(analysis: AnalyzedMail, advertising: int, repeats: int) -> SetAside | None:
    """Return the reason for which a mail is set aside, or None.

    Args:
        analysis: the mail.
        advertising: index of `ADVERTISING` among the request kinds.
        repeats: number of times that the sender has sent this text recently, this time included.
    """
    if analysis.mail.automatic:
        return "automatic"
    if repeats >= LOOP_REPEATS:
        return "loop"
    folded = fold_text(f"{analysis.mail.subject} {analysis.mail.text[:_MAX_CHARACTERS]}")
    has_link = _LINK.search(folded) is not None
    probability = float(analysis.whole.probabilities[0, advertising])
    if probability < (MIN_PROBABILITY_WITH_LINK if has_link else MIN_PROBABILITY):
        return None
    return "phishing" if _BAIT.search(folded) else "spam"
