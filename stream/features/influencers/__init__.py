"""Influencers: the share of fake followers and the engagement of an account, from counts without names."""

from __future__ import annotations

from stream.runtime.feature import Feature

FEATURE = Feature(
    name="influencers",
    console="console.features.influencers:FEATURE",
    commands=("stream.commands.influencers:register",),
    evaluations=("stream.commands.influencers:influencers",),
)
