"""Pseudonyms of attendees: a phone names itself by a random token that only it knows.

Kafka sees a hash of the token, the pseudonym, so nobody who reads the topics can ask for what is somebody's, or change
it.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from msgspec import Meta

from schemas.ids import ListenerId

Token = Annotated[str, Meta(min_length=16, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


def pseudonym(token: str) -> ListenerId:
    """Return the pseudonym of a phone.

    >>> pseudonym("a" * 16)
    '0c0beacef8877bbf2416eb00f2b5dc96'
    """
    return ListenerId(hashlib.sha256(token.encode()).hexdigest()[:32])
