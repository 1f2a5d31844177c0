"""`pulso support`: teach the desk, make a topic of a cluster, forget one person's mail, report a day's weak points."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from schemas.social import POST_READINGS
from schemas.support import CORRECTIONS, TRIAGE, SupportCorrection
from schemas.topic import Topic
from stream.commands.faq import LANGUAGES
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.runtime.venue_file import read_venue

commands = typer.Typer(help="Teach the support desk, let it forget someone's mail, report a day.", no_args_is_help=True)

By = Annotated[str, typer.Option(help="Who acts.", default_factory=getpass.getuser, show_default="your user name")]
TopicName = Annotated[str, typer.Argument(help="Name of the topic; a new name makes a new topic.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="support")


def send(settings: Settings, **fields: Any) -> SupportCorrection:
    """Write one correction for the support worker."""
    record = {"id": str(uuid.uuid4()), "time": datetime.now(UTC)} | fields
    correction = msgspec.convert(record, SupportCorrection)
    with EventProducer(settings) as producer:
        producer.send(
            CORRECTIONS,
            key=correction.id,
            value=correction,
            id=correction.id,
            source=f"cli/{correction.by}",
            time=correction.time,
        )
    return correction


@commands.command()
def teach(
    topic: TopicName,
    text: Annotated[str, typer.Argument(help="What a customer wrote; one sentence teaches best.")],
    by: By,
    message: Annotated[str | None, typer.Option(help="Id of the mail, so that it can be forgotten with it.")] = None,
) -> None:
    """Put a text under a topic; the next mail that is like it goes there."""
    send(Settings().connected(), action="topic", topic=topic, text=text, by=by, message=message)
    Console().print(f"taught: {topic}", highlight=False)


@commands.command()
def promote(
    cluster: Annotated[str, typer.Argument(help="Id of the cluster, as `pulso faq --waiting` shows it.")],
    topic: TopicName,
    by: By,
) -> None:
    """Make a topic of a cluster: its most typical mails become the examples."""
    send(Settings().connected(), action="promote", cluster=cluster, topic=topic, by=by)
    Console().print(f"promoted: {cluster} is {topic}", highlight=False)


@commands.command()
def forget(
    sender: Annotated[str, typer.Argument(help="The mail address whose mails must be forgotten.")],
    by: By,
) -> None:
    """Take one person's mails out of every example that the desk keeps.

    What Kafka still holds of them expires by itself: mails after three days, results after one.
    """
    send(Settings().connected(), action="erase", sender=sender, by=by)
    Console().print("forgotten by the desk; what Kafka holds expires within three days", highlight=False)


@commands.command()
def report(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of the venue's time zone.", show_default="today")
    ] = None,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; made if missing.")] = Path("report"),
) -> None:
    """Write what the day's mail and posts say is weak, for product and training: HTML and Markdown, both languages.

    Kafka keeps results for one day: run it every evening.
    """
    from processors.support.day_pages import report_html, report_markdown  # noqa: PLC0415 - Jinja takes a moment
    from processors.support.day_report import day_report  # noqa: PLC0415
    from processors.support.topics import read_topics, topic_names  # noqa: PLC0415

    settings = Settings().connected()
    errors, console = Console(stderr=True), Console()
    zone = ZoneInfo(read_venue(settings.venue).timezone)
    asked = day.date() if day else datetime.now(zone).date()
    names = topic_names(read_topics(settings.topics))
    mails, posts = _results(settings, TRIAGE), _results(settings, POST_READINGS)
    found = day_report(asked, mails, posts, zone)
    if not found.mails and not found.posts:
        errors.print(f"no mail and no post of {asked}: Kafka keeps results for one day", highlight=False)
        raise typer.Exit(1)
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        for suffix, page in (("html", report_html), ("md", report_markdown)):
            path = out / f"support-{asked}.{language}.{suffix}"
            path.write_text(page(found, language, names), encoding="utf-8")
            console.print(str(path), highlight=False)


def _results(settings: Settings, topic: Topic[Any]) -> list[Any]:
    assert topic.record is not None  # noqa: S101 - results are JSON
    messages = read_all(settings, topic.name)
    return [msgspec.json.decode(message.value() or b"{}", type=topic.record) for message in messages]
