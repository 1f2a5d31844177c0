"""Compare the clustering with other methods on the same vectors: `python -m training.encoder.compare FILE …`.

k-means is given the true number of topics and all mails at once. The others get each mail once and are scored by the
cluster that it got when it came, over seeded orders; `peers.py` describes them. Times are of clustering alone, on one
core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from processors.support.desk import KINDS_WEIGHT, SupportDesk, mail_vector
from processors.support.encoder import Encoder
from processors.support.evaluation import read_labelled_mails
from processors.support.mail_analysis import AnalyzedMail, analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier
from schemas.support import Mail
from training.encoder.peers import BATCH, peers

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MAX_MAILS = 1_500
SIZES = (1_000, 10_000, 100_000)
MAX_PEER_SECONDS = 150.0
"""Seconds that a method may take in all."""


Order = NDArray[np.int64]


def mail_at(read: AnalyzedMail, place: int) -> AnalyzedMail:
    """Return a copy of a mail that comes at a later minute."""
    at = BEGAN + timedelta(minutes=place)
    return msgspec.structs.replace(read, mail=Mail(id=f"m{place}", thread="t", time=at, text=read.mail.text))


def ours(reads: list[AnalyzedMail], requests: RequestClassifier) -> Callable[[Order], list[str]]:
    def run(order: Order) -> list[str]:
        desk = SupportDesk(None, requests)
        found = []
        for place, at in enumerate(order):
            triage = desk.apply(mail_at(reads[at], place), place, f"e{place}")
            assert triage is not None
            found.append(triage.cluster or "none")
        return found

    return run


def row(name: str, topics: list[str], runs: list[tuple[Order, list[str], float]]) -> str:
    """Return a table row: ARI, NMI, clusters and milliseconds a mail as means over the orders, and the range of ARI."""
    aris = [adjusted_rand_score([topics[i] for i in order], found) for order, found, _ in runs]
    nmis = [normalized_mutual_info_score([topics[i] for i in order], found) for order, found, _ in runs]
    number = np.mean([len(set(found)) for _, found, _ in runs])
    each = np.mean([seconds / len(order) for order, _, seconds in runs]) * 1000
    spread = f"{min(aris):.3f}–{max(aris):.3f}"
    return f"| {name} | {np.mean(aris):.3f} | {spread} | {np.mean(nmis):.3f} | {number:.0f} | {each:.2f} |"


def timed(run: Callable[[Order], list[str]], orders: list[Order]) -> list[tuple[Order, list[str], float]]:
    found = []
    for order in orders:
        began = time.perf_counter()
        labels = run(order)
        found.append((order, labels, time.perf_counter() - began))
    return found


def compare(path: Path, requests: RequestClassifier, orders: int) -> None:
    labelled = read_labelled_mails(path)
    chosen = np.random.default_rng(1).permutation(len(labelled))[:MAX_MAILS]
    mails = [
        Mail(id=f"m{i}", thread="t", time=BEGAN, subject=labelled[i].subject, text=labelled[i].text) for i in chosen
    ]
    topics = [labelled[i].topic for i in chosen]
    reads = [analyze_mail(mail, requests) for mail in mails]
    none = TopicClassifier({}, requests)
    vectors = np.stack([mail_vector(read, none.asking_weights(read.by_sentence)) for read in reads])
    shuffled = [np.random.default_rng(seed).permutation(len(reads)) for seed in range(orders)]
    print(f"\n{path.name}: {len(reads)} mails, {len(set(topics))} topics\n")
    print("| method | ARI | of the orders | NMI | clusters | ms/mail |\n| --- | --- | --- | --- | --- | --- |")
    print(row("ours, one pass", topics, timed(ours(reads, requests), shuffled)), flush=True)

    asked = np.stack([none.request_distribution(read.whole, read.by_sentence) for read in reads])
    both = np.hstack([vectors, KINDS_WEIGHT * np.sqrt(asked / asked.sum(axis=1, keepdims=True))])

    def k_means(given: NDArray[np.float32]) -> Callable[[Order], list[str]]:
        def run(order: Order) -> list[str]:
            model = KMeans(len(set(topics)), n_init=3, random_state=int(order[0]))
            return [str(k) for k in model.fit_predict(given[order])]

        return run

    print(row("k-means, given the number", topics, timed(k_means(vectors), shuffled[:3])), flush=True)
    print(row("k-means, given the number, with request kinds", topics, timed(k_means(both), shuffled[:3])), flush=True)

    words = [read.text for read in reads]
    for peer in peers(len(set(topics))):
        short = [order[: peer.most] for order in shuffled[: peer.orders]]
        name = peer.name if len(reads) <= peer.most else f"{peer.name}, {peer.most} mails"
        try:
            print(row(name, topics, timed(partial(peer.run, vectors, words), short)), flush=True)
        except Exception as error:  # the failure of one method is reported, and the others go on
            print(f"| {name} | failed: {type(error).__name__}: {error} | | | | |", flush=True)


def grow(path: Path, requests: RequestClassifier) -> None:
    """Print milliseconds a mail as the desk grows: the file's mails repeatedly, each time with a little noise.

    Of a method that takes longer than `MAX_PEER_SECONDS`, the number of mails that it reached is printed.
    """
    labelled = read_labelled_mails(path)[:1000]
    reads = [
        analyze_mail(Mail(id="m", thread="t", time=BEGAN, subject=one.subject, text=one.text), requests)
        for one in labelled
    ]
    none = TopicClassifier({}, requests)
    vectors = np.stack([mail_vector(read, none.asking_weights(read.by_sentence)) for read in reads])
    sizes = " | ".join(f"to {size:,}" for size in SIZES)
    print(f"\nms a mail as mails come\n\n| method | {sizes} |\n| --- {'| --- ' * len(SIZES)}|", flush=True)
    print(f"| ours | {' | '.join(_ours_growing(reads, requests))} |", flush=True)
    number, words = len({one.topic for one in labelled}), [read.text for read in reads]
    for peer in peers(number):
        step, cells, last, spent = peer.begin(), [], 0, 0.0
        for size in SIZES:
            before, done = spent, last
            while done < size and spent < MAX_PEER_SECONDS:
                places = [place % len(reads) for place in range(done, min(done + BATCH, size))]
                random = np.random.default_rng(done)
                moved = vectors[places] + 0.03 * random.normal(size=(len(places), vectors.shape[1]))
                began = time.perf_counter()
                step(moved.astype(np.float32), [words[place] for place in places])
                spent, done = spent + time.perf_counter() - began, done + len(places)
            each = f"{1000 * (spent - before) / max(1, done - last):.2f}"
            cells.append(each if done == size else f"{each}, stopped at {done:,}" if done > last else "")
            last = done
        print(f"| {peer.name} | {' | '.join(cells)} |", flush=True)


def _ours_growing(reads: list[AnalyzedMail], requests: RequestClassifier) -> list[str]:
    desk, random, last, cells = SupportDesk(None, requests), np.random.default_rng(1), 0, []
    for size in SIZES:
        spent = 0.0
        for place in range(last, size):
            read = mail_at(reads[place % len(reads)], place)
            moved = read.whole.vectors + 0.03 * random.normal(size=read.whole.vectors.shape)
            moved = (moved / np.linalg.norm(moved)).astype(np.float32)
            read = msgspec.structs.replace(read, whole=msgspec.structs.replace(read.whole, vectors=moved))
            began = time.perf_counter()
            desk.apply(read, place, f"e{place}")
            spent += time.perf_counter() - began
        kept, row_bytes = len(desk.clusters), len(desk.to_row())
        cells.append(f"{1000 * spent / (size - last):.2f} ({kept} clusters, row {row_bytes // 1000} kB)")
        last = size
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument(
        "--grow", action="store_true", help="also the time a mail from 1,000 to 100,000, on the first file"
    )
    arguments = parser.parse_args()
    requests = RequestClassifier.load(Encoder.load())
    for path in arguments.files:
        compare(path, requests, arguments.orders)
    if arguments.grow:
        grow(arguments.files[0], requests)


if __name__ == "__main__":
    main()
