"""Models: people's feedback on model outputs, and a reminder to train a model again."""

from __future__ import annotations

from pathlib import Path

from processors.models import rules
from schemas.models import FEEDBACK, REVIEWS
from schemas.music import SNIPPETS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="models",
    topics=(FEEDBACK,),
    results=(REVIEWS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={
        "music": "stream.features.models.agents:register",
        "alerts": "stream.features.models.reviews:register",
    },
    metrics=("stream.features.models.metrics",),
    commands=("stream.commands.models:register", "stream.commands.retraining:register"),
    console="console.features.models:FEATURE",
    access={
        "music": Access(consumes=(FEEDBACK,)),
        "alerts": Access(broadcasts=(FEEDBACK,), produces=(REVIEWS,)),
        # The fragment that a correction is about is kept; Kafka has it for ten minutes.
        "console": Access(broadcasts=(FEEDBACK, SNIPPETS), produces=(FEEDBACK,)),
        "operator": Access(produces=(FEEDBACK,)),
    },
)
