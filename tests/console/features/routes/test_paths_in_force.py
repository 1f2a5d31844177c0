"""Closed and crowded paths as lines of a shift's hand-over note."""

from __future__ import annotations

from datetime import UTC, datetime

from console.features.routes.view import PathsView
from schemas.routes import PathCondition, PathsSettings, PathState
from stream.features import registry

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_each_closed_path_is_named_once_in_the_venues_language() -> None:
    places = [
        {"id": name, "name_es": es, "name_en": en, "kind": "junction", "x_m": x, "y_m": 0}
        for x, (name, es, en) in enumerate(
            (("gate", "Puerta", "Gate"), ("tent", "Carpa", "Tent"), ("food", "Comida", "Food"))
        )
    ]
    paths = PathsSettings.model_validate({
        "places": places,
        "paths": [{"start": "gate", "end": "tent", "metres": 9}, {"start": "tent", "end": "food", "metres": 9}],
    })  # fmt: skip
    view = PathsView(registry.full_venue_type().model_validate({"name": "Here", "language": "es", "paths": paths}))

    def set_state(start: str, end: str, state: PathCondition) -> None:
        view.apply(PathState(start=start, end=end, time=AT, state=state, by="ana"), 0)  # type: ignore[arg-type]

    set_state("tent", "gate", "closed")
    set_state("tent", "food", "crowded")
    assert view.closed_paths == [("Puerta", "Carpa")]
    assert view.crowded_paths == [("Comida", "Carpa")]
    set_state("gate", "tent", "open")
    assert view.closed_paths == []
