"""Measure the shipped sentiment model on its held-out posts: `python -m training.sentiment.measure`.

Published figures stand beside it. `pulso evaluate sentiment` measures files of your own; of the training sets only this
split is fair.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sklearn.metrics import accuracy_score, f1_score

from processors.social.sentiment import SentimentClassifier
from processors.social.sentiment_evaluation import NAMES, PUBLISHED
from processors.support.encoder import Encoder
from training.sentiment.train import read_sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    arguments = parser.parse_args()
    encoder = Encoder.load()
    sentiment = SentimentClassifier.load(encoder)
    print("| held-out posts | number | accuracy | macro-F1 | F1 negative | neutral | positive |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (_, report) in read_sets(arguments.data).items():
        truth = [post.sentiment for post in report]
        found = [sentiment.classify(post.text, encoder.encode([post.text]).vectors[0])[0] for post in report]
        each = f1_score(truth, found, labels=NAMES, average=None)
        macro, right = f1_score(truth, found, labels=NAMES, average="macro"), accuracy_score(truth, found)
        cells = " | ".join(f"{value:.3f}" for value in each)
        print(f"| {name} | {len(report)} | {right:.3f} | {macro:.3f} | {cells} |", flush=True)
    for name, value in PUBLISHED.items():
        print(f"| published, its own test half: {name} | | | {value:.3f} | | | |")


if __name__ == "__main__":
    main()
