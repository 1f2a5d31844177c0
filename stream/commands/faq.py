"""`pulso faq`: the most frequent questions with their approved answers, as HTML and Markdown in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from stream.commands.tables import folding_table, print_output
from stream.runtime.settings import Settings

LANGUAGES: tuple[Literal["es", "en"], ...] = ("es", "en")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(faq)


def faq(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; created if missing.")] = Path("faq"),
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Also list frequent questions without an approved answer, for staff.")
    ] = False,
) -> None:
    """Write faq.es.html, faq.en.html, faq.es.md and faq.en.md from the mails so far."""
    from processors.support.answers import read_answers  # noqa: PLC0415 - takes a second
    from processors.support.faq import faq_entries, faq_html, faq_markdown, unanswered_clusters  # noqa: PLC0415
    from stream.features.support.approved_answers import with_approved_answers  # noqa: PLC0415
    from stream.features.support.latest_clusters import latest_clusters  # noqa: PLC0415

    settings = Settings().connected()
    console = Console()
    answers = with_approved_answers(settings, read_answers(settings.answers))
    clusters = latest_clusters(settings)
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        found = faq_entries(clusters, answers, language)
        (out / f"faq.{language}.html").write_text(faq_html(found, language), encoding="utf-8")
        (out / f"faq.{language}.md").write_text(faq_markdown(found, language), encoding="utf-8")
        console.print(f"{out / f'faq.{language}.html'}: {len(found)} questions", highlight=False)
    if waiting:
        table = folding_table("mails", "topic", "cluster", "most typical mail")
        for one in unanswered_clusters(clusters, answers):
            table.add_row(str(one.mails), one.topic, one.id, one.text)
        print_output(table)
