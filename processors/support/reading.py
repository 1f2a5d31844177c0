"""A mail as the desk reads it: own words, sentences, their meaning and what they ask; depends on no other mail."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from processors.social.sentiment import Sentiment, Sounds
from processors.support.language import Language, language
from processors.support.mail_text import own_words, sentences_of, without_addresses
from processors.support.requests import Requests, Understood
from schemas.support import Mail


class Read(Struct, frozen=True):
    """A mail that was read, before it is filed."""

    mail: Mail
    words: str
    whole: Understood
    """of all its words, one row"""
    language: Language
    sentences: tuple[str, ...]
    """empty when there is only one"""
    each: Understood
    """theirs"""
    sounds: Sounds | None = None


def read_mail(mail: Mail, requests: Requests, sentiment: Sentiment | None = None) -> Read:
    """Read one for itself, so that the order of mails and the size of batches change nothing."""
    words = own_words(mail.subject, mail.text)
    whole = requests.understand([without_addresses(words)])
    sentences = sentences_of(words)
    several = tuple(sentences) if len(sentences) > 1 else ()
    spoken = language(words, float(whole.spanish[0]))
    sounds = sentiment.of(words, whole.own[0])[0] if sentiment and not mail.automatic else None
    return Read(mail, words, whole, spoken, several, requests.understand(several), sounds)


def read_mails(mails: Sequence[Mail], requests: Requests, sentiment: Sentiment | None = None) -> list[Read]:
    """Read each of a batch."""
    return [read_mail(mail, requests, sentiment) for mail in mails]
