"""`pulso support`: teach topics, promote clusters, erase a person's mail, and report a day's complaints."""

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

commands = typer.Typer(help="Teach the support desk, erase a person's mail, report a day.", no_args_is_help=True)

By = Annotated[str, typer.Option(help="Who acts.", default_factory=getpass.getuser, show_default="your user name")]
TopicName = Annotated[str, typer.Argument(help="Name of the topic; a new name creates a topic.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="support")


def send(settings: Settings, **fields: Any) -> SupportCorrection:
    """Send one correction to the support worker and return it."""
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
    text: Annotated[str, typer.Argument(help="Text of a customer; one sentence works best.")],
    by: By,
    message: Annotated[str | None, typer.Option(help="Id of the mail; the example is erased with it.")] = None,
) -> None:
    """Add a text as an example of a topic; similar mails are assigned to it from then on."""
    send(Settings().connected(), action="topic", topic=topic, text=text, by=by, message=message)
    Console().print(f"taught: {topic}", highlight=False)


@commands.command()
def promote(
    cluster: Annotated[str, typer.Argument(help="Id of the cluster, as `pulso faq --waiting` shows it.")],
    topic: TopicName,
    by: By,
) -> None:
    """Make a topic of a cluster; its most typical mails become the examples."""
    send(Settings().connected(), action="promote", cluster=cluster, topic=topic, by=by)
    Console().print(f"promoted: {cluster} is {topic}", highlight=False)


@commands.command()
def forget(
    sender: Annotated[str, typer.Argument(help="Mail address whose mails are erased.")],
    by: By,
) -> None:
    """Erase one person's mails from all examples of the support desk.

    Copies in Kafka expire: mails after three days, results after one.
    """
    send(Settings().connected(), action="erase", sender=sender, by=by)
    Console().print("erased from the desk; copies in Kafka expire within three days", highlight=False)


@commands.command()
def report(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day in the venue's time zone.", show_default="today")
    ] = None,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; created if missing.")] = Path(
        "report"
    ),
) -> None:
    """Write a report of the day's complaints in mail and posts, as HTML and Markdown in both languages.

    Kafka keeps results for one day, so run it every evening.
    """
    from processors.support.day_pages import report_html, report_markdown  # noqa: PLC0415 - Jinja takes a moment
    from processors.support.day_report import day_report  # noqa: PLC0415
    from processors.support.topics import read_topics, topic_names  # noqa: PLC0415

    settings = Settings().connected()
    errors, console = Console(stderr=True), Console()
    zone = ZoneInfo(read_venue(settings.venue).timezone)
    date = day.date() if day else datetime.now(zone).date()
    names = topic_names(read_topics(settings.topics))
    mails, posts = _results(settings, TRIAGE), _results(settings, POST_READINGS)
    content = day_report(date, mails, posts, zone)
    if not content.mails and not content.posts:
        errors.print(f"no mail and no post of {date}: Kafka keeps results for one day", highlight=False)
        raise typer.Exit(1)
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        for suffix, page in (("html", report_html), ("md", report_markdown)):
            path = out / f"support-{date}.{language}.{suffix}"
            path.write_text(page(content, language, names), encoding="utf-8")
            console.print(str(path), highlight=False)


def _results(settings: Settings, topic: Topic[Any]) -> list[Any]:
    decoder = msgspec.json.Decoder(topic.record or msgspec.Raw)
    return [decoder.decode(message.value() or b"{}") for message in read_all(settings, topic.name)]
