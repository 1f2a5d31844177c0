"""Simulated bursts: posts of sets with slow waves, noise and one planted burst each.

`python -m training.moments.bursts --seed N` prints the table of docs/models/moments.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from processors.moments.bursts import scan

MINUTES = 75
BURST_MINUTES = 3
EARLIEST_BURST = 15
MAX_DELAY = 2
"""Minutes within which a burst counts as found, that of its begin included."""

BASES, DISPERSIONS = (1, 3, 8), (0.0, 0.08, 0.3)


@dataclass(frozen=True, slots=True)
class BurstFigures:
    """Figures over many sets.

    Attributes:
        found: share of the planted bursts found within `MAX_DELAY` minutes.
        false_an_hour: bursts found in the same posts without the planted ones, one after another counted once.
    """

    found: float
    false_an_hour: float


def measure(base: int, dispersion: float, draws: int, seed: int) -> BurstFigures:
    """Return the figures of sets with a mean of `base` posts a minute.

    Args:
        dispersion: squared coefficient of variation of the rate from minute to minute.
        draws: number of sets.
    """
    random = np.random.default_rng(seed)
    found = false = 0
    for _ in range(draws):
        rate = base * (1 + 0.5 * np.sin(np.arange(MINUTES) / 15 + random.uniform(0, 2 * np.pi)))
        if dispersion:
            rate = rate * random.gamma(1 / dispersion, dispersion, MINUTES)
        counts = random.poisson(rate)
        bursts = [one.burst for one in scan(counts.tolist())]
        false += sum(now and not before for before, now in zip([False, *bursts], bursts, strict=False))
        begin = int(random.integers(EARLIEST_BURST, MINUTES - BURST_MINUTES))
        counts[begin : begin + BURST_MINUTES] += random.poisson(max(8, 4 * base), BURST_MINUTES)
        found += any(one.burst for one in scan(counts.tolist())[begin : begin + MAX_DELAY])
    return BurstFigures(found / draws, false / (draws * MINUTES / 60))


def main() -> None:
    """Print the figures of each base and dispersion."""
    parser = argparse.ArgumentParser(description="Measure how many planted bursts are found, and false ones.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--draws", type=int, default=400, help="sets of each row")
    options = parser.parse_args()
    print("| base, posts a minute | dispersion | found within two minutes | false bursts an hour |\n|---|---|---|---|")
    for dispersion in DISPERSIONS:
        for base in BASES:
            figures = measure(base, dispersion, options.draws, options.seed)
            print(f"| {base} | {dispersion:g} | {figures.found:.3f} | {figures.false_an_hour:.2f} |")


if __name__ == "__main__":
    main()
