"""Weights of the model of links, written by training/moments."""

BIAS = -5.2972
MIN_CHANCE = 0.86
"""Probability from which a post is linked."""

WEIGHTS: dict[str, float] = {
    "after": -0.8371,
    "before": -0.6331,
    "elsewhere": -4.4771,
    "exact": 0.9592,
    "fuzzy": 2.4851,
    "live": 2.3916,
    "lowercase": 0.1386,
    "meaning": 4.3026,
    "other_stage": -2.4285,
    "part": 1.2651,
    "question": -2.9624,
    "reshared": 0.1553,
    "rival": -3.7612,
    "stage": 1.444,
    "strength": 4.7757,
    "tagged": 1.3224,
    "unnamed_alone": 0.0646,
    "unnamed_here": 4.7098,
    "unnamed_meaning": 0.5164,
}
