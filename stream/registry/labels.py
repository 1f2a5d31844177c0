"""Labels for the next training, gathered from people's corrections: `pulso models labels`.

FOLDER/MODEL.csv   one line for each result with a correction or confirmation, the last of several
FOLDER/clips/      fragments of sound (mood, genre)
FOLDER/.key        random key of the pseudonyms; without it nobody can tell whose they are, nor join later labels

Texts are the customer's own words with addresses, numbers and stated names masked. Authors and those who corrected are
pseudonyms. The folder can be gathered into again and again: earlier lines are kept.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from redis import Redis

from processors.support.mail_text import customer_text
from processors.support.privacy import mask_personal_data
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.errors import PulsoError
from schemas.models import FEEDBACK, ModelFeedback
from schemas.support import MAILS, Mail
from stream.registry.feedback import HEARD_MODELS, read_clip
from stream.runtime.atomic_file import replace_file
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of, read_all

LABELLED_MODELS = (*HEARD_MODELS, "sentiment")
"""Models whose corrections make a table for training."""

KEY_FILE = ".key"
PRIVATE = 0o600
"""Permissions of files with texts and keys."""

Row = dict[str, str]


class LabelsError(PulsoError, ValueError):
    """The labels can't be gathered; the message says why."""


class Gathered(Struct, frozen=True):
    """Numbers of labels.

    Attributes:
        new: lines that the table did not have.
        total: lines of the table now.
        without_content: corrections whose clip or text is no longer stored anywhere.
        changed: of the table's lines, those in which the person changed the model's label.
    """

    new: int
    total: int
    without_content: int
    changed: int


class Pseudonyms:
    """Names that stay the same for one person within one folder, and say nothing outside it.

    >>> one = Pseudonyms(b"key")
    >>> one.of("ana@example.org") == one.of("Ana@example.org"), one.of("ana@example.org") == one.of("eva@example.org")
    (True, False)
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_folder(cls, folder: Path) -> Pseudonyms:
        """Return those of a folder, with its key, or with a new one."""
        path = folder / KEY_FILE
        if not path.exists():
            replace_file(path, secrets.token_hex(32), mode=PRIVATE)
        return cls(path.read_bytes())

    def of(self, name: str) -> str:
        """Return the pseudonym of a name."""
        return hmac.new(self._key, name.casefold().encode(), hashlib.sha256).hexdigest()[:16]


def gather(settings: Settings, model: str, folder: Path) -> Gathered:
    """Gather the labels of a model into a folder.

    Raises:
        LabelsError: the model has no labels of this kind.
        MissingTopicError: the topic of the corrections does not exist yet.
    """
    if model not in LABELLED_MODELS:
        raise LabelsError(f"{model!r} has no labels; choose {', '.join((*LABELLED_MODELS, 'violence'))}")
    folder.mkdir(parents=True, exist_ok=True)
    feedback = last_feedback(read_feedback(settings), model)
    pseudonyms = Pseudonyms.of_folder(folder)
    if model in HEARD_MODELS:
        with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
            rows = clip_rows(feedback, folder, redis, pseudonyms)
    else:
        rows = text_rows(feedback, _mails(settings, feedback), pseudonyms)
    return add_rows(folder / f"{model}.csv", model, rows, len(feedback) - len(rows))


def read_feedback(settings: Settings) -> list[ModelFeedback]:
    """Return all corrections and confirmations that Kafka has: those of 90 days."""
    decoder = msgspec.json.Decoder(ModelFeedback)
    read = (
        try_decode_payload(decoder, message.value(), FEEDBACK.event_type)
        for message in read_all(settings, FEEDBACK.name)
    )
    return [one for one in read if one is not None]


def last_feedback(feedback: Iterable[ModelFeedback], model: str) -> list[ModelFeedback]:
    """Return the last word on each result of a model, in order of time."""
    mine = sorted((one for one in feedback if one.model == model), key=lambda one: (one.time, one.id))
    return sorted({one.event_id: one for one in mine}.values(), key=lambda one: (one.time, one.id))


def clip_rows(feedback: list[ModelFeedback], folder: Path, redis: Redis, pseudonyms: Pseudonyms) -> list[Row]:
    """Write the kept fragments of corrections and return their lines.

    A group is an hour of a stage: neighbours are of one act, and must not be on both sides of a split.
    """
    rows = []
    for one in feedback:
        path = folder / "clips" / f"{_id(one)}.ogg"
        body = None if path.exists() else read_clip(redis, one.event_id)
        if body is not None:
            replace_file(path, body, mode=PRIVATE)
        if path.exists():
            group = f"{one.subject} {one.time:%Y-%m-%d %H}"
            rows.append({"clip": f"clips/{path.name}", one.model: one.right, **_common(one, group, pseudonyms)})
    return rows


def text_rows(feedback: list[ModelFeedback], mails: Mapping[str, Mail], pseudonyms: Pseudonyms) -> list[Row]:
    """Return the lines of corrections whose mail is known; a group is an author."""
    rows = []
    for one in feedback:
        if (mail := mails.get(one.event_id)) is None:
            continue
        text = " ".join(mask_personal_data(customer_text(mail.subject, mail.text)).split())
        if text:
            author = pseudonyms.of(mail.sender or mail.thread)
            rows.append({"text": text, one.model: one.right, **_common(one, author, pseudonyms)})
    return rows


def add_rows(path: Path, model: str, rows: list[Row], without_content: int) -> Gathered:
    """Add lines to a table; one of the same id takes the place of its earlier one."""
    known = {row["id"]: row for row in _read_rows(path)}
    new = sum(row["id"] not in known for row in rows)
    known |= {row["id"]: row for row in rows}
    if known:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(next(iter(known.values()))), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(known.values())
        replace_file(path, out.getvalue(), mode=PRIVATE)
    changed = sum(row["said"] != row[model] for row in known.values())
    return Gathered(new, len(known), max(0, without_content), changed)


def _common(feedback: ModelFeedback, group: str, pseudonyms: Pseudonyms) -> Row:
    return {
        "group": group,
        "said": feedback.said,
        "time": feedback.time.isoformat(timespec="minutes"),
        "by": pseudonyms.of(feedback.by),
        "id": _id(feedback),
    }


def _id(feedback: ModelFeedback) -> str:
    """Return a name of a result that says nothing of the mail it may be about."""
    return hashlib.sha256(feedback.event_id.encode()).hexdigest()[:20]


def _mails(settings: Settings, feedback: list[ModelFeedback]) -> dict[str, Mail]:
    """Return the mails that corrections are about, by event id; Kafka has those of three days."""
    wanted = {one.event_id for one in feedback}
    decoder = msgspec.json.Decoder(Mail)
    mails: dict[str, Mail] = {}
    if not wanted:
        return mails
    for message in read_all(settings, MAILS.name):
        try:
            event = Envelope.from_headers(headers_of(message)).id
        except EnvelopeError:
            continue
        if event in wanted and (mail := try_decode_payload(decoder, message.value(), MAILS.event_type)) is not None:
            mails[event] = mail
    return mails


def _read_rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
