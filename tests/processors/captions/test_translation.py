"""Translation of captions: what is done around the network, and the network that is shipped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from processors.captions.approved import ApprovedTexts
from processors.captions.translation import (
    MAX_WORDS,
    TranslationExtraError,
    Translator,
    lost_in_translation,
    sentences,
    with_stand_ins,
)
from processors.models.inference import ModelCard, ModelError, models_folder


class WordTokenizer:
    """One piece a word, whose id is its place in a list."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def encode(self, text: str) -> SimpleNamespace:
        return SimpleNamespace(tokens=text.split())

    def token_to_id(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[number] for number in ids)


class ScriptedEngine:
    """Gives fixed hypotheses, best first, for any sentence; keeps the sources."""

    def __init__(self, *hypotheses: str) -> None:
        self.hypotheses, self.sources = hypotheses, list[list[str]]()

    def translate_batch(self, sources: list[list[str]], **options: object) -> list[SimpleNamespace]:
        assert sources
        self.sources += sources
        return [SimpleNamespace(hypotheses=[text.split() for text in self.hypotheses]) for _ in sources]


def translator(engine: ScriptedEngine) -> Translator:
    return Translator(engine, cast("Any", WordTokenizer()), cast("ModelCard", None), ApprovedTexts.load())


def test_translation_takes_the_best_hypothesis_that_keeps_all_numbers() -> None:
    engine = ScriptedEngine("La puerta abre.", "La puerta 4 abre a las 23:30.", "La puerta 3 abre a las 23:30.")

    assert translator(engine).translate(["Gate 3 opens at 23:30."], "en", "es") == ["La puerta 3 abre a las 23:30."]
    assert engine.sources == [["<2es>", "Gate", "3", "opens", "at", "23:30.", "</s>"]]


def test_translation_that_loses_a_number_shows_the_original_beside_it() -> None:
    shown = translator(ScriptedEngine("La puerta abre.")).translate(["Gate 31 opens."], "en", "es")

    assert shown == ["La puerta abre. (Gate 31 opens.)"]


def test_translation_that_loses_a_name_of_the_glossary_is_marked() -> None:
    found = translator(ScriptedEngine("Los Gatos tocan.")).translations(
        ["Ñu Gatos play."], "en", "es", names=["Ñu Gatos", "Other"]
    )

    assert found[0].lost == ("Ñu Gatos",)


def test_name_that_is_not_copied_gets_a_stand_in() -> None:
    class Engine(ScriptedEngine):
        def translate_batch(self, sources: list[list[str]], **options: object) -> list[SimpleNamespace]:
            self.hypotheses = ("Tom y Marta tocan.",) if "Tom" in sources[0] else ("Los gatos tocan.",)
            return super().translate_batch(sources, **options)

    engine = Engine()
    found = translator(engine).translations(["The Cats and ÑU & Co play."], "en", "es", names=["The Cats", "Ñu & Co"])

    assert found[0].text == "The Cats y Ñu & Co tocan."
    assert found[0].lost == ()
    assert len(engine.sources) == 2


def test_stand_in_is_none_of_the_sentence() -> None:
    assert with_stand_ins("Tom and Velmora", ["Velmora"]) == ("Tom and Marta", {"Marta": "Velmora"})
    assert with_stand_ins("Nobody", ["Velmora"]) == ("Nobody", {})


def test_approved_sentences_do_not_reach_the_network() -> None:
    engine = ScriptedEngine("Hola.")

    found = translator(engine).translations(["Hello. Do not run!", "Keep calm."], "en", "es")

    assert [one.text for one in found] == ["Hola. No corran.", "Mantengan la calma."]
    assert [one.approved for one in found] == [False, True]
    assert [source[1] for source in engine.sources] == ["Hello."]


def test_empty_text_and_same_language_stay_as_they_are() -> None:
    engine = ScriptedEngine("x")

    assert translator(engine).translate(["", "  "], "en", "es") == ["", ""]
    assert translator(engine).translate(["Hola."], "es", "es") == ["Hola."]
    assert engine.sources == []


def test_number_may_become_a_word_up_to_twelve() -> None:
    assert lost_in_translation("2 beers", "dos cervezas", "es") == ()
    assert lost_in_translation("22 beers", "veintidós cervezas", "es") == ("22",)
    assert lost_in_translation("gates 2 and 2", "la puerta 2", "es") == ("2",)


def test_times_and_prices_are_not_cut_into_sentences() -> None:
    assert sentences("It is 23.30. Beer costs 4.50 euros! Vamos.") == [
        "It is 23.30.",
        "Beer costs 4.50 euros!",
        "Vamos.",
    ]
    assert sentences("Use gate B. Then gate C.") == ["Use gate B.", "Then gate C."]


def test_endless_sentence_is_cut_and_nothing_is_lost() -> None:
    text = " ".join(f"w{number}" for number in range(3 * MAX_WORDS + 1))

    assert len(sentences(text)) == 4
    assert " ".join(sentences(text)) == text


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)

    with pytest.raises(TranslationExtraError, match="install the extra `captions`"):
        Translator.load(Path("models/translation"))


@pytest.fixture(scope="module")
def shipped() -> Translator:
    pytest.importorskip("ctranslate2", reason="the extra `captions` is not installed")
    return Translator.load(models_folder() / "translation")


def test_tokenizer_of_another_network_is_refused(shipped: Translator, tmp_path: Path) -> None:
    folder = shutil.copytree(models_folder() / "translation", tmp_path / "translation")
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text(encoding="utf-8") + " ", encoding="utf-8")

    with pytest.raises(ModelError, match="differs from the card"):
        Translator.load(folder)


def test_shipped_network_translates_both_ways(shipped: Translator) -> None:
    assert shipped.translate(["Good night."], "en", "es")[0].lower().startswith("buenas noches")
    assert "night" in shipped.translate(["Buenas noches."], "es", "en")[0].lower()


def test_shipped_network_copies_times_gates_and_names(shipped: Translator) -> None:
    found = shipped.translations(
        ["Gate 17 opens at 18:45.", "Velmora will play at 23:30 on the Luna Stage."],
        "en",
        "es",
        names=["Velmora", "Luna"],
    )

    assert [one.lost for one in found] == [(), ()]


def test_shipped_network_is_small(shipped: Translator) -> None:
    folder = models_folder() / "translation"

    assert sum(file.stat().st_size for file in folder.iterdir()) <= 25e6
    assert 6e6 <= shipped.card.parameters <= 12e6


def test_shipped_network_gives_the_same_alone_and_in_a_batch(shipped: Translator) -> None:
    texts = ["The bus is full.", "We are waiting for the doctor near the bar.", "Hello!"]

    assert shipped.translate(texts, "en", "es") == [shipped.translate([text], "en", "es")[0] for text in texts]
