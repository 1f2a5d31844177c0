"""Violence: fights seen by a camera."""

from __future__ import annotations

from schemas.violence import VIOLENCE
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="violence",
    results=(VIOLENCE,),
    metrics=("stream.features.violence.metrics",),
    evaluations=("stream.commands.evaluate_vision:violence",),
)
