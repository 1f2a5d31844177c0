"""Mail that is set aside and must never be answered: advertising, phishing, automatic replies and mail loops."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from processors.support.fraud_signs import FraudSigns
from processors.support.mail_analysis import AnalyzedMail
from processors.support.words import fold_text
from schemas.support import SetAside

ADVERTISING = "advertising and fraud"
"""Request kind of advertising and fraud."""

MIN_PROBABILITY, MIN_PROBABILITY_WITH_LINK = 0.6, 0.4
"""Probability of that request kind from which a mail is set aside, and the lower one for a mail with a link."""

MIN_PROBABILITY_OF_STRANGER, MIN_PROBABILITY_OF_PERSON = 0.3, 0.85
"""The same for a mail of nothing that a desk is asked about (`FraudSigns.stranger`), and for one in which somebody
speaks of themselves or to the desk (`FraudSigns.speaks`)."""

LOOP_REPEATS, FLOOD_REPEATS = 3, 50
"""Number of identical texts of one sender, each soon after the last, that is taken for two machines that answer each
other: in one thread or with the subject of an answer; and in threads of their own, as a web form with one address for
everybody sends them."""

LOOP_PAUSE = timedelta(minutes=10)
"""Pause after which an identical text is not a repeat: people write "Hola" on several days."""


class Repeats(Struct):
    """Identical texts of one sender, each soon after the last."""

    at: datetime
    """Time of the last."""
    count: int = 0
    in_thread: int = 0
    """Those that were answers, or in the thread of the first."""
    thread: str = ""

    def add(self, at: datetime, thread: str, subject: str) -> None:
        """Count one more."""
        if abs(at - self.at) > LOOP_PAUSE:
            self.count = self.in_thread = 0
            self.thread = ""
        self.thread = self.thread or thread
        self.count += 1
        self.in_thread += thread == self.thread or _is_answer(subject)
        self.at = at

    @property
    def is_loop(self) -> bool:
        """True if two machines seem to answer each other."""
        return self.in_thread >= LOOP_REPEATS or self.count >= FLOOD_REPEATS


def _is_answer(subject: str) -> bool:
    return fold_text(subject[:20]).lstrip().startswith(("re:", "aw:", "sv:", "re :", "antw:", "auto"))


def set_aside_reason(
    analysis: AnalyzedMail, signs: FraudSigns, advertising: int, repeats: Repeats | None = None
) -> SetAside | None:
    """Return the reason for which a mail is set aside, or None.

    Args:
        analysis: the mail.
        signs: signs of fraud and advertising in it.
        advertising: index of `ADVERTISING` among the request kinds.
        repeats: how often the sender sent this text just now, this time included; None without a sender.
    """
    if analysis.automatic:
        return "automatic"
    if repeats is not None and repeats.is_loop:
        return "loop"
    if signs.phishing and not signs.report:
        return "phishing"
    if signs.report or (signs.customer and not signs.pitch):
        return None
    probability = float(analysis.whole.probabilities[0, advertising])
    if signs.pitch or signs.advertising or probability >= _needed_probability(signs):
        return "spam"
    return None


def _needed_probability(signs: FraudSigns) -> float:
    if signs.stranger:
        return MIN_PROBABILITY_OF_STRANGER
    if signs.speaks:
        return MIN_PROBABILITY_OF_PERSON
    return MIN_PROBABILITY_WITH_LINK if signs.link else MIN_PROBABILITY
