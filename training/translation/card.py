"""Export of the trained network with its figures: `python -m training.translation export`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from processors.captions.approved import ApprovedTexts
from processors.captions.translation import BEAM, TOKENIZER, WEIGHTS, Translator, lost_in_translation
from processors.captions.translation_evaluation import evaluate, read_pairs
from processors.models.inference import ModelCard, models_folder, sha256_of
from schemas.captions import Language
from training.translation.export import agreement, convert, load_network
from training.translation.pairs import FESTIVAL_SHARES, fill_and_tell, read_festival, split
from training.translation.vocabulary import TO_ENGLISH, TO_SPANISH

NAMES = ("act", "name", "stage")
"""Slots that hold names."""

COMPARED = 50
"""Sentences each way that the converted network must translate as the trained one."""


def _ways(english: str, spanish: str) -> list[tuple[Language, Language, str]]:
    return [("en", "es", english), ("es", "en", spanish)]


def copying(translator: Translator) -> dict[str, float]:
    """Return the share of our own test sentences, with slots filled four times, that keep their numbers and names.

    First by the network alone; then with the names in a glossary, as captions have them.
    """
    rng = np.random.default_rng(17)
    templates = [pair for pair in split(read_festival(), *FESTIVAL_SHARES).test if "{" in pair[0]]
    filled = [fill_and_tell(pair, rng) for pair in templates for _ in range(4)]
    kept: dict[str, list[bool]] = {}
    for (english, spanish), values in filled:
        names = [value for slot, value in values.items() if slot.rstrip("2") in NAMES]
        for source, target, text in _ways(english, spanish):
            alone, helped = (
                set(lost_in_translation(text, found.text, target, names))
                for given in ((), names)
                for found in translator.translations([text], source, target, names=given)
            )
            if re.search(r"\d", text):
                kept.setdefault("numbers", []).append(not alone - set(names))
            if names:
                kept.setdefault("names_without_glossary", []).append(not alone & set(names))
                kept.setdefault("names_with_glossary", []).append(not helped & set(names))
    shares = {name: round(sum(values) / len(values), 4) for name, values in kept.items()}
    return shares | {f"{name}_sentences": float(len(values)) for name, values in kept.items()}


def make_card(folder: Path, parameters: int, metrics: dict[str, dict[str, float]]) -> ModelCard:
    """Return the card of the weights in a folder."""
    pairs = read_festival()
    templates = sum("{" in english for english, _ in pairs)
    return ModelCard(
        name="translation",
        version="1.0",
        date=datetime.now(UTC).date().isoformat(),
        task="Translation of a sentence between English and Spanish. In: <2es> or <2en>, word pieces of "
        "tokenizer.json, </s>. Out: word pieces of the translation. CTranslate2, 8 bits.",
        sha256=sha256_of(folder / WEIGHTS),
        parameters=parameters,
        data=[
            "Tatoeba English–Spanish pairs (CC BY 2.0 FR, tatoeba.org)",
            f"{len(pairs)} pairs of festival sentences of our own (training/translation/festival.csv), {templates} of "
            "them with slots for names, times, places and things, filled anew each time",
        ],
        split="By group: pairs that share a sentence on either side, but for case, accents, punctuation, common names "
        "and digits, are one group. 2 % of Tatoeba's groups are the test and 1.2 % for choices; 25 % and 10 % of our "
        "own. No pair of the test has a sentence that was learnt from.",
        metrics=metrics,
        settings={"beam": BEAM, "tokenizer_sha256": sha256_of(folder / TOKENIZER)},
        limits=[
            "Trained on short sentences of everyday language: idioms, long sentences and rare words are often wrong.",
            "The festival figures are on sentences that the authors wrote in the style of those it learnt from.",
            "English and Spanish only; one of several Spanishes is given, mostly that of Spain.",
            "Not for safety announcements: those use approved texts.",
        ],
        made_by="python -m training.translation",
        licence="Apache-2.0 (weights); trained on the data above, see NOTICE",
    )


def write_card(card: ModelCard, folder: Path) -> None:
    """Write card.yaml."""
    text = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=118)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def figures(folder: Path, tables: dict[str, Path]) -> dict[str, dict[str, float]]:
    """Return the scores on tables of pairs, by the network alone."""
    translator = Translator.load(folder, ApprovedTexts([]))
    found: dict[str, dict[str, float]] = {}
    for name, table in tables.items():
        report: dict[str, Any] = evaluate(table, translator)
        found[name] = {key: float(value) for key, value in report.items() if isinstance(value, int | float)}
        print({name: found[name]}, flush=True)
    return found


def export(work: Path, weights: Path | None = None) -> None:
    """Convert the averaged weights, check them against the trained network, measure, and write the card.

    Raises:
        RuntimeError: the converted network does not translate as the trained one.
    """
    network = load_network(weights or work / "network.pt")
    parameters = sum(parameter.numel() for parameter in network.parameters())
    sample = read_pairs(work / "tatoeba_dev.csv")[:COMPARED]
    sentences = [(TO_SPANISH, pair[0]) for pair in sample] + [(TO_ENGLISH, pair[1]) for pair in sample]
    convert(network, work / "tokenizer.json", work / "float", quantization=None)
    same = agreement(network, work / "float", sentences)
    print({"same_as_trained": same}, flush=True)
    if same < 0.98:  # two sums in another order may turn a tie
        raise RuntimeError(f"only {same:.0%} of {len(sentences)} sentences are translated as by the trained network")
    folder = models_folder() / "translation"
    convert(network, work / "tokenizer.json", folder)
    write_card(make_card(folder, parameters, {}), folder)
    tables = {
        "Tatoeba, test": work / "tatoeba_test.csv",
        "our festival sentences, test": Path(__file__).with_name("festival_test.csv"),
    }
    metrics = figures(folder, tables)
    metrics["our festival sentences with slots, test: share kept"] = copying(Translator.load(folder, ApprovedTexts([])))
    write_card(make_card(folder, parameters, metrics), folder)
