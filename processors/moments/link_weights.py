"""Weights of the model of links, written by training/moments."""

BIAS = -5.5769
MIN_CHANCE = 0.80
"""Probability from which a post is linked."""

WEIGHTS: dict[str, float] = {
    "after": -0.4868,
    "before": -0.2065,
    "elsewhere": -3.5167,
    "exact": 1.4576,
    "fuzzy": 2.416,
    "live": 2.0967,
    "lowercase": -0.5136,
    "lowercase_meaning": 0.105,
    "lowercase_performing": 2.017,
    "meaning": 1.9761,
    "other_stage": -1.2598,
    "part": 0.6037,
    "part_performing": 0.0,
    "performing": 0.2736,
    "question": -1.7483,
    "reshared": 0.0627,
    "rival": -2.0644,
    "stage": 2.0122,
    "strength": 4.7193,
    "tagged": 1.2415,
    "tied": -2.4274,
    "unnamed_alone": 0.2681,
    "unnamed_here": 3.7013,
    "unnamed_meaning": 0.4059,
}
