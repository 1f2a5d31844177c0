"""Texts on which the urgency classifier is trained: mails of five writers, and shorter texts that were there before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.mail_analysis import analyze_mail
from processors.support.priority import EXAMPLES_FILE
from processors.support.requests import RequestClassifier
from processors.support.urgency_terms import concept_terms, stem_terms, tokens_of
from schemas.support import Mail
from training.requests.train import DANGER_FILE, DANGEROUS_KINDS, SENTENCES_FILE

FOLDER = Path(__file__).parent
WRITERS, LAST_WRITER = ("a", "b", "c", "d"), "e"
"""Writers whose mails choose and train; and the one whose mails only report."""

TESTS = FOLDER.parents[1] / "tests" / "processors" / "support"
SHORT_TEXT_WEIGHT = 0.3
"""Weight of a sentence or mail of the other sources beside one of the writers' mails."""

TIME = datetime(2026, 7, 4, 18, tzinfo=UTC)


class Example(Struct, frozen=True):
    """A labelled mail and the features of its texts: the whole mail, then each sentence."""

    source: str
    language: str
    kind: str
    urgent: bool
    text: str
    stems: tuple[frozenset[str], ...]
    concepts: tuple[frozenset[str], ...]
    vectors: NDArray[np.float32]
    weight: float = 1.0


class LabelledText(Struct, frozen=True):
    """A labelled mail or sentence."""

    source: str
    text: str
    urgent: bool
    subject: str = ""
    language: str = ""
    kind: str = ""


def read_writer(writer: str) -> Iterator[LabelledText]:
    """Yield the mails of a writer."""
    for line in (FOLDER / "mails" / f"{writer}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield LabelledText(writer, row["text"], row["urgent"], row["subject"], row["language"], row["kind"])


def read_short_texts() -> Iterator[LabelledText]:
    """Yield the shorter examples; of the test mails only the half on which numbers are chosen."""
    for name, texts in _yaml(FOLDER / "examples.yaml").items():
        yield from (LabelledText("examples", text, name == "urgent") for text in texts)
    for name, texts in _yaml(DANGER_FILE).items():
        yield from (LabelledText("danger", text, name == "yes") for text in texts)
    for name, texts in _yaml(EXAMPLES_FILE).items():
        yield from (LabelledText("priorities", text, name == "urgent") for text in texts)
    for name, texts in _yaml(SENTENCES_FILE).items():
        yield from (LabelledText("sentences", text, name in DANGEROUS_KINDS) for text in texts)
    for name in ("festival_mails", "danger_mails"):
        for line in (TESTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["part"] == "choose":
                yield LabelledText(name, row["body"], row["priority"] == "urgent", row.get("subject", ""))


def with_features(texts: Sequence[LabelledText], requests: RequestClassifier) -> list[Example]:
    """Return the examples with the features of their texts."""
    return [_with_features(one, requests) for one in texts]


def _with_features(one: LabelledText, requests: RequestClassifier) -> Example:
    analysis = analyze_mail(Mail(id="m", thread="t", time=TIME, subject=one.subject, text=one.text), requests)
    tokens = [tokens_of(text) for text in (analysis.text, *analysis.sentences)]
    return Example(
        source=one.source,
        language=one.language,
        kind=one.kind,
        urgent=one.urgent,
        text=analysis.text,
        stems=tuple(frozenset(stem_terms(text)) for text in tokens),
        concepts=tuple(frozenset(concept_terms(text)) for text in tokens),
        vectors=np.vstack([analysis.whole.encoder_vectors, analysis.by_sentence.encoder_vectors]),
        weight=1.0 if one.source in (*WRITERS, LAST_WRITER) else SHORT_TEXT_WEIGHT,
    )


def _yaml(path: Path) -> dict[str, list[str]]:
    examples: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return examples
