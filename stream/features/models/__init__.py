"""Models: people's feedback on model outputs."""

from __future__ import annotations

from schemas.models import FEEDBACK
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="models",
    topics=(FEEDBACK,),
    agents={"music": "stream.features.models.agents:register"},
    metrics=("stream.features.models.metrics",),
    commands=("stream.commands.models:register",),
    access={
        "music": Access(consumes=(FEEDBACK,)),
        "operator": Access(produces=(FEEDBACK,)),
    },
)
