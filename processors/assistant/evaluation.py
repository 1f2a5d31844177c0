"""Evaluation of the assistant on questions with their expected answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct, field

from processors.assistant.assistant import Assistant, Reply
from processors.assistant.festival import DEFAULT_ZONE, Festival, Language
from processors.assistant.phrases import Phrases
from processors.assistant.question import Context
from processors.festival.live_state import read_live_state
from processors.festival.tables import read_festival
from processors.support.requests import RequestClassifier
from processors.support.words import fold_text
from schemas.errors import PulsoError
from schemas.ids import PlaceId

QUESTIONS_FILE, LIVE_FILE = "questions.jsonl", "live.json"


class QuestionsFileError(PulsoError, ValueError):
    """The file of questions can't be used; the message states line and reason."""


class Expectation(Struct, frozen=True):
    """Expected answer.

    Attributes:
        must_contain: texts of a right answer; a list among them means that one of its texts suffices.
        must_not_contain: texts of a wrong answer.
        source: id of what the answer is made of.
    """

    must_contain: tuple[str | tuple[str, ...], ...] = ()
    must_not_contain: tuple[str, ...] = ()
    source: Any = None
    handover: bool = False
    urgent: bool = False


class LabelledQuestion(Struct, frozen=True):
    """One line of the file.

    Attributes:
        thread: the questions before it, or an id that the questions of one conversation share, in their order.
        kind: name under which its figures are reported.
    """

    id: str
    question: str
    now: datetime
    lang: str | None = None
    place: str | None = None
    thread: Any = None
    kind: str = ""
    expect: Expectation = field(default_factory=Expectation)


