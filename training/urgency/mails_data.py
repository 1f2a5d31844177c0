"""Texts on which the urgency classifier is trained: mails of five writers, and shorter texts that were there before."""

from __future__ import annotations

import json
import random
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
WEIGHTS = {"danger": 0.3, "priorities": 0.3, "sentences": 0.3, "festival_mails": 0.3, "danger_mails": 0.3}
"""Weights of texts beside a mail of the writers, by source."""

JOINED = "joined"
"""Kind of a mail that was joined from several of one writer; nothing is trained on it."""

JOINED_URGENT, JOINED_CALM = 200, 150
"""Joined mails of each writer, with a short urgent mail in them, and with a calm one that was made to alarm."""

MAX_SHORT_WORDS, MAX_JOINED, SEED = 25, 4, 1
"""Words of an urgent mail that is put into calm ones, and calm mails of a joined one."""

TIME = datetime(2026, 7, 4, 18, tzinfo=UTC)


class Example(Struct, frozen=True):
    """A labelled mail and the features of its texts: the whole mail, then each sentence."""

    source: str
    language: str
    kind: str
    urgent: bool
    texts: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    concepts: tuple[frozenset[str], ...]
    vectors: NDArray[np.float32]
    weight: float = 1.0

    @property
    def num_words(self) -> int:
        """Return the number of words of the text."""
        return len(self.texts[0].split())


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
        texts=(analysis.text, *analysis.sentences),
        stems=tuple(frozenset(stem_terms(text)) for text in tokens),
        concepts=tuple(frozenset(concept_terms(text)) for text in tokens),
        vectors=np.vstack([analysis.whole.encoder_vectors, analysis.by_sentence.encoder_vectors]),
        weight=WEIGHTS.get(one.source, 1.0),
    )


def joined(examples: Sequence[Example]) -> list[Example]:
    """Return mails joined from those of one writer: calm ones, and a short urgent or an alarming one."""
    rng = random.Random(SEED)
    calm = [one for one in examples if one.kind == "ordinary"]
    alarming = [one for one in examples if one.kind == "hard"]
    urgent = [one for one in examples if one.urgent and one.num_words <= MAX_SHORT_WORDS]
    parts = [[*rng.sample(calm, rng.randint(1, MAX_JOINED)), rng.choice(urgent)] for _ in range(JOINED_URGENT)]
    parts += [[*rng.sample(calm, rng.randint(1, MAX_JOINED)), rng.choice(alarming)] for _ in range(JOINED_CALM)]
    return [_join(rng.sample(one, len(one))) for one in parts]


def _join(parts: Sequence[Example]) -> Example:
    """Return one mail with the texts of several; its vector is their mean, by the number of words."""
    mean = np.sum([one.vectors[0] * one.num_words for one in parts], axis=0)
    # The whole mail is the only sentence of a mail that has no others.
    sentences = [(one, index) for one in parts for index in range(len(one.texts) > 1, len(one.texts))]
    return Example(
        source=parts[0].source,
        language=parts[0].language,
        kind=JOINED,
        urgent=any(one.urgent for one in parts),
        texts=(" ".join(one.texts[0] for one in parts), *(one.texts[index] for one, index in sentences)),
        stems=(frozenset().union(*(one.stems[0] for one in parts)), *(one.stems[index] for one, index in sentences)),
        concepts=(
            frozenset().union(*(one.concepts[0] for one in parts)),
            *(one.concepts[index] for one, index in sentences),
        ),
        vectors=np.vstack([mean / np.linalg.norm(mean), *(one.vectors[index] for one, index in sentences)]),
    )


def _yaml(path: Path) -> dict[str, list[str]]:
    examples: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return examples
