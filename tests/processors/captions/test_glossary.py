"""Names of the programme in heard text."""

from __future__ import annotations

import pytest

from processors.captions.glossary import MAX_HINTS, Glossary, glossary_of
from stream.features import registry

NAMES = ["Los Cometas", "Nadia Ferrer", "Marea Baja", "The Velvet Owls", "Duna"]


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("ahora llegan los cometas", "ahora llegan Los Cometas"),
        ("con todos ustedes nadia ferré", "con todos ustedes Nadia Ferrer"),
        ("please welcome the velvet howls", "please welcome The Velvet Owls"),
        ("con Mareabaja, a las diez", "con Marea Baja, a las diez"),
        ("hoy toca Duna.", "hoy toca Duna."),
    ],
)
def test_misheard_name_is_written_as_in_the_programme(heard: str, wanted: str) -> None:
    assert Glossary(NAMES).correct(heard).text == wanted


@pytest.mark.parametrize(
    "text",
    [
        "la marea sube y baja en la playa",
        "los cohetes salen a las doce",
        "the old town is nice",
        "una duda: ¿dónde está la puerta norte?",
        "",
        "¡¡!!",
    ],
)
def test_other_words_stay(text: str) -> None:
    corrected = Glossary(NAMES).correct(text)
    assert (corrected.text, corrected.replaced) == (text, ())


def test_replaced_words_are_reported() -> None:
    assert Glossary(NAMES).correct("nadia ferré").replaced == (("nadia ferré", "Nadia Ferrer"),)


def test_hints_are_bounded_and_begin_with_the_next_acts() -> None:
    hints = Glossary(f"Name {number}" for number in range(100)).hints(["Duna"])
    assert (hints[0], len(hints)) == ("Duna", MAX_HINTS)


def test_names_of_a_venue_are_those_of_captions_and_of_acts() -> None:
    venue = registry.full_venue_type().model_validate(
        {
            "name": "Test",
            "captions": {"names": ["Gaseosas del Sur"]},
            "programme": {"acts": [{"id": "duna", "name": "Duna"}]},
        }
    )
    assert glossary_of(venue).names == ("Gaseosas del Sur", "Duna")
