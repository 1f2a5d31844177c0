"""Analysis of one mail: own words, sentences, embeddings, language and sentiment; independent of all other mails."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from processors.social.sentiment import SentimentClassifier, SentimentLabel
from processors.support.automatic_replies import is_automatic_reply
from processors.support.language import Language, detect_language
from processors.support.mail_text import customer_text, split_sentences, without_addresses
from processors.support.requests import RequestAnalysis, RequestClassifier
from schemas.support import Mail


class AnalyzedMail(Struct, frozen=True):
    """A mail and its analysis, before it is filed."""

    mail: Mail
    text: str
    """The customer's own words: subject and body."""
    whole: RequestAnalysis
    """Analysis of the whole text, one row."""
    language: Language
    sentences: tuple[str, ...]
    """Sentences of the text; empty if there is only one."""
    by_sentence: RequestAnalysis
    """Analysis of the sentences, one row each."""
    automatic: bool = False
    """Automatic reply or bounce, by the headers or by what it says."""
    sentiment: SentimentLabel | None = None
    """None for an automatic mail, and if no sentiment classifier was given."""


def analyze_mail(mail: Mail, requests: RequestClassifier, sentiment: SentimentClassifier | None = None) -> AnalyzedMail:
    """Analyze one mail, so that neither the order of mails nor the size of batches changes the result."""
    text = customer_text(mail.subject, mail.text)
    whole = requests.analyze([without_addresses(text)])
    sentences = split_sentences(text)
    several = tuple(sentences) if len(sentences) > 1 else ()
    language = detect_language(text, float(whole.spanish_log_odds[0]))
    automatic = mail.automatic or is_automatic_reply(mail.subject, mail.sender, text)
    label = sentiment.classify(text, whole.encoder_vectors[0])[0] if sentiment and not automatic else None
    return AnalyzedMail(mail, text, whole, language, several, requests.analyze(several), automatic, label)


def analyze_mails(
    mails: Sequence[Mail], requests: RequestClassifier, sentiment: SentimentClassifier | None = None
) -> list[AnalyzedMail]:
    """Analyze each mail of a batch."""
    return [analyze_mail(mail, requests, sentiment) for mail in mails]
