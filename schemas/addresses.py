"""Addresses of sources in the venue file: checks that name the remedy, and texts that show no password."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator

STREAMS = (
    "rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp", "tls", "rist", "rtspu", "rtspt",
    "rtmpe", "rtmpt", "rtmpte", "rtmpts", "srtp", "udplite", "sctp", "unix", "ftp", "sftp", "mms", "mmsh", "mmst",
    "mmsu", "icecast", "hls", "hls+http", "hls+https", "gopher", "gophers", "file", "v4l2", "sdp", "amqp", "zmq",
)  # fmt: skip
"""Schemes that ffmpeg or a device reads; a scheme beside them is a mistake."""

MAIL_SERVERS = ("imaps", "imap")

_SUGGESTED = {"rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "imaps"}
"""Schemes that are suggested in place of a mistyped one."""

_DEVICES = ("alsa", "pulse", "avfoundation", "dshow", "v4l2", "video4linux2", "file", "concat", "lavfi", "device")
"""Names before a single colon that are no scheme of a network address."""

_WITHOUT_HOST = ("file", "unix", "v4l2", "udp", "rtp", "srt", "tcp", "tls", "rist")
"""Schemes whose address may have no host, such as one that waits for the sender."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]+")
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]{1,2}[^\s\"'<>|]+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")

_WITHOUT_SCHEME = re.compile(
    r"([^/\\]*@)?(\d+(\.\d+){3}|\[[0-9A-Fa-f:.]+\]|(localhost|[\w-]+(\.[\w-]+)+)(?=:\d))(:\d+)?([/?].*)?"
    r"|[^/\\:@]+:[^/\\]*@[\w.-]+(:\d+)?([/?].*)?"
)
"""An address of a machine that lacks its scheme; a path with such a beginning is hardly one."""

_HOST_AFTER_PASSWORD = re.compile(r"(\d+(\.\d+){3}|\[[^\]]*\]|[\w.-]+:\d+)([:/?#]|$)|[\w-]+(\.[\w-]+)+/")
"""Host behind the @ of a name and password of which a part was taken for the host."""

_SHOWN_SCHEMES = frozenset({*STREAMS, *MAIL_SERVERS, "redis", "rediss", "kafka", "pop3", "pop3s", "smtp", "ws", "wss"})
"""Schemes whose host is a host. In addresses of chat services, such as tgram://, it is a token."""


def without_password(url: str) -> str:
    """Return an address without its password and its query, where some cameras have their password.

    A password may hold any letter, and the address need not be a valid one: where it is not clear where the password
    ends, more is left out.

    >>> without_password("rtsp://guard:hunter2@10.0.0.7:554/gate"), without_password("films/gate.mp4")
    ('rtsp://guard@10.0.0.7:554/gate', 'films/gate.mp4')
    >>> without_password("http://10.0.0.7/video.cgi?user=guard&password=hunter2")
    'http://10.0.0.7/video.cgi?…'
    >>> without_password("rtsp://guard:hun/ter?2#@10.0.0.7/gate"), without_password("rtsp:/guard:hunter2@10.0.0.7")
    ('rtsp://guard…@10.0.0.7/gate', 'rtsp:/guard@10.0.0.7')
    >>> without_password("tgram://123456:AAF/chat")
    'tgram://…'
    """
    found = _SCHEME.match(url.strip())
    beginning, rest = (found.group(), url.strip()[found.end() :]) if found else ("", url)
    if not found and not _has_password(rest):
        return url
    if found and found.group(1).lower() not in _SHOWN_SCHEMES and "@" not in rest:
        return f"{beginning}…"
    user, at, place = rest.rpartition("@")
    name, colon, password = user.partition(":")
    if at and not colon and re.search(r"[/?#]", user):  # the @ is part of the path or of the query
        name, at, password, place = "", "", "", rest
    # A mail address may be the name of the user; letters that end a host make the place of the password unclear.
    unclear = "…" if re.search(r"[/?#\\]", name + password) else ""
    name = re.split(r"[/?#\\]", name)[0]
    address = re.split(r"[?#]", place, maxsplit=1)
    host, slash, path = address[0].partition("/")
    # What is not a port may be a password whose host is missing; "port" stands in our own messages.
    if not re.search(r"(^|[^:]):(\d*|port|PORT)$|^[^:]*$|\]$", host):
        host = f"{host.split(':')[0]}:…"
    address[0] = host + slash + path
    ending = "" if len(address) == 1 else f"{'?' if '?' in place else '#'}…"
    return f"{beginning}{name}{unclear}{at}{address[0]}{ending}"


