"""Pages of a report: HTML in one language, and PDF."""

from __future__ import annotations

from processors.report.day import DayReport
from processors.report.page import Language, report_page
from processors.support.topics import read_topics, topic_names
from stream.features.registry import message_catalog
from stream.runtime.settings import Settings


def html_of(report: DayReport, settings: Settings, language: Language) -> str:
    """Return the page of a report, with the titles of alert rules and the names of the support desk's topics."""
    names = topic_names(read_topics(settings.topics))
    topics = {topic: texts.get(language, topic) for topic, texts in names.items()}
    return report_page(report, language, message_catalog().titles(language), topics)


def pdf_of(page: str) -> bytes:
    """Return a page as PDF/UA, which screen readers can read. It fetches nothing: the page has all it needs inside."""
    from weasyprint import HTML  # type: ignore[import-untyped] # noqa: PLC0415 - loads Pango

    content: bytes = HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")
    return content
