"""Training of the translation network: pairs, word pieces, conversion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.translation.pairs import fill, groups, normalised, read_festival, split, vary
from training.translation.vocabulary import END, TO_SPANISH, make_tokenizer


def test_near_duplicates_share_a_group() -> None:
    pairs = [
        ("Tom is here.", "Tom está aquí."),
        ("Mary is here!", "María está acá."),
        ("Is it late?", "¿Es tarde?"),
        ("She is here.", "¡Maria esta aca!"),
    ]

    found = groups(pairs)

    assert found[0] == found[1] == found[3] != found[2]


def test_split_keeps_groups_together_and_is_stable() -> None:
    words = [f"{chr(98 + i // 20)}{chr(98 + i % 20)}x" for i in range(400)]
    pairs = [(f"sentence {word} of many", f"frase {word}") for word in words]
    pairs += [(english, "otra " + spanish) for english, spanish in pairs]

    parts = split(pairs, 0.1, 0.2)
    more = split([*pairs, ("something new", "algo nuevo")], 0.1, 0.2)

    english = [{normalised(one) for one, _ in part} for part in (parts.train, parts.dev, parts.test)]
    assert not (english[0] & english[1] or english[0] & english[2] or english[1] & english[2])
    assert len(parts.train) + len(parts.dev) + len(parts.test) == len(pairs)
    assert set(parts.test) <= set(more.test)
    assert 0.1 < len(parts.test) / len(pairs) < 0.3


def test_festival_pairs_fill_and_agree() -> None:
    pairs = read_festival()
    rng = np.random.default_rng(1)

    assert len(pairs) == len(set(pairs))
    filled = [fill(pair, rng) for pair in pairs]
    assert not [pair for pair in filled if "{" in pair[0] + pair[1]]
    spots = {fill(("{Spot} is closed.", "{Spot} está cerrad{spot_o}."), rng)[1] for _ in range(600)}
    assert "La puerta norte está cerrada." in spots
    assert "El camping está cerrado." in spots


def test_variation_copies_names_and_numbers_to_both_sides() -> None:
    rng = np.random.default_rng(2)
    found = [vary(("Tom has 25 dogs.", "Tom tiene 25 perros."), rng) for _ in range(50)]

    for english, spanish in found:
        name, rest = english.split(" has ")
        assert spanish == f"{name} tiene {rest.split()[0]} perros."
    assert len(set(found)) > 20


def test_tokenizer_gives_back_any_text_and_single_digits() -> None:
    tokenizer = make_tokenizer(["the gate is open", "la puerta está abierta"] * 20)

    for text in ("Gate 31 — ¿qué?", "Żółw 🎸", "a  b"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    tokens = tokenizer.encode(" 2330").tokens
    assert [token for token in tokens if token.isdigit()] == ["2", "3", "3", "0"]
    assert tokenizer.token_to_id(TO_SPANISH) is not None


def test_converted_network_writes_the_same_pieces(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    pytest.importorskip("ctranslate2", reason="the extra `captions` is not installed")
    from training.translation.export import agreement, convert
    from training.translation.network import Shape, TranslationNetwork

    torch.manual_seed(3)
    tokenizer = make_tokenizer(["the gate is open", "la puerta está abierta"] * 20)
    file = tmp_path / "pieces.json"
    tokenizer.save(str(file))
    network = TranslationNetwork(
        Shape(tokenizer.get_vocab_size(), width=32, heads=2, hidden=64, encoder_layers=2, decoder_layers=1)
    ).eval()
    with torch.no_grad():
        network.output_bias[tokenizer.token_to_id(END)] = -50.0  # an untrained one would stop at once

    convert(network, file, tmp_path / "float", quantization=None)

    assert agreement(network, tmp_path / "float", [(TO_SPANISH, "the gate"), (TO_SPANISH, "open 12")]) == 1
