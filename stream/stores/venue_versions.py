"""Versions and drafts of the venue file: published in one step, merged where two people edit it, bounded in number.

The folder beside the venue file, `.FILE.versions`, holds
  VERSION.yaml      each version that was in use, readable by its owner only, as the file may hold passwords of cameras
  log.json          when each came into use, and by whom
  draft-PERSON.json a person's draft and the version that it began with
"""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from ruamel.yaml.error import YAMLError

from processors.venue.difference import ABSENT, Change, Conflict, Content, conflicts, differences, path_text
from schemas.addresses import without_passwords
from schemas.errors import PulsoError
from stream.runtime.atomic_file import replace_file
from stream.runtime.venue_file import VenueFileError, VenueMistake, parse_venue, venue_content
from stream.stores.venue_text import apply_changes, lost_comments

MAX_VERSIONS = 50
"""Versions that are kept; the oldest are removed first."""

MAX_DRAFTS = 50
"""Drafts that are kept; those saved longest ago are removed first."""

Choice = Literal["mine", "theirs"]

_VERSION = re.compile(r"[0-9a-f]{16}")


class VenueVersionError(PulsoError):
    """A version does not exist (any more), or the file can't be written; the message says what to do."""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One version's coming into use.

    Attributes:
        by: account, or empty where the file was changed beside the editor.
        note: text of the person.
    """

    version: str
    at: datetime
    by: str = ""
    note: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A person's draft.

    Attributes:
        base: version that it began with.
        content: fields of the file, as the editor had them.
    """

    base: str
    saved: datetime
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """One version of the venue file.

    Attributes:
        text: the YAML.
        content: its fields; dates and times are texts, as in JSON.
    """

    version: str
    text: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Effects of publishing a content.

    Attributes:
        text: the file as it would be written; empty where it can't be.
        changes: fields that would change in the file now in use.
        others: fields that others changed since the version that the draft began with.
        conflicts: fields that both changed in different ways: a person must choose.
        mistakes: reasons why the result is not a valid venue file.
        lost: comments that would go, because they stand in a removed part.
    """

    current: str
    text: str
    changes: tuple[Change, ...]
    others: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    mistakes: tuple[VenueMistake, ...]
    lost: tuple[str, ...]

    @property
    def is_publishable(self) -> bool:
        """True if there is something to publish, and nothing against it."""
        return bool(self.changes) and not self.conflicts and not self.mistakes


class VenueVersions:
    """The venue file in use, its earlier versions, and drafts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path.with_name(f".{path.name}.versions")

    def current(self) -> Document:
        """Return the file in use.

        Raises:
            VenueVersionError: it can't be read.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise VenueVersionError(f"{self.path} can't be read: {error}") from error
        return self._document(text)

    def get(self, version: str) -> Document:
        """Return a version.

        Raises:
            VenueVersionError: it is not kept.
        """
        current = self.current()
        if version == current.version:
            return current
        file = self._folder / f"{version}.yaml"
        if not _VERSION.fullmatch(version) or not file.is_file():
            raise VenueVersionError(f"the version {version:.20} is not kept any more; load the page again")
        return self._document(file.read_text(encoding="utf-8"))

    def keep_current(self) -> Document:
        """Return the file in use, kept so that drafts that begin with it can be merged later.

        Where nothing may be written, as beside a ConfigMap, it is only returned.
        """
        current = self.current()
        if not (self._folder / f"{current.version}.yaml").exists():
            with suppress(VenueVersionError), self._locked():
                self._keep(current, by="", note="", at=datetime.now(UTC))
        return current

    def log(self) -> list[LogEntry]:
        """Return when versions came into use, newest first."""
        try:
            return msgspec.json.decode((self._folder / "log.json").read_bytes(), type=list[LogEntry])[::-1]
        except (OSError, msgspec.DecodeError):
            return []

    def propose(self, base: str, content: Mapping[str, Any], choices: Mapping[str, Choice] | None = None) -> Proposal:
        """Return the effects of publishing a content that began with a version; nothing is written.

        Args:
            base: version that the content began with.
            content: fields of the file; passwords that `hide_passwords` left out are put back.
            choices: side that a person chose in each conflict, by `path_text` of their own change.

        Raises:
            VenueVersionError: the version is not kept.
        """
        choices = choices or {}
        current, began = self.current(), self.get(base)
        content = restore_passwords(content, began.content)
        mine, theirs = differences(began.content, content), differences(began.content, current.content)
        mine = [change for change in mine if choices.get(path_text(change.path)) != "theirs"]
        found = [one for one in conflicts(mine, theirs) if path_text(one.mine.path) not in choices]
        made = [change for change in mine if change not in theirs]
        if found:
            return Proposal(current.version, "", tuple(made), tuple(theirs), tuple(found), (), ())
        try:
            text = apply_changes(current.text, made) if made else current.text
        except (LookupError, TypeError) as error:
            reason = f"{error}: the part that you changed was removed; take the other side"
            return Proposal(current.version, "", tuple(made), tuple(theirs), (), (VenueMistake((), 1, reason),), ())
        except YAMLError as error:
            raise VenueVersionError(f"the file can't be edited here: {error}") from error
        mistakes = self._mistakes(text) or self._miswritten(current, made, text)
        lost = tuple(lost_comments(current.text, text))
        return Proposal(current.version, text, tuple(made), tuple(theirs), (), mistakes, lost)

    def publish(
        self,
        base: str,
        content: Mapping[str, Any],
        *,
        by: str,
        note: str = "",
        choices: Mapping[str, Choice] | None = None,
    ) -> Proposal:
        """Put a content into use if its proposal is publishable; return the proposal.

        Raises:
            VenueVersionError: the version is not kept, or the file can't be written.
        """
        with self._locked():
            proposal = self.propose(base, content, choices)
            if proposal.is_publishable:
                self._write(proposal.text, by=by, note=note)
        return proposal

    def roll_back(self, version: str, seen: str, *, by: str) -> list[Change]:
        """Put a kept version into use again; return the fields that changed.

        Args:
            version: to put into use.
            seen: version in use as the person saw it; another one means that somebody published since.
            by: account.

        Raises:
            VenueVersionError: it is not kept, is not valid now, was overtaken, or the file can't be written.
        """
        with self._locked():
            current, wanted = self.current(), self.get(version)
            if current.version != seen:
                raise VenueVersionError("somebody published another version meanwhile; look at it first")
            if mistakes := self._mistakes(wanted.text):
                raise VenueVersionError(f"this version is not valid: {mistakes[0].text}")
            self._write(wanted.text, by=by, note=f"= {version}")
        return differences(current.content, wanted.content)

    def draft(self, person: str) -> Draft | None:
        """Return a person's draft, or None."""
        try:
            return msgspec.json.decode(self._draft_file(person).read_bytes(), type=Draft)
        except (OSError, msgspec.DecodeError):
            return None

    def save_draft(self, person: str, base: str, content: Mapping[str, Any]) -> Draft:
        """Save a person's draft in the place of the one before.

        Raises:
            VenueVersionError: the version that it began with is not kept, or the folder can't be written.
        """
        began = self.get(base)
        before = self.draft(person)
        known = {"": before.content} if before else {}
        restored = restore_passwords(content, {**began.content, **known})
        draft = Draft(base=base, saved=datetime.now(UTC), content=restored)
        with self._locked():
            replace_file(self._draft_file(person), msgspec.json.encode(draft), mode=0o600)
            drafts = sorted(self._folder.glob("draft-*.json"), key=lambda file: file.stat().st_mtime)
            for file in drafts[:-MAX_DRAFTS]:
                file.unlink(missing_ok=True)
        return draft

    def discard_draft(self, person: str) -> None:
        """Remove a person's draft, if there is one."""
        self._draft_file(person).unlink(missing_ok=True)

    def _draft_file(self, person: str) -> Path:
        name = hashlib.sha256(person.encode()).hexdigest()[:16]
        return self._folder / f"draft-{name}.json"

    def _document(self, text: str) -> Document:
        try:
            content = deepcopy(_content(text, self.path))
        except VenueFileError as error:
            raise VenueVersionError(f"{error}; correct the file with a text editor first") from error
        return Document(version_of(text), text, content)

    def _mistakes(self, text: str) -> tuple[VenueMistake, ...]:
        try:
            parse_venue(text, self.path)
        except VenueFileError as error:
            return error.mistakes or (VenueMistake((), 1, str(error)),)
        return ()

    def _miswritten(self, current: Document, made: list[Change], text: str) -> tuple[VenueMistake, ...]:
        """Return a mistake if the text does not hold exactly the changes: better none is written than another one."""
        written = differences(current.content, self._document(text).content)
        if json_content(_by_path(written)) == json_content(_by_path(made)):
            return ()
        return (VenueMistake((), 1, "these changes can't be written beside what the file holds; edit its text"),)

    def _write(self, text: str, *, by: str, note: str) -> None:
        now = datetime.now(UTC)
        current = self.current()
        try:
            if not (self._folder / f"{current.version}.yaml").exists():
                self._keep(current, by="", note="", at=now)
            replace_file(self.path, text, mode=self.path.stat().st_mode & 0o777)
        except OSError as error:
            raise VenueVersionError(
                f"{self.path} can't be written: {error.strerror}; download the file and put it where it comes from, "
                "such as a ConfigMap"
            ) from error
        self._keep(self._document(text), by=by, note=note, at=now)

    def _keep(self, document: Document, *, by: str, note: str, at: datetime) -> None:
        replace_file(self._folder / f"{document.version}.yaml", document.text, mode=0o600)
        entries = [*self.log()[::-1], LogEntry(version=document.version, at=at, by=by, note=note)][-MAX_VERSIONS:]
        replace_file(self._folder / "log.json", msgspec.json.encode(entries), mode=0o600)
        kept = {entry.version for entry in entries}
        for file in self._folder.glob("*.yaml"):
            if file.stem not in kept:
                file.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time write; another waits for milliseconds."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self._folder / "lock").open("a")
        except OSError as error:
            raise VenueVersionError(
                f"{self._folder} can't be written: {error.strerror}; the editor needs a folder that it may write to"
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _by_path(changes: Sequence[Change]) -> dict[str, Content]:
    return {path_text(change.path): change.after for change in changes}


@lru_cache(maxsize=8)
def _content(text: str, path: Path) -> dict[str, Any]:
    return cast(dict[str, Any], json_content(venue_content(text, path)))


def version_of(text: str) -> str:
    """Return the version of a text: the same for equal texts."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def json_content(value: Content) -> Content:
    """Return a content of YAML as JSON has it: dates and times are texts.

    >>> json_content({"since": date(2026, 6, 1), "zones": [{"id": "a"}]})
    {'since': '2026-06-01', 'zones': [{'id': 'a'}]}
    """
    if isinstance(value, Mapping):
        return {str(key): json_content(one) for key, one in value.items()}
    if isinstance(value, list):
        return [json_content(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date


def hide_passwords(value: Content) -> Content:
    """Return a content without the passwords in its addresses, for pages, logs and the audit.

    >>> hide_passwords([{"url": "rtsp://ana:secret@10.0.0.7/gate"}])
    [{'url': 'rtsp://ana@10.0.0.7/gate'}]
    """
    if isinstance(value, Mapping):
        return {key: hide_passwords(one) for key, one in value.items()}
    if isinstance(value, list):
        return [hide_passwords(one) for one in value]
    return without_passwords(value) if isinstance(value, str) else value


def restore_passwords(content: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content that came back from a page, with the passwords that `hide_passwords` had left out.

    Raises:
        VenueVersionError: two addresses of the base differ in their passwords only, so it is not clear which is meant.
    """
    originals: dict[str, set[str]] = {}
    for text in _texts(base):
        shown = without_passwords(text)
        if shown != text:
            originals.setdefault(shown, set()).add(text)
    restored = _restored(content, base, originals)
    return cast(dict[str, Any], restored)


def _restored(value: Content, before: Content, originals: Mapping[str, set[str]]) -> Content:
    if isinstance(value, Mapping):
        fields = before if isinstance(before, Mapping) else {}
        return {key: _restored(one, fields.get(key, ABSENT), originals) for key, one in value.items()}
    if isinstance(value, list):
        entries = before if isinstance(before, list) else []
        by_id = {one["id"]: one for one in entries if isinstance(one, Mapping) and isinstance(one.get("id"), str)}
        return [
            _restored(one, by_id.get(one.get("id"), ABSENT) if isinstance(one, Mapping) else ABSENT, originals)
            for one in value
        ]
    if not isinstance(value, str) or value not in originals:
        return value
    if isinstance(before, str) and before in originals[value]:
        return before
    if len(originals[value]) > 1:
        raise VenueVersionError(f"{value}: several addresses look like this one; write it with its password again")
    return next(iter(originals[value]))


def _texts(value: Content) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