def without_passwords(text: str) -> str:
    """Return a text, such as a message of another program, in which no address shows a password.

    >>> without_passwords("no answer of rtsp://guard:hunter2@10.0.0.7/gate: 401 Unauthorized")
    'no answer of rtsp://guard@10.0.0.7/gate: 401 Unauthorized'
    """
    return _URL_IN_TEXT.sub(_shown, text) if ":/" in text or ":\\" in text else text


def _shown(found: re.Match[str]) -> str:
    url = found.group()
    bare = url.rstrip(".,:;)]}!")
    return without_password(bare) + url[len(bare) :]


def _has_password(text: str) -> bool:
    return ":" in text.rpartition("@")[0] or bool(re.search(r"\?[^/]*=", text))


def stream_url(url: str) -> str:
    """Check the address of a camera or microphone.

    Raises:
        ValueError: it can't be one; the message says what to write instead, and shows no password.
    """
    return _checked(url, STREAMS, _check_stream)


def mailbox_url(url: str) -> str:
    """Check the address of a mailbox.

    Raises:
        ValueError: it can't be one; the message says what to write instead, and shows no password.
    """
    return _checked(url, MAIL_SERVERS, _check_mailbox)


def host_name(host: str) -> str:
    """Check a name or an address of a machine, without scheme and port.

    Raises:
        ValueError: it can't be one; the message says what to write instead.

    >>> host_name("desk.local"), host_name("fd00::7")
    ('desk.local', 'fd00::7')
    """
    if host != host.strip() or _INVISIBLE.search(host):
        raise ValueError("begins or ends with a space, or holds a character that can't be seen; type it anew")
    if "/" in host or "@" in host or re.fullmatch(r"[^:]*:\d*|\[.*", host) or " " in host:
        raise ValueError("is not a name or an address alone; leave out scheme, user, path and port")
    return host


def _checked(url: str, schemes: tuple[str, ...], check: Callable[[str, SplitResult], None]) -> str:
    if not url.strip():
        raise ValueError("is empty; leave the field out, or give an address")
    if url != url.strip():
        raise ValueError("begins or ends with a space; remove it")
    if _INVISIBLE.search(url):
        raise ValueError("holds a character that can't be seen, as text copied from a page does; type the address anew")
    # What reads the address knows schemes in lower case only.
    url = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]+(?=://)", lambda found: found.group().lower(), url)
    scheme = _scheme_of(url, schemes)
    if scheme is None:
        return url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(_port_or_password(url)) from error
    _check_host(url, scheme, parts)
    check(scheme, parts)
    return url


def _scheme_of(url: str, schemes: tuple[str, ...]) -> str | None:
    """Return the scheme of an address; None for a path or a device.

    Raises:
        ValueError: the scheme is mistyped.
    """
    suggested = _SUGGESTED.intersection(schemes)
    _check_beginning(url, schemes, suggested)
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)(:?)([/\\]*)", url)
    if found is None or len(found.group(1)) == 1:  # a path; C:\ is one, too
        return None
    word, colon, slashes = found.group(1).lower(), found.group(2), found.group(3)
    near = difflib.get_close_matches(word, suggested, n=1)
    if not colon:
        if slashes == "//" and near and "." not in word:
            raise ValueError(f"has no colon after {word}; did you mean {near[0]}://?")
        return None
    if not slashes and word not in schemes:
        return None  # a device such as alsa:hw:1, or a file
    if word in _DEVICES and slashes != "//":
        return None
    if word == "file":
        return None
    if word not in schemes:
        if word in ("pop", "pop3", "pop3s"):
            raise ValueError("POP3 is not supported; did you mean imaps://?")
        if near:
            raise ValueError(f"{word}:// is not a known scheme; did you mean {near[0]}://?")
        raise ValueError(f"{word}:// can't be read here; use for example {schemes[0]}:// or {schemes[1]}://")
    if slashes != "//" and not slashes.startswith("///"):
        raise ValueError(f"after {word}: come two slashes; did you mean {word}://?")
    return word


