"""Field types that several records share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Identifier = Annotated[str, Meta(min_length=1, max_length=200, description="stable name of a thing")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 time with an offset")]
Probability = Annotated[float, Meta(ge=0, le=1)]
NonNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(max_length=100_000)]
