"""Make the crowd model from its data: `python -m training.crowd`. What is done already is not done again."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from training.crowd.train import WORK

FIRST_MINUTES, SECOND_MINUTES = 115, 60
"""of one core for the first stage, and for each of the second"""
SEEDS = (1, 2)


def main() -> None:
    """Train the first stage, from its weights one run a seed, and ship their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd"))
    parser.add_argument("--share", type=float, default=1.0, help="of the minutes, for a try")
    arguments = parser.parse_args()
    data = ["--data", str(arguments.data)]

    def train(work: Path, minutes: float, *more: str) -> Path:
        if not (work / "last.pt").exists():
            spent = ["--work", str(work), "--minutes", str(minutes * arguments.share)]
            subprocess.run([sys.executable, "-m", "training.crowd.train", *data, *spent, *more], check=True)
        return work / "last.pt"

    first = train(WORK / "stage1", FIRST_MINUTES)
    runs = [train(WORK / f"seed{seed}", SECOND_MINUTES, "--begin", str(first), "--seed", str(seed)) for seed in SEEDS]
    weights = ["--weights", *map(str, runs)]
    subprocess.run([sys.executable, "-m", "training.crowd.export", *data, *weights], check=True)


if __name__ == "__main__":
    main()
