"""The page of frequently asked questions, made from the clusters: most asked first, with the approved answers.

What customers wrote is on no page that others may read: a topic without an approved answer is only told to staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from jinja2 import Environment
from msgspec import Struct

from processors.support.answers import AnswerCatalogue
from processors.support.cluster import Cluster

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
    """One question of the page."""

    topic: str
    mails: int
    question: str
    answer: str


class UnansweredCluster(Struct, frozen=True):
    """What is asked and has no approved answer."""

    topic: str
    """empty when the cluster has none"""
    cluster: str
    mails: int
    question: str
    """the most typical mail, masked"""


def faq_entries(clusters: Iterable[Cluster], answers: AnswerCatalogue, language: Literal["es", "en"]) -> list[FaqEntry]:
    """Questions that have an approved answer in a language, most asked first."""
    mails: dict[str, int] = {}
    for cluster in clusters:
        topic = next(iter(cluster.topics.top(1)), "")
        mails[topic] = mails.get(topic, 0) + cluster.size
    return most_asked_entries(mails, answers, language)


def most_asked_entries(
    mails: Mapping[str, int], answers: AnswerCatalogue, language: Literal["es", "en"]
) -> list[FaqEntry]:
    """Questions by topic and how many mails ask them, most asked first; only those with an approved answer.

    An answer that needs the facts of a mail is on no page: nobody wrote what to say without them.
    """
    found = []
    for topic, number in mails.items():
        answer = answers.by_topic.get(topic)
        text = answer.text(language) if answer else None
        if text is not None and (text.without_facts or "{" not in text.answer):
            found.append(FaqEntry(topic, number, text.question, text.without_facts or text.answer))
    return sorted(found, key=lambda entry: (-entry.mails, entry.topic))


def unanswered_clusters(clusters: Iterable[Cluster], answers: AnswerCatalogue) -> list[UnansweredCluster]:
    """For staff: clusters without an approved answer, largest first."""
    found = []
    for cluster in clusters:
        topic = next(iter(cluster.topics.top(1)), "")
        if topic not in answers.by_topic:
            found.append(UnansweredCluster(topic, cluster.id, cluster.size, cluster.question()))
    return sorted(found, key=lambda one: -one.mails)


def faq_html(found: Iterable[FaqEntry], language: Literal["es", "en"]) -> str:
    """A page that needs nothing else."""
    return _PAGE.render(language=language, title=TITLES[language], entries=list(found))


def faq_markdown(found: Iterable[FaqEntry], language: Literal["es", "en"]) -> str:
    """The same as Markdown."""
    parts = [f"# {TITLES[language]}"]
    for entry in found:
        parts += [f"## {_plain(entry.question)}", _plain(entry.answer)]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Characters that Markdown or HTML would take for markup, escaped."""
    for mark in "\\`*_<>[]#":
        text = text.replace(mark, f"\\{mark}")
    return text
