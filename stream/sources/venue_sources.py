"""Sources that the venue file names."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.captions import CAPTION_SETTINGS
from schemas.ids import StageId
from schemas.tickets import TICKETS
from schemas.venue import Venue
from schemas.visuals import VISUALS
from stream.features.music.lights import desks_of
from stream.runtime.settings import Settings
from stream.sources.camera import CameraSource
from stream.sources.mailbox import MailboxSource
from stream.sources.order_server import OrderServer
from stream.sources.order_server import token_of as orders_token_of
from stream.sources.post_server import PostServer
from stream.sources.post_server import token_of as posts_token_of
from stream.sources.sound import MicrophoneSource
from stream.sources.source import Source
from stream.sources.speech import SpeechSource
from stream.sources.till_server import TillServer, token_of


def sources_of(venue: Venue, settings: Settings) -> list[Source]:
    """Return a source for each camera and stage with a URL, each mailbox, and the endpoints that it names."""
    sources: list[Source] = [
        CameraSource(camera.id, camera.url, frames_per_second=camera.frames_per_second)
        for camera in venue.cameras
        if camera.url
    ]
    sources += [microphone_of(venue, stage.id, stage.url) for stage in venue.stages if stage.url]
    feeds = venue.section(CAPTION_SETTINGS).feeds
    sources += [SpeechSource(feed.stage, feed.url) for feed in feeds if feed.url]
    sources += [
        MailboxSource(
            box.id,
            box.url,
            state=settings.data / f"mailbox-{box.id}.json",
            password=_password_of(box.id, settings),
            poll_seconds=box.poll_seconds,
            old_after=timedelta(hours=box.old_after_hours),
            since=_in_zone(box.since, venue.timezone),
        )
        for box in venue.mailboxes
    ]
    if venue.tills is not None:
        sources.append(till_server(venue, settings, venue.tills.port))
    if venue.social is not None:
        sources.append(post_server(settings, venue.social.port))
    if (orders := venue.section(TICKETS).server) is not None:
        sources.append(order_server(venue, settings, orders.port))
    return sources


def microphone_of(venue: Venue, stage: StageId, url: str, *, loop: bool = True) -> MicrophoneSource:
    """Return the microphone of a stage, with the lighting desks and visuals that follow it."""
    visuals = next((one for one in venue.section(VISUALS) if one.stage == stage), None)
    return MicrophoneSource(stage, url, loop=loop, lights=desks_of(venue, stage), visuals=visuals)


def _password_of(mailbox: str, settings: Settings) -> str:
    password = settings.mailbox_password_of(mailbox)
    return password.get_secret_value() if password else ""


def post_server(settings: Settings, port: int) -> PostServer:
    """Return the endpoint for social posts; port 0 takes the port of last time, else any free one."""
    return PostServer(
        port=port, token=posts_token_of(settings), bind=settings.bind, announced=settings.data / "posts.json"
    )


def till_server(venue: Venue, settings: Settings, port: int) -> TillServer:
    """Return the endpoint for tickets; port 0 takes the port of last time, else any free one."""
    return TillServer(
        venue, port=port, token=token_of(settings), bind=settings.bind, announced=settings.data / "tills.json"
    )


def order_server(venue: Venue, settings: Settings, port: int) -> OrderServer:
    """Return the endpoint for orders of ticket shops; port 0 takes the port of last time, else any free one."""
    return OrderServer(
        venue, port=port, token=orders_token_of(settings), bind=settings.bind, announced=settings.data / "orders.json"
    )


def _in_zone(time: datetime | None, timezone: str) -> datetime | None:
    """Return a time of the venue file, which without an offset is in the venue's own zone."""
    if time is None or time.tzinfo is not None:
        return time
    return time.replace(tzinfo=ZoneInfo(timezone))
