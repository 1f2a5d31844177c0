"""Cost of filing a mail as the desk grows from 1,000 to 100,000 mails: clusters, topics and the state row.

The analysis of a mail does not depend on other mails (`bench --only mails` measures it), so a few hundred analysed
mails are filed repeatedly under new ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

from msgspec.structs import replace

from bench.comparison_table import ComparisonRow, compare
from bench.mail_throughput import FIRST_MAIL_TIME
from bench.run_result import RunResult, read_clocks
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.mail_analysis import AnalyzedMail, analyze_mails
from processors.support.requests import RequestClassifier
from schemas.ids import EventId
from schemas.support import Mail
from simulation.evening import Evening
from simulation.support_mails import mails

MAIL_NUMBERS = (1_000, 10_000, 100_000)
TIMED_MAILS = 1_000
"""Number of timed mails, the last ones before each size."""
BATCH_SIZE = 25
"""Number of mails after which the state row is written."""
POOL_SIZE = 400
MAIL_INTERVAL = timedelta(seconds=6)


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """File mails up to each size and time the last ones; the reference is the first size."""
    announce(f"desk: reading {POOL_SIZE // divisor} mails")
    requests = RequestClassifier.load(Encoder.load())
    pool = analyze_mails(_generated_mails(POOL_SIZE // divisor), requests)
    desk = SupportDesk(None, requests)
    stream = _endless_mails(pool)
    results: dict[int, tuple[RunResult, int, int]] = {}
    for number in (size // divisor for size in MAIL_NUMBERS):
        announce(f"desk: {number:,} mails")
        measured = min(TIMED_MAILS, number)
        _file_mails(desk, stream, number - measured - desk.mails)
        began = read_clocks()
        row_bytes = _file_mails(desk, stream, measured)
        ended = read_clocks()
        result = RunResult(events=measured, seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
        results[number] = result, row_bytes, len(desk.clusters)
    first, *_ = results.values()
    return [
        compare(
            f"desk, {number:,} mails",
            "mails/s",
            measured,
            f"the same after {next(iter(results)):,}",
            first[0],
            notes=f"{1000 * measured.cpu_seconds / measured.events:.2f} ms a mail to file, without reading it; "
            f"a row of {row_bytes / 1024:.0f} KiB every {BATCH_SIZE} mails, {clusters} clusters",
        )
        for number, (measured, row_bytes, clusters) in results.items()
    ][1:]


def _generated_mails(number: int) -> list[Mail]:
    evening = Evening()
    generated: list[Mail] = []
    while len(generated) < number:
        generated += [ready.value for ready in mails(evening) if isinstance(ready.value, Mail)]
        evening = evening.next()
    return generated[:number]


def _endless_mails(pool: list[AnalyzedMail]) -> Iterator[tuple[int, AnalyzedMail]]:
    for index in count():
        analyzed = pool[index % len(pool)]
        name = f"mail-{index}"
        mail = replace(analyzed.mail, id=name, thread=name, time=FIRST_MAIL_TIME + MAIL_INTERVAL * index)
        yield index, replace(analyzed, mail=mail)


def _file_mails(desk: SupportDesk, stream: Iterator[tuple[int, AnalyzedMail]], number: int) -> int:
    """File a number of mails, write a state row per batch, and return the size of the last row in bytes."""
    size = 0
    for index in range(max(0, number)):
        offset, analyzed = next(stream)
        desk.apply(analyzed, offset, EventId(analyzed.mail.id))
        if index % BATCH_SIZE == BATCH_SIZE - 1:
            size = len(desk.to_row())
    return size
