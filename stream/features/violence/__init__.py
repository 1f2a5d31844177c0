"""Violence: fights seen by a camera."""

from __future__ import annotations

from pathlib import Path

from processors.violence import rules
from schemas.violence import VIOLENCE
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="violence",
    results=(VIOLENCE,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    metrics=("stream.features.violence.metrics",),
    evaluations=("stream.commands.evaluate_vision:violence",),
)
