"""Tests of the registry: conflicts between features are refused, and names agree in every layer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from schemas.venue import Venue, venue_type
from schemas.venue_section import VenueSection
from stream.features import bars, crowd, registry
from stream.features.registry import FeatureError
from stream.runtime.feature import Feature, load_reference
from stream.runtime.settings import ROOT


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (Feature(name="bars"), "two features are named 'bars'"),
        (Feature(name="other", topics=crowd.FEATURE.results), "two topics are named 'crowd.counts'"),
    ],
)
def test_registry_refuses_conflicting_features(feature: Feature, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = (*registry._BUILT_IN, SimpleNamespace(FEATURE=feature))
    monkeypatch.setattr(registry, "_BUILT_IN", modules)
    registry.features.cache_clear()
    try:
        with pytest.raises(FeatureError, match=message):
            registry.features()
    finally:
        registry.features.cache_clear()


def test_error_for_unknown_feature_lists_features() -> None:
    with pytest.raises(registry.FeatureError, match="cameras, crowd"):
        registry.feature_named("weather")


@pytest.mark.parametrize("feature", registry.features(), ids=lambda feature: feature.name)
def test_feature_has_the_same_name_in_every_layer(feature: Feature) -> None:
    assert (ROOT / "stream" / "features" / feature.name / "__init__.py").exists()
    assert (ROOT / "schemas" / f"{feature.name}.py").exists()
    assert (ROOT / "processors" / feature.name / "__init__.py").exists()


@pytest.mark.parametrize("feature", registry.features(), ids=lambda feature: feature.name)
def test_references_of_a_feature_can_be_loaded(feature: Feature) -> None:
    references = [
        *feature.agents.values(), *feature.frame_observers, *feature.metrics, *feature.commands, *feature.evaluations,
        *([feature.console] if feature.console else []),
    ]  # fmt: skip
    for reference in references:
        assert load_reference(reference) is not None


def test_workers_buffer_as_many_events_as_features_allow() -> None:
    assert registry.buffer_events("vision") == 128
    assert registry.buffer_events("bars") == replace(bars.FEATURE).buffer_events == 4096


def test_venue_section_is_validated_against_whole_file() -> None:
    section: VenueSection[list[str]] = VenueSection(
        "kiosks", list[str], list, "kiosks", lambda venue: [] if venue.bars else ["kiosks: there is no bar"]
    )
    extended = venue_type([section])
    assert extended.model_validate({"name": "Test", "bars": [{"id": "north"}], "kiosks": ["a"]}).section(section) == [
        "a"
    ]
    with pytest.raises(ValueError, match="there is no bar"):
        extended.model_validate({"name": "Test", "kiosks": ["a"]})
    assert Venue(name="Test").section(section) == []
