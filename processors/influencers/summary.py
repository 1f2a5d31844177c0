"""Findings about an account in words, in Spanish or English; no verdict on a person."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from processors.influencers.engagement import Engagement
from processors.influencers.share import ShareEstimate

Language = Literal["en", "es"]

FEW_ACCOUNTS = 100
"""Below this number the interval is wider than ±.08."""


def summarise(estimate: ShareEstimate, engagement: Engagement | None, language: Language) -> list[str]:
    """Return the findings as sentences."""
    words = _words(language)
    accounts = len(estimate.chances)
    shares = {name: _percent(getattr(estimate, name), 0) for name in ("share", "low", "high")}
    lines = [words["share"].format(**shares, accounts=accounts)]
    if accounts < FEW_ACCOUNTS:
        lines.append(words["few"].format(least=FEW_ACCOUNTS))
    if engagement is not None:
        lines.append(
            words["engagement"].format(
                rate=_percent(engagement.rate, 1),
                low=_percent(engagement.usual_low, 1),
                high=_percent(engagement.usual_high, 1),
                level=words[f"level_{engagement.level}"],
            )
        )
        days = ", ".join(time.date().isoformat() for time in engagement.bursts)
        lines.append(words["bursts"].format(times=days) if days else words["no_bursts"])
        if engagement.follower_bursts:
            grown = ", ".join(time.date().isoformat() for time in engagement.follower_bursts)
            lines.append(words["follower_bursts"].format(times=grown))
    return [*lines, words["no_verdict"]]


@cache
def _words(language: Language) -> dict[str, str]:
    path = Path(__file__).parent / f"words.{language}.yaml"
    return {str(name): str(text) for name, text in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


def _percent(share: float, digits: int) -> str:
    return f"{100 * share:.{digits}f} %"
