"""Train and export the crowd model: `python -m training.crowd`. Completed stages are skipped."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from training.crowd.train import WORK

STAGE1_MINUTES, STAGE2_MINUTES = 115, 60
"""Training minutes of one core: of the first stage, and of each run of the second."""
SEEDS = (1, 2)


def main() -> None:
    """Train the first stage, one second-stage run per seed from its weights, and export their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd"))
    parser.add_argument("--share", type=float, default=1.0, help="share of the minutes, for a trial")
    arguments = parser.parse_args()
    data = ["--data", str(arguments.data)]

    def train(work: Path, minutes: float, *more: str) -> Path:
        if not (work / "last.pt").exists():
            options = ["--work", str(work), "--minutes", str(minutes * arguments.share)]
            subprocess.run([sys.executable, "-m", "training.crowd.train", *data, *options, *more], check=True)
        return work / "last.pt"

    first = train(WORK / "stage1", STAGE1_MINUTES)
    runs = [train(WORK / f"seed{seed}", STAGE2_MINUTES, "--begin", str(first), "--seed", str(seed)) for seed in SEEDS]
    weights = ["--weights", *map(str, runs)]
    subprocess.run([sys.executable, "-m", "training.crowd.export", *data, *weights], check=True)


if __name__ == "__main__":
    main()
