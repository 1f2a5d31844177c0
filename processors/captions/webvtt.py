"""WebVTT (W3C 2019) of a stage's lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from schemas.captions import CaptionLine, Language

Track = Language | Literal["spoken"]
"""Language of the subtitles, or that of each line."""


def web_vtt(lines: Iterable[CaptionLine], begin: datetime, track: Track = "spoken") -> str:
    """Return lines as WebVTT.

    Args:
        lines: in order of time.
        begin: time of the recording's first picture, at which the subtitles count from 0.
        track: a language; lines that are not in it, and have no translation, are left out.
    """
    parts = ["WEBVTT", f"NOTE Times count from {begin.isoformat()}. Captions are automatic, except where corrected."]
    for line in lines:
        text = text_in(line, track)
        if text is not None and line.until > begin:
            parts.append(f"{_stamp(line.begin - begin)} --> {_stamp(line.until - begin)}\n{_escape(text)}")
    return "\n\n".join(parts) + "\n"


def text_in(line: CaptionLine, track: Track) -> str | None:
    """Return the text of a line in a language; None where it has none."""
    return line.text if track in ("spoken", line.language) else line.translation


def _stamp(time: timedelta) -> str:
    """Return a time as HH:MM:SS.mmm; before the begin it is 0."""
    milliseconds = max(0, round(time.total_seconds() * 1000))
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _escape(text: str) -> str:
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())
