"""Clusters beside others on the same vectors, in one run: `python -m training.encoder.compare FILE …`.

k-means is told the true number of topics and sees all mails at once. DBSTREAM (Hahsler and Bolaños, 2016) and TextClust
(Carnein et al., 2017) are River's, as they come, TextClust on the words. Each one-pass method is scored by the cluster
that a mail got when it came, over seeded orders; times are of clustering alone, on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from river import cluster
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from processors.support.desk import KINDS_WEIGHT, Desk, meaning
from processors.support.encoder import Encoder
from processors.support.evaluation import read_labelled
from processors.support.reading import Read, read_mail
from processors.support.requests import Requests
from processors.support.topics import Topics
from schemas.events import Mail

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MOST = 1_500
SIZES = (1_000, 10_000, 100_000)

Order = NDArray[np.int64]


def mail_at(read: Read, place: int) -> Read:
    """The same mail as another one that comes at a later minute."""
    import msgspec

    at = BEGAN + timedelta(minutes=place)
    return msgspec.structs.replace(read, mail=Mail(id=f"m{place}", thread="t", time=at, text=read.mail.text))


def ours(reads: list[Read], requests: Requests) -> Callable[[Order], list[str]]:
    def run(order: Order) -> list[str]:
        desk = Desk(None, requests)
        found = []
        for place, at in enumerate(order):
            triage = desk.apply(mail_at(reads[at], place), place, f"e{place}")
            assert triage is not None
            found.append(triage.cluster or "none")
        return found

    return run


def row(name: str, topics: list[str], runs: list[tuple[Order, list[str], float]]) -> str:
    """ARI, NMI, clusters and milliseconds a mail; means over the orders, and the spread of ARI."""
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


def compare(path: Path, requests: Requests, orders: int) -> None:
    labelled = read_labelled(path)
    chosen = np.random.default_rng(1).permutation(len(labelled))[:MOST]
    mails = [
        Mail(id=f"m{i}", thread="t", time=BEGAN, subject=labelled[i].subject, text=labelled[i].text) for i in chosen
    ]
    topics = [labelled[i].topic for i in chosen]
    reads = [read_mail(mail, requests) for mail in mails]
    none = Topics({}, requests)
    vectors = np.stack([meaning(read, none.loud(read.each)) for read in reads])
    shuffled = [np.random.default_rng(seed).permutation(len(reads)) for seed in range(orders)]
    print(f"\n{path.name}: {len(reads)} mails, {len(set(topics))} topics\n")
    print("| method | ARI | of the orders | NMI | clusters | ms/mail |\n| --- | --- | --- | --- | --- | --- |")
    print(row("ours, one pass", topics, timed(ours(reads, requests), shuffled)), flush=True)

    asked = np.stack([none.asked(read.whole, read.each) for read in reads])
    both = np.hstack([vectors, KINDS_WEIGHT * np.sqrt(asked / asked.sum(axis=1, keepdims=True))])

    def k_means(given: NDArray[np.float32]) -> Callable[[Order], list[str]]:
        def run(order: Order) -> list[str]:
            model = KMeans(len(set(topics)), n_init=3, random_state=int(order[0]))
            return [str(k) for k in model.fit_predict(given[order])]

        return run

    print(row("k-means, told the number", topics, timed(k_means(vectors), shuffled[:3])), flush=True)
    print(row("k-means, told the number, with kinds", topics, timed(k_means(both), shuffled[:3])), flush=True)

    def dbstream(order: Order) -> list[str]:
        model = cluster.DBSTREAM(clustering_threshold=0.8, fading_factor=0.001, minimum_weight=1)
        found = []
        for at in order:
            given = dict(enumerate(vectors[at].tolist()))
            model.learn_one(given)
            found.append(str(model.predict_one(given)))
        return found

    def text_clust(order: Order) -> list[str]:
        from river import feature_extraction

        model = feature_extraction.BagOfWords(lowercase=True, strip_accents=True) | cluster.TextClust(
            real_time_fading=False
        )
        found = []
        for at in order:
            model.learn_one(reads[at].words)
            found.append(str(model.predict_one(reads[at].words)))
        return found

    for name, run in (("DBSTREAM", dbstream), ("TextClust", text_clust)):
        short = [order[:300] for order in shuffled[:1]]
        try:
            print(row(f"{name}, 300 mails", topics, timed(run, short)), flush=True)
        except Exception as error:  # a peer that fails is told, and the others go on
            print(f"| {name} | failed: {type(error).__name__}: {error} | | | | |", flush=True)


def grow(path: Path, requests: Requests) -> None:
    """Milliseconds a mail as the desk grows: the file's mails over and over, each time a little elsewhere."""
    import msgspec

    labelled = read_labelled(path)[:1000]
    reads = [
        read_mail(Mail(id="m", thread="t", time=BEGAN, subject=one.subject, text=one.text), requests)
        for one in labelled
    ]
    desk, random, began, place = Desk(None, requests), np.random.default_rng(1), time.perf_counter(), 0
    last = 0
    for size in SIZES:
        for place in range(last, size):
            read = mail_at(reads[place % len(reads)], place)
            moved = read.whole.vectors + 0.03 * random.normal(size=read.whole.vectors.shape)
            moved = (moved / np.linalg.norm(moved)).astype(np.float32)
            desk.apply(
                msgspec.structs.replace(read, whole=msgspec.structs.replace(read.whole, vectors=moved)),
                place,
                f"e{place}",
            )
        seconds = time.perf_counter() - began
        kept, bytes_ = len(desk.clusters), len(desk.to_row())
        print(
            f"mails {last}–{size}: {1000 * seconds / (size - last):.2f} ms each, {kept} clusters, row {bytes_} bytes",
            flush=True,
        )
        last, began = size, time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument(
        "--grow", action="store_true", help="also the time a mail from 1,000 to 100,000, on the first file"
    )
    arguments = parser.parse_args()
    requests = Requests.load(Encoder.load())
    for path in arguments.files:
        compare(path, requests, arguments.orders)
    if arguments.grow:
        grow(arguments.files[0], requests)


if __name__ == "__main__":
    main()
