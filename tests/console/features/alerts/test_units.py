"""Pages can format every unit of an alert rule."""

from __future__ import annotations

import re

from console.features.alerts import FEATURE
from processors.alerts.rule import Unit


def test_script_formats_exactly_the_units_of_rules() -> None:
    script = (FEATURE.folder / "units.js").read_text(encoding="utf-8")
    assert re.findall(r"^  (\w+): \(", script, re.MULTILINE) == [unit.value for unit in Unit]
