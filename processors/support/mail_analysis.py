"""A mail as the desk reads it: own words, sentences, their meaning and what they ask; depends on no other mail."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from processors.social.sentiment import SentimentClassifier, SentimentLabel
from processors.support.language import Language, language
from processors.support.mail_text import customer_text, split_sentences, without_addresses
from processors.support.requests import RequestAnalysis, RequestClassifier
from schemas.support import Mail


class AnalyzedMail(Struct, frozen=True):
    """A mail that was read, before it is filed."""

    mail: Mail
    words: str
    whole: RequestAnalysis
    """of all its words, one row"""
    language: Language
    sentences: tuple[str, ...]
    """empty when there is only one"""
    each: RequestAnalysis
    """theirs"""
    sounds: SentimentLabel | None = None


def analyze_mail(mail: Mail, requests: RequestClassifier, sentiment: SentimentClassifier | None = None) -> AnalyzedMail:
    """Read one for itself, so that the order of mails and the size of batches change nothing."""
    words = customer_text(mail.subject, mail.text)
    whole = requests.analyze([without_addresses(words)])
    sentences = split_sentences(words)
    several = tuple(sentences) if len(sentences) > 1 else ()
    spoken = language(words, float(whole.spanish[0]))
    sounds = sentiment.of(words, whole.own[0])[0] if sentiment and not mail.automatic else None
    return AnalyzedMail(mail, words, whole, spoken, several, requests.analyze(several), sounds)


def analyze_mails(
    mails: Sequence[Mail], requests: RequestClassifier, sentiment: SentimentClassifier | None = None
) -> list[AnalyzedMail]:
    """Read each of a batch."""
    return [analyze_mail(mail, requests, sentiment) for mail in mails]