def _check_beginning(url: str, schemes: tuple[str, ...], suggested: set[str]) -> None:
    """Check that what has no scheme is not an address of a machine all the same.

    Raises:
        ValueError: it is one, without its scheme, or with something else before or after it.
    """
    if found := re.match(r"\W*([A-Za-z]+)(\s+:|\s*[;.,：])\s*[/\\]{2}", url):
        near = difflib.get_close_matches(found.group(1).lower(), suggested, n=1)
        if near:
            raise ValueError(f"has no colon right after {found.group(1)}; did you mean {near[0]}://?")
    if "://" in url and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        raise ValueError(f"does not begin with a scheme such as {schemes[0]}://; remove what stands before it")
    known = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)", url)
    word = known.group().lower() if known else ""
    if _WITHOUT_SCHEME.fullmatch(url) and not _SCHEME.match(url) and word not in (*schemes, *_DEVICES):
        raise ValueError(f"has no scheme; write for example {schemes[0]}:// before it")


def _check_host(url: str, scheme: str, parts: SplitResult) -> None:
    if "@" in parts.path + parts.query + parts.fragment and ":" in parts.netloc and "@" not in parts.netloc:
        host, _, port = parts.netloc.rpartition(":")
        if not (host and port.isdigit()):
            raise ValueError(_port_or_password(url))
        if "." not in host and _HOST_AFTER_PASSWORD.match(url.rpartition("@")[2]):  # digits of a password as a port
            raise ValueError(_port_or_password(url))
    if parts.hostname is None and scheme not in _WITHOUT_HOST:
        raise ValueError(f"has no host after {scheme}://; write {scheme}://HOST/…")
    if parts.hostname is not None and "[" not in parts.netloc:
        _check_host_name(parts.hostname)
    if parts.port == 0 and scheme not in _WITHOUT_HOST:
        raise ValueError("port 0 can't be connected to; ports are 1 to 65535")


def _check_host_name(host: str) -> None:
    """Check the name or IPv4 address of a host.

    Raises:
        ValueError: no host has it.
    """
    if re.search(r"[^\w.%-]|%(?![0-9A-Fa-f]{2})", host):
        raise ValueError("its host holds a letter that no host has, such as a space; check the address")
    if host.startswith(".") or ".." in host:
        raise ValueError("its host has two dots in a row, or begins with one; check the address")
    if re.fullmatch(r"[\d.]+", host):
        try:
            ip_address(host)
        except ValueError as error:
            raise ValueError(
                "its host is not a valid IPv4 address, which has four numbers from 0 to 255 without zeros before them"
            ) from error


def _port_or_password(url: str) -> str:
    """Return why the part after the host's colon is not a port, without showing it: it may be a password."""
    rest = url.partition("://")[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and "@" not in authority:
        return (
            "its user or password holds /, ? or #, which end the host; write %2F for /, %3F for ?, %23 for #, "
            "and %40 for @"
        )
    place = authority.rpartition("@")[2]
    if "[" in place or "]" in place:
        return "its IPv6 address is not valid; write it in brackets, such as [fd00::2]:554"
    if place.count(":") > 1:
        return "its IPv6 address has no brackets; write for example [fd00::2]:554"
    port = place.rpartition(":")[2]
    # What follows the colon may be a password, if the host is missing.
    return f"its port{f' {port}' if port.isdecimal() else ''} is not a number from 1 to 65535"


def _check_stream(scheme: str, parts: SplitResult) -> None:
    """Accept every stream whose host and port are valid."""
    del scheme, parts


def _check_mailbox(scheme: str, parts: SplitResult) -> None:
    if parts.password is not None:
        raise ValueError(
            "holds a password, which does not belong in the venue file; remove it, and set PULSO_MAILBOX_PASSWORD, or "
            "a variable for this mailbox alone, such as PULSO_MAILBOX_PASSWORD_SUPPORT"
        )
    if not parts.username:
        raise ValueError(
            f"has no user; write {scheme}://USER@{parts.hostname}/INBOX, with %40 for the @ of a mail address"
        )
    if parts.query or parts.fragment:
        raise ValueError("has ? or # in the name of its folder; write %3F and %23")
    if "@" in unquote(parts.hostname or ""):
        raise ValueError("its user holds an @; write %40 for it")
    mistaken = {("imaps", 143): "993, or write imap://", ("imap", 993): "143, or write imaps://"}
    if parts.port is not None and (right := mistaken.get((scheme, parts.port))):
        raise ValueError(f"port {parts.port} does not fit {scheme}://; the port of {scheme} is {right}")


HostName = Annotated[str, AfterValidator(host_name)]
"""Name or address of a machine."""

StreamUrl = Annotated[str, AfterValidator(stream_url)]
"""Address of a camera or microphone: a URL, a device, a file or a folder."""

MailboxUrl = Annotated[str, AfterValidator(mailbox_url)]
"""Address of a mailbox: an IMAP URL, or the path of a Maildir, an mbox or a folder of .eml files."""
