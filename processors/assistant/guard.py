"""Requests that get nowhere: other people's data, injected instructions, abuse."""

from __future__ import annotations

import re

from processors.assistant.lexicon import lexicon
from processors.assistant.question import Question

_LISTENER_ID = re.compile(r"\bu\d{2,4}\b|\bg\d{2}\b")
_OWN = re.compile(r"\b(?:mi|mis|my|mio|mia)\s+(?:saldo|balance|telefono|phone|movil|entrada|ticket|pulsera|wristband)")


def refusal(question: Question) -> str | None:
    """Return the name of the phrase with which a request is refused, or None."""
    names = lexicon().names("hostile", question.words)
    if "injection" in names:
        return "injection"
    if _LISTENER_ID.search(question.words) or (
        "privacy" in names and not _OWN.search(question.words) and not question.acts
    ):
        return "privacy"
    if "abuse" in names and not (question.acts or question.places or question.kinds):
        return "abuse"
    return None
