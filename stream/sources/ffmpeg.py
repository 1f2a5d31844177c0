"""ffmpeg's command line for a microphone, and its errors as sentences without passwords."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import Struct

TIMEOUT_MICROSECONDS = "10000000"
"""Time-out of a connection, where the protocol has one."""

_WITH_TIMEOUT = (
    "http", "https", "tcp", "tls", "rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte", "mmsh", "mmst", "srt", "ftp",
    "gopher", "gophers",
)  # fmt: skip
"""Protocols that know the option rw_timeout; with others an option that is not theirs ends ffmpeg."""

_NO_SUCH_OPTION = re.compile(
    r"option \S+ not found|unrecognized option|error splitting the argument list", re.IGNORECASE
)
_NO_SOUND = re.compile(r"does not contain any stream|matches no streams", re.IGNORECASE)
_WITH_LOGIN = re.compile(r"([a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_COMPONENT = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] ")
_UNQUOTED_LOGIN = re.compile(r"[^:]+://[^@]*[/?#][^@]*@")
_GENERAL = ("Input/output error", "Invalid argument", "Immediate exit requested")
"""Reasons that say less than the line before."""
_WITH_QUERY = re.compile(r"\?\S+")


class FfmpegInput(Struct, frozen=True):
    """Input of one microphone.

    Attributes:
        arguments: the arguments that name it.
        optional: arguments before them that some builds of ffmpeg do not know.
        live: True where sound arrives when it sounds; False for a file, which can be read at any speed.
    """

    arguments: tuple[str, ...]
    optional: tuple[str, ...] = ()
    live: bool = True


def file_input(path: Path, *, pace: bool) -> FfmpegInput:
    """Return the input for a file, in real time if `pace`; a pipe, a device or a session description is live."""
    name = f"file:{path}"
    if path.suffix.lower() == ".sdp":
        return FfmpegInput(("-protocol_whitelist", "file,udp,rtp,tcp,tls,crypto", "-i", name))
    if not path.is_file():
        return FfmpegInput(("-i", name))
    return FfmpegInput((*(("-re",) if pace else ()), "-i", name), live=False)


def stream_input(url: str) -> FfmpegInput:
    """Return the input for a device (`alsa:`, `pulse:`) or an address.

    >>> stream_input("pulse:default").arguments
    ('-f', 'pulse', '-i', 'default')
    >>> stream_input("http://10.0.0.7/mic").optional
    ('-rw_timeout', '10000000')
    """
    if url.startswith(("alsa:", "pulse:")):
        system, _, device = url.partition(":")
        return FfmpegInput(("-f", system, "-i", device))
    scheme = url.partition("://")[0].lower()
    if scheme in ("rtsp", "rtsps"):
        # Over UDP packets get lost; some microphones know nothing else.
        return FfmpegInput(("-i", url), (rtsp_timeout_option(), TIMEOUT_MICROSECONDS, "-rtsp_flags", "prefer_tcp"))
    if scheme in _WITH_TIMEOUT:
        return FfmpegInput(("-i", url), ("-rw_timeout", TIMEOUT_MICROSECONDS))
    return FfmpegInput(("-i", url))


@cache
def rtsp_timeout_option() -> str:
    """Return the option of ffmpeg's RTSP client: until version 4 `-timeout` made it wait for a caller."""
    try:
        found = subprocess.run(
            ["ffmpeg", "-hide_banner", "-h", "demuxer=rtsp"], capture_output=True, timeout=20, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return "-timeout"
    return "-stimeout" if b"-stimeout" in found.stdout else "-timeout"


def lacks_option(lines: Iterable[str]) -> bool:
    """Return True where ffmpeg ended because it does not know an option."""
    return any(_NO_SUCH_OPTION.search(line) for line in lines)


def error_sentence(lines: Iterable[str], url: str) -> str:
    """Return the reason that ffmpeg gave in its last line, without the address, which may hold a password.

    >>> error_sentence(["http://me:secret@10.0.0.7/mic: Connection refused"], "http://me:secret@10.0.0.7/mic")
    'Connection refused'
    >>> error_sentence(["rstp://10.0.0.7/mic: Protocol not found"], "rstp://10.0.0.7/mic")
    'Protocol not found: this ffmpeg does not know rstp://'
    """
    known = [line.strip() for line in lines if line.strip() and not line.startswith("Did you mean")]
    if not known:
        return "no reason given"
    if any(_NO_SOUND.search(line) for line in known):
        return "there is no sound in what it receives"
    reasons = [_reason(line.replace(url, "the address")) for line in known]
    reason = reasons[-1]
    if reason in _GENERAL and len(reasons) > 1:
        reason = next((one for one in reversed(reasons) if one not in _GENERAL), reason)
    if reason == "Protocol not found":
        return f"{reason}: this ffmpeg does not know {url.partition('://')[0]}://"
    if reason in ("Invalid argument", "Port missing in uri") and _UNQUOTED_LOGIN.match(url):
        return f"{reason}: in a password, write / as %2F, ? as %3F, # as %23 and @ as %40"
    return reason


def _reason(line: str) -> str:
    line = _WITH_QUERY.sub("?…", _WITH_LOGIN.sub(r"\1…@", _COMPONENT.sub("", line)))
    return line.rsplit(": ", 1)[-1][:200]
