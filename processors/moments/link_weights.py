"""Weights of the model of links, written by training/moments."""

BIAS = 0.0
MIN_CHANCE = 0.5
WEIGHTS: dict[str, float] = {}
