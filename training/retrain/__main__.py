"""Train a candidate of a model with a venue's labels; `pulso models retrain` calls it.

`python -m training.retrain mood --data LABELS --out CANDIDATE --cache FEATURES --in-use mood=FOLDER`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from processors.models.inference import ModelError, models_folder
from training.retrain.labels import LabelsError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.retrain", description=__doc__)
    parser.add_argument("name", choices=("mood", "sentiment"))
    parser.add_argument("--data", type=Path, required=True, help="folder of labels")
    parser.add_argument("--base", type=Path, help="folder with the data of the first training")
    parser.add_argument("--out", type=Path, required=True, help="folder of the candidate")
    parser.add_argument("--cache", type=Path, required=True, help="folder of the features")
    parser.add_argument("--in-use", action="append", default=[], metavar="NAME=FOLDER", help="models in use")
    arguments = parser.parse_args()
    in_use = {path.name: path for path in models_folder().iterdir() if path.is_dir()}
    in_use |= {name: Path(folder) for name, _, folder in (one.partition("=") for one in arguments.in_use)}
    try:
        if arguments.name == "mood":
            from training.retrain.mood import retrain as retrain_mood

            retrain_mood(arguments.data, arguments.base, in_use, arguments.out, arguments.cache, report)
        else:
            from training.retrain.sentiment import retrain as retrain_sentiment

            reference = models_folder() / "sentiment"
            retrain_sentiment(arguments.data, arguments.base, in_use, arguments.out, arguments.cache, report, reference)
    except (LabelsError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def report(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
