"""Compare the clustering with other methods on the same vectors: `python -m training.encoder.compare FILE …`.

k-means is given the true number of topics and all mails at once. The others get each mail once and are scored by the
cluster that it was assigned to on arrival, over seeded orders; `peers.py` describes them. Times are of clustering
alone, on one core.
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
from training.encoder.peers import BATCH_SIZE, peers

FIRST_MAIL_TIME = datetime(2026, 1, 1, tzinfo=UTC)
MAX_MAILS = 1_500
GROWTH_SIZES = (1_000, 10_000, 100_000)
MAX_PEER_SECONDS = 150.0
"""Maximum total seconds of one method."""


Order = NDArray[np.int64]


def mail_at(analyzed: AnalyzedMail, minute: int) -> AnalyzedMail:
    """Return a copy of a mail that arrives at the given minute."""
    at = FIRST_MAIL_TIME + timedelta(minutes=minute)
    return msgspec.structs.replace(analyzed, mail=Mail(id=f"m{minute}", thread="t", time=at, text=analyzed.mail.text))


def desk_clustering(mails: list[AnalyzedMail], requests: RequestClassifier) -> Callable[[Order], list[str]]:
    def run(order: Order) -> list[str]:
        desk = SupportDesk(None, requests)
        clusters = []
        for place, at in enumerate(order):
            triage = desk.apply(mail_at(mails[at], place), place, f"e{place}")
            assert triage is not None
            clusters.append(triage.cluster or "none")
        return clusters

    return run


def table_row(name: str, topics: list[str], runs: list[tuple[Order, list[str], float]]) -> str:
    """Return a table row: ARI, NMI, clusters and milliseconds a mail as means over the orders, and the range of ARI."""
    aris = [adjusted_rand_score([topics[i] for i in order], clusters) for order, clusters, _ in runs]
    nmis = [normalized_mutual_info_score([topics[i] for i in order], clusters) for order, clusters, _ in runs]
    mean_clusters = np.mean([len(set(clusters)) for _, clusters, _ in runs])
    milliseconds = np.mean([seconds / len(order) for order, _, seconds in runs]) * 1000
    spread = f"{min(aris):.3f}–{max(aris):.3f}"
    return (
        f"| {name} | {np.mean(aris):.3f} | {spread} | {np.mean(nmis):.3f} | {mean_clusters:.0f} | {milliseconds:.2f} |"
    )


def run_timed(run: Callable[[Order], list[str]], orders: list[Order]) -> list[tuple[Order, list[str], float]]:
    runs = []
    for order in orders:
        start = time.perf_counter()
        labels = run(order)
        runs.append((order, labels, time.perf_counter() - start))
    return runs


def compare(path: Path, requests: RequestClassifier, orders: int) -> None:
    labelled = read_labelled_mails(path)
    sample = np.random.default_rng(1).permutation(len(labelled))[:MAX_MAILS]
    mails = [
        Mail(id=f"m{i}", thread="t", time=FIRST_MAIL_TIME, subject=labelled[i].subject, text=labelled[i].text)
        for i in sample
    ]
    topics = [labelled[i].topic for i in sample]
    analyzed = [analyze_mail(mail, requests) for mail in mails]
    topic_classifier = TopicClassifier({}, requests)
    vectors = np.stack([mail_vector(mail, topic_classifier.asking_weights(mail.by_sentence)) for mail in analyzed])
    shuffled = [np.random.default_rng(seed).permutation(len(analyzed)) for seed in range(orders)]
    print(f"\n{path.name}: {len(analyzed)} mails, {len(set(topics))} topics\n")
    print("| method | ARI | of the orders | NMI | clusters | ms/mail |\n| --- | --- | --- | --- | --- | --- |")
    print(table_row("ours, one pass", topics, run_timed(desk_clustering(analyzed, requests), shuffled)), flush=True)

    request_kinds = np.stack([topic_classifier.request_distribution(mail.whole, mail.by_sentence) for mail in analyzed])
    vectors_with_kinds = np.hstack(
        [vectors, KINDS_WEIGHT * np.sqrt(request_kinds / request_kinds.sum(axis=1, keepdims=True))]
    )

    def k_means(features: NDArray[np.float32]) -> Callable[[Order], list[str]]:
        def run(order: Order) -> list[str]:
            model = KMeans(len(set(topics)), n_init=3, random_state=int(order[0]))
            return [str(k) for k in model.fit_predict(features[order])]

        return run

    print(table_row("k-means, given the number", topics, run_timed(k_means(vectors), shuffled[:3])), flush=True)
    print(
        table_row(
            "k-means, given the number, with request kinds",
            topics,
            run_timed(k_means(vectors_with_kinds), shuffled[:3]),
        ),
        flush=True,
    )

    texts = [mail.text for mail in analyzed]
    for peer in peers(len(set(topics))):
        peer_orders = [order[: peer.max_mails] for order in shuffled[: peer.num_orders]]
        name = peer.name if len(analyzed) <= peer.max_mails else f"{peer.name}, {peer.max_mails} mails"
        try:
            print(table_row(name, topics, run_timed(partial(peer.run, vectors, texts), peer_orders)), flush=True)
        except Exception as error:  # the failure of one method is reported, and the others go on
            print(f"| {name} | failed: {type(error).__name__}: {error} | | | | |", flush=True)


def measure_growth(path: Path, requests: RequestClassifier) -> None:
    """Print milliseconds per mail as the desk grows: the file's mails repeatedly, each time with a little noise.

    For a method that takes longer than `MAX_PEER_SECONDS`, the number of mails that it processed is printed.
    """
    labelled = read_labelled_mails(path)[:1000]
    analyzed = [
        analyze_mail(Mail(id="m", thread="t", time=FIRST_MAIL_TIME, subject=mail.subject, text=mail.text), requests)
        for mail in labelled
    ]
    topic_classifier = TopicClassifier({}, requests)
    vectors = np.stack([mail_vector(mail, topic_classifier.asking_weights(mail.by_sentence)) for mail in analyzed])
    sizes = " | ".join(f"to {size:,}" for size in GROWTH_SIZES)
    print(f"\nms a mail as mails come\n\n| method | {sizes} |\n| --- {'| --- ' * len(GROWTH_SIZES)}|", flush=True)
    print(f"| ours | {' | '.join(_desk_growth(analyzed, requests))} |", flush=True)
    num_topics, texts = len({mail.topic for mail in labelled}), [mail.text for mail in analyzed]
    for peer in peers(num_topics):
        step, cells, previous_size, seconds = peer.create(), [], 0, 0.0
        for size in GROWTH_SIZES:
            seconds_before, processed = seconds, previous_size
            while processed < size and seconds < MAX_PEER_SECONDS:
                indices = [index % len(analyzed) for index in range(processed, min(processed + BATCH_SIZE, size))]
                rng = np.random.default_rng(processed)
                noisy = vectors[indices] + 0.03 * rng.normal(size=(len(indices), vectors.shape[1]))
                start = time.perf_counter()
                step(noisy.astype(np.float32), [texts[index] for index in indices])
                seconds, processed = seconds + time.perf_counter() - start, processed + len(indices)
            milliseconds = f"{1000 * (seconds - seconds_before) / max(1, processed - previous_size):.2f}"
            cells.append(
                milliseconds
                if processed == size
                else f"{milliseconds}, stopped at {processed:,}"
                if processed > previous_size
                else ""
            )
            previous_size = processed
        print(f"| {peer.name} | {' | '.join(cells)} |", flush=True)


def _desk_growth(analyzed: list[AnalyzedMail], requests: RequestClassifier) -> list[str]:
    desk, rng, previous_size, cells = SupportDesk(None, requests), np.random.default_rng(1), 0, []
    for size in GROWTH_SIZES:
        seconds = 0.0
        for index in range(previous_size, size):
            mail = mail_at(analyzed[index % len(analyzed)], index)
            noisy = mail.whole.vectors + 0.03 * rng.normal(size=mail.whole.vectors.shape)
            noisy = (noisy / np.linalg.norm(noisy)).astype(np.float32)
            mail = msgspec.structs.replace(mail, whole=msgspec.structs.replace(mail.whole, vectors=noisy))
            start = time.perf_counter()
            desk.apply(mail, index, f"e{index}")
            seconds += time.perf_counter() - start
        num_clusters, row_bytes = len(desk.clusters), len(desk.to_row())
        cells.append(
            f"{1000 * seconds / (size - previous_size):.2f} ({num_clusters} clusters, row {row_bytes // 1000} kB)"
        )
        previous_size = size
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
        measure_growth(arguments.files[0], requests)


if __name__ == "__main__":
    main()
