"""Readers of the files in which streaming services hand their listeners what they played.

Last.fm: CSV with artist, album, track and time in each line (as its public exporters write it), or with a header that
names `artist`. Spotify: JSON lists of plays with `artistName` (account data) or `master_metadata_album_artist_name`
(extended history). Only names of artists and numbers of plays are kept.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

from schemas.errors import PulsoError

MAX_ARTISTS = 500
"""The most played artists that are kept of an export."""

ARTIST_FIELDS = ("artistName", "master_metadata_album_artist_name")
ARTIST_COLUMNS = ("artist", "artist name", "artist_name", "artista")


class ExportError(PulsoError, ValueError):
    """The file is not a listening history that can be read; the message says what was expected."""


def plays_by_artist(data: bytes) -> dict[str, float]:
    """Return the number of plays of the most played artists of an export.

    Args:
        data: the file as it was downloaded, in UTF-8.

    Raises:
        ExportError: neither a Last.fm nor a Spotify export, or no artist in it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError("the file is not UTF-8 text; upload the file as the service sent it") from error
    artists = _spotify_artists(text) if text.lstrip().startswith(("[", "{")) else _lastfm_artists(text)
    counted = Counter(name for artist in artists if (name := artist.strip()[:200]))
    if not counted:
        raise ExportError("the file names no artist; upload a listening history of Last.fm (CSV) or Spotify (JSON)")
    return {artist: float(plays) for artist, plays in counted.most_common(MAX_ARTISTS)}


def _spotify_artists(text: str) -> list[str]:
    try:
        plays = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"the file is not valid JSON: {error}") from error
    if not isinstance(plays, list):
        raise ExportError("the JSON file is not a list of plays; upload StreamingHistory…json of the export")
    rows = [row for row in plays if isinstance(row, dict)]
    return [name for row in rows for field in ARTIST_FIELDS if isinstance(name := row.get(field), str)]


def _lastfm_artists(text: str) -> list[str]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error as error:
        raise ExportError(f"the columns can't be read: {error}") from error
    if not rows:
        return []
    header = [cell.strip().casefold() for cell in rows[0]]
    column = next((header.index(name) for name in ARTIST_COLUMNS if name in header), None)
    if column is None:
        if len(rows[0]) < 3:
            raise ExportError("no column is named artist; expected artist,album,track,time in each line")
        return [row[0] for row in rows]
    return [row[column] for row in rows[1:] if len(row) > column]
