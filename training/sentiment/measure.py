"""Measure the shipped sentiment model on its held-out posts: `python -m training.sentiment.measure`.

Published figures are printed for comparison. `pulso evaluate sentiment` measures other files; of the training sets,
only this split was not trained on.
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
    for name, (_, held_out) in read_sets(arguments.data).items():
        truth = [post.sentiment for post in held_out]
        predicted = [sentiment.classify(post.text, encoder.encode([post.text]).vectors[0])[0] for post in held_out]
        f1_by_class = f1_score(truth, predicted, labels=NAMES, average=None)
        macro, accuracy = f1_score(truth, predicted, labels=NAMES, average="macro"), accuracy_score(truth, predicted)
        cells = " | ".join(f"{value:.3f}" for value in f1_by_class)
        print(f"| {name} | {len(held_out)} | {accuracy:.3f} | {macro:.3f} | {cells} |", flush=True)
    for name, value in PUBLISHED.items():
        print(f"| published, its own test half: {name} | | | {value:.3f} | | | |")


if __name__ == "__main__":
    main()
