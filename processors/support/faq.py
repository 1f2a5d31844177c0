"""The public page of frequently asked questions: approved answers, those of the most frequent topics first.

A page that others may read shows no text of a customer: clusters without an approved answer are listed for staff only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from jinja2 import Environment
from msgspec import Struct

from processors.support.answers import AnswerCatalogue
from schemas.support import ClusterSummary

TITLES: Final = {"es": "Preguntas frecuentes", "en": "Frequently asked questions"}

_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!DOCTYPE html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }
summary { font-weight: 600; cursor: pointer; padding: .4rem 0 }
details p { margin: .3rem 0 1rem }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
{% for entry in entries %}
<details>
<summary>{{ entry.question }}</summary>
<p>{{ entry.answer }}</p>
</details>
{% endfor %}
</main>
</body>
</html>
""")


class FaqEntry(Struct, frozen=True):
    """A question of the page with its answer."""

    topic: str
    mails: int
    question: str
    answer: str


def faq_entries(
    clusters: Iterable[ClusterSummary], answers: AnswerCatalogue, language: Literal["es", "en"]
) -> list[FaqEntry]:
    """Return the questions that have an approved answer in a language, most asked first."""
    mails: dict[str, int] = {}
    for cluster in clusters:
        mails[cluster.topic] = mails.get(cluster.topic, 0) + cluster.mails
    return most_asked_entries(mails, answers, language)


def most_asked_entries(
    mails: Mapping[str, int], answers: AnswerCatalogue, language: Literal["es", "en"]
) -> list[FaqEntry]:
    """Return the questions that have an approved answer in a language, most asked first.

    An answer that needs the facts of a mail is left out unless it has a text without them.

    Args:
        mails: number of mails by topic.
        answers: approved answers.
        language: language of the page.
    """
    entries = []
    for topic, number in mails.items():
        answer = answers.by_topic.get(topic)
        text = answer.text(language) if answer else None
        if text is not None and (text.without_facts or "{" not in text.answer):
            entries.append(FaqEntry(topic, number, text.question, text.without_facts or text.answer))
    return sorted(entries, key=lambda entry: (-entry.mails, entry.topic))


def unanswered_clusters(clusters: Iterable[ClusterSummary], answers: AnswerCatalogue) -> list[ClusterSummary]:
    """Return the clusters without an approved answer, largest first, for staff."""
    unanswered = [cluster for cluster in clusters if cluster.topic not in answers.by_topic]
    return sorted(unanswered, key=lambda cluster: -cluster.mails)


def faq_html(entries: Iterable[FaqEntry], language: Literal["es", "en"]) -> str:
    """Return a self-contained HTML page."""
    return _PAGE.render(language=language, title=TITLES[language], entries=list(entries))


def faq_markdown(entries: Iterable[FaqEntry], language: Literal["es", "en"]) -> str:
    """Return the page as Markdown."""
    parts = [f"# {TITLES[language]}"]
    for entry in entries:
        parts += [f"## {_escape_markdown(entry.question)}", _escape_markdown(entry.answer)]
    return "\n\n".join(parts) + "\n"


def _escape_markdown(text: str) -> str:
    """Escape the characters that Markdown or HTML would take for markup."""
    for mark in "\\`*_<>[]#":
        text = text.replace(mark, f"\\{mark}")
    return text
