"""Overview of the sources that a venue file names: the address of each, and what still has to be set up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.addresses import MAIL_SERVERS, without_password
from schemas.bars import DemandForecast
from schemas.tickets import TICKETS
from schemas.venue import Venue
from stream.runtime.addresses import is_private
from stream.runtime.settings import Settings, mailbox_variable
from stream.sources.local_path import local_path


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source.

    Attributes:
        where: its address without a password.
        lacks: what to do before it works; empty when everything needed is there.
    """

    source: str
    where: str
    lacks: str = ""


def source_lines(venue: Venue, settings: Settings) -> Iterator[SourceLine]:
    """Yield every source and receiver that the file names, in the order in which `pulso up` lists them."""
    for camera in venue.cameras:
        if camera.url:
            yield SourceLine(f"camera {camera.id}", without_password(camera.url), _missing_file(camera.url))
    for stage in venue.stages:
        if stage.url:
            yield SourceLine(f"microphone {stage.id}", without_password(stage.url), _missing_file(stage.url))
    for box in venue.mailboxes:
        lacks = _missing_file(box.url) or _incomplete_maildir(box.url)
        if urlsplit(box.url).scheme in MAIL_SERVERS and settings.mailbox_password_of(box.id) is None:
            lacks = "set PULSO_MAILBOX_PASSWORD"
            if len(venue.mailboxes) > 1:
                lacks += f", or {mailbox_variable(box.id)} for this mailbox alone"
        yield SourceLine(f"mailbox {box.id}", without_password(box.url), lacks)
    if venue.tills is not None:
        token = "PULSO_TILL_TOKEN" if settings.till_token else str(settings.data / "till-token")
        yield SourceLine("tills", f"{_port(venue.tills.port)}, POST /v1/tickets, token in {token}")
    if venue.social is not None:
        token = "PULSO_POSTS_TOKEN" if settings.posts_token else str(settings.data / "posts-token")
        yield SourceLine("social posts", f"{_port(venue.social.port)}, POST /v1/posts, token in {token}")
    if (orders := venue.section(TICKETS).server) is not None:
        token = "PULSO_ORDERS_TOKEN" if settings.orders_token else str(settings.data / "orders-token")
        yield SourceLine("ticket shops", f"{_port(orders.port)}, POST /v1/orders, token in {token}")
    if venue.contacts:
        yield _contacts(settings)


def till_clock_lines(forecasts: Iterable[DemandForecast]) -> Iterator[SourceLine]:
    """Yield the tills whose clocks are wrong, by the latest forecast of each bar."""
    for forecast in forecasts:
        for clock in forecast.clocks:
            if clock.ahead_seconds:
                minutes, side = abs(clock.ahead_seconds) / 60, "ahead" if clock.ahead_seconds > 0 else "behind"
                yield SourceLine(
                    f"till {clock.till}",
                    f"bar {forecast.bar}",
                    f"its clock is {minutes:.0f} min {side}: set it; {clock.corrected} of its tickets were corrected",
                )


def direct_hosts(venue: Venue) -> list[str]:
    """Return the hosts of local networks that the file's addresses name: no proxy of the environment reaches them."""
    urls = [camera.url for camera in venue.cameras] + [stage.url for stage in venue.stages]
    urls += [box.url for box in venue.mailboxes]
    hosts = [urlsplit(url).hostname or "" for url in urls if url]
    return sorted({host for host in hosts if is_private(host)})


def _missing_file(url: str) -> str:
    """Return a reason if a path does not exist; devices and streams are only known once they are opened."""
    path = local_path(url)
    if path is None or url.isdigit() or path.is_relative_to("/dev"):
        return ""
    try:
        exists = path.exists()
    except OSError as error:  # such as a name that is too long
        return f"{without_password(str(path.absolute()))} can't be opened: {error.strerror}"
    return "" if exists else f"{without_password(str(path.absolute()))} does not exist"


def _incomplete_maildir(url: str) -> str:
    """Return a reason if a folder is neither a Maildir nor one of .eml files."""
    path = local_path(url)
    if path is None:
        return ""
    parts = [part for part in ("cur", "new", "tmp") if (path / part).is_dir()]
    if not path.is_dir() or {"cur", "new"} <= set(parts):
        return ""
    if parts:
        missing = " and ".join(f"{part}/" for part in ("cur", "new") if part not in parts)
        return f"{path.absolute()} looks like a Maildir, but has no {missing}"
    if any(file.suffix.lower() == ".eml" for file in path.iterdir()):
        return ""
    inner = sorted(one.name for one in path.iterdir() if (one / "cur").is_dir() and (one / "new").is_dir())
    if inner:
        return f"{path.absolute()} holds Maildirs ({', '.join(inner[:3])}); name one of them"
    return f"{path.absolute()} has no cur/ and new/ of a Maildir, and no .eml file yet"


def _contacts(settings: Settings) -> SourceLine:
    if settings.contacts is None:
        return SourceLine("phones and chats", "", "set PULSO_CONTACTS to an Apprise file, or nobody is notified")
    lacks = "" if settings.contacts.is_file() else f"{settings.contacts.absolute()} does not exist"
    return SourceLine("phones and chats", str(settings.contacts), lacks)


def _port(port: int) -> str:
    return f"port {port}" if port else "a free port"
