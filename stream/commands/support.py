"""`pulso support`: teach the support desk, make a topic of a cluster, and forget one person's mail, from a terminal."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from schemas.events import SupportCorrection
from schemas.topics import CORRECTIONS
from stream.producer import EventProducer
from stream.settings import Settings

commands = typer.Typer(help="Teach the support desk, or let it forget someone's mail.", no_args_is_help=True)

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
