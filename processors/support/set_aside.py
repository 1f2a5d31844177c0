"""Mail that must never be answered: advertising, phishing, machines, and loops between machines."""

from __future__ import annotations

import re

from processors.support.mail_analysis import AnalyzedMail
from processors.support.words import fold_text
from schemas.support import SetAside

ADVERTISING = "advertising and fraud"
"""the kind of request that is none"""

SURE, SURE_WITH_LINK = 0.6, 0.4
"""chance from which a mail is junk; less is enough when it wants a link to be followed"""

LOOP = 3
"""the same words from the same sender so many times are two machines that talk to each other"""

_LINK = re.compile(r"https?://|www\.|\bclick\b|\bclic\b|\bpulse aqui\b|\bhaga clic\b")
_BAIT = re.compile(
    r"\b(?:password|contrasena|pin\b|bank (?:details|account)|datos bancarios|cuenta (?:bancaria|sera|ha sido)|iban|"
    r"verif(?:y|ique|icar)|confirm (?:your|the)|suspend|bloquead|limited|bitcoin|gift card|tarjeta regalo|macros|"
    r"wire|transferencia|herencia|inheritance|million(?:es)?|premio|prize|winner|ganador|selected)"
)


def set_aside_reason(read: AnalyzedMail, advertising: int, repeated: int) -> SetAside | None:
    """Why a mail is set aside, or None.

    Args:
        read: the mail.
        advertising: place of `ADVERTISING` among the kinds of request.
        repeated: how often the same sender has sent these words lately, this time included.
    """
    if read.mail.automatic:
        return "automatic"
    if repeated >= LOOP:
        return "loop"
    words = fold_text(f"{read.mail.subject} {read.mail.text[:4_000]}")
    linked = _LINK.search(words) is not None
    chance = float(read.whole.chances[0, advertising])
    if chance < (SURE_WITH_LINK if linked else SURE):
        return None
    return "phishing" if _BAIT.search(words) else "spam"