def evaluate(
    folder: Path,
    *,
    requests: RequestClassifier,
    answers: Path | None = None,
    questions: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Ask all questions and compare the answers with the expected ones.

    Args:
        folder: CSV files of a festival, `live.json` and `questions.jsonl`.
        requests: request classifier.
        answers: file to write every answer to, as JSON lines.
        questions: file of questions, if it is not in the folder.
        progress: called with the number of questions done and of all.

    Raises:
        FestivalTableError: a table is not valid.
        QuestionsFileError: a line is not valid.
    """
    labelled = read_questions(questions or folder / QUESTIONS_FILE)
    live = read_live_state(folder / LIVE_FILE) if (folder / LIVE_FILE).is_file() else None
    assistant = Assistant(Festival(read_festival(folder), live, is_word=requests.encoder.is_word), requests)
    contexts: dict[str, Context] = {}
    replies, seconds = [], []
    for number, one in enumerate(labelled, 1):
        context = _context(one, assistant, contexts)
        began = time.perf_counter()
        reply = _ask(one, assistant, context)
        seconds.append(time.perf_counter() - began)
        if isinstance(one.thread, str) and one.thread:
            contexts[one.thread] = reply.context
        replies.append(reply)
        progress(number, len(labelled))
    if answers is not None:
        answers.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in _rows(labelled, replies)))
    report = figures(labelled, replies)
    report["seconds_p95"] = float(np.quantile(seconds, 0.95)) if seconds else 0.0
    for name, key in (("per_language", lambda one: one.lang or "?"), ("per_kind", kind_of)):
        groups = sorted({key(one) for one in labelled})
        report[name] = {
            group: figures(*_chosen(labelled, replies, [key(one) == group for one in labelled])) for group in groups
        }
    return report


def _chosen(
    labelled: Sequence[LabelledQuestion], replies: Sequence[Reply], mask: Sequence[bool]
) -> tuple[list[LabelledQuestion], list[Reply]]:
    return [one for one, yes in zip(labelled, mask, strict=True) if yes], [
        one for one, yes in zip(replies, mask, strict=True) if yes
    ]


def kind_of(one: LabelledQuestion) -> str:
    """Return the kind of a question: as labelled, or by what is expected."""
    if one.kind:
        return one.kind
    if one.expect.urgent:
        return "danger"
    if one.expect.handover:
        return "handover"
    return "thread" if one.thread else "answer"


def _context(one: LabelledQuestion, assistant: Assistant, contexts: dict[str, Context]) -> Context:
    """Return the memory of the questions before this one."""
    if isinstance(one.thread, str):
        return contexts.get(one.thread, Context())
    context = Context()
    for text in _earlier_questions(one.thread):
        context = assistant.reply(
            text, now=one.now, language=_language(one), place=_place(one), context=context
        ).context
    return context


def _earlier_questions(thread: Any) -> Iterator[str]:
    """Yield the earlier questions of a list of texts, or of turns with `question`, or with `role` and `text`."""
    for turn in thread or ():
        if isinstance(turn, str):
            yield turn
        elif isinstance(turn, dict) and turn.get("role", "user") in ("user", "visitor", "attendee"):
            text = next((turn[key] for key in ("question", "text", "content") if key in turn), "")
            if isinstance(text, str) and text:
                yield text


def _ask(one: LabelledQuestion, assistant: Assistant, context: Context) -> Reply:
    return assistant.reply(one.question, now=one.now, language=_language(one), place=_place(one), context=context)


def _language(one: LabelledQuestion) -> Language | None:
    return one.lang if one.lang in ("es", "en") else None  # type: ignore[return-value]


def _place(one: LabelledQuestion) -> PlaceId | None:
    return PlaceId(one.place) if one.place else None


def is_right(expect: Expectation, reply: Reply) -> bool:
    """Return True if an answer has all that it must have, and nothing that it must not have."""
    text = _plain(reply.answer.text)
    for wanted in expect.must_contain:
        choices = (wanted,) if isinstance(wanted, str) else wanted
        if not any(_plain(choice) in text for choice in choices):
            return False
    return not any(_plain(bad) in text for bad in expect.must_not_contain)


def _plain(text: str) -> str:
    return " ".join(fold_text(text).split())


def figures(labelled: Sequence[LabelledQuestion], replies: Sequence[Reply]) -> dict[str, Any]:
    """Return the figures of some questions.

    `answered_right` is a share of those that can be answered, `answered_wrong` of all; `handed_over_right` of those
    that can't be answered; `danger_false` of those that are no danger. A figure without questions is left out.
    """
    counts = dict.fromkeys(
        ("answerable", "right", "wrong", "unknown", "handed", "urgent", "urgent_found", "calm", "false"), 0
    )
    for one, reply in zip(labelled, replies, strict=True):
        expect, answer = one.expect, reply.answer
        counts["urgent" if expect.urgent else "calm"] += 1
        counts["urgent_found" if expect.urgent else "false"] += answer.urgent
        right = is_right(expect, reply)
        if not expect.handover and not expect.urgent:
            counts["answerable"] += 1
            counts["right"] += right and not answer.handover
            counts["wrong"] += not answer.handover and not right
            continue
        if not expect.urgent:
            counts["unknown"] += 1
            counts["handed"] += answer.handover
        counts["wrong"] += not answer.handover
    shares = {
        "answered_right": ("right", "answerable"), "handed_over_right": ("handed", "unknown"),
        "danger_recall": ("urgent_found", "urgent"), "danger_false": ("false", "calm"),
    }  # fmt: skip
    report: dict[str, Any] = {"questions": len(labelled)}
    report["answered_wrong"] = counts["wrong"] / max(len(labelled), 1)
    report |= {name: counts[part] / counts[whole] for name, (part, whole) in shares.items() if counts[whole]}
    return report


def _rows(labelled: Sequence[LabelledQuestion], replies: Sequence[Reply]) -> Iterator[dict[str, Any]]:
    for one, reply in zip(labelled, replies, strict=True):
        answer = reply.answer
        yield {
            "id": one.id, "lang": reply.language, "question": one.question, "answer": answer.text, "skill": reply.skill,
            "sources": answer.sources, "handover": answer.handover, "urgent": answer.urgent, "place": answer.place,
            "notice": "" if one.thread else Phrases.load().text(reply.language, "machine"),
        }  # fmt: skip


def read_questions(path: Path) -> list[LabelledQuestion]:
    """Read JSON lines.

    Raises:
        QuestionsFileError: the file is missing, or a line is not valid.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsFileError(f"{path}: {error}") from error
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=LabelledQuestion)
        except msgspec.DecodeError as error:
            raise QuestionsFileError(f"{path}, line {number}: {error}") from error
        if one.now.tzinfo is None:
            one = msgspec.structs.replace(one, now=one.now.replace(tzinfo=DEFAULT_ZONE))
        questions.append(one)
    if not questions:
        raise QuestionsFileError(f"{path} holds no question")
    return questions
