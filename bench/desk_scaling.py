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
from bench.mail_throughput import BEGIN
from bench.run_result import RunResult, read_clocks
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.mail_analysis import AnalyzedMail, analyze_mails
from processors.support.requests import RequestClassifier
from schemas.support import Mail
from simulation.evening import Evening
from simulation.support_mails import mails

NUMBERS = (1_000, 10_000, 100_000)
MEASURED = 1_000
"""Number of timed mails, the last ones before each size."""
BATCH = 25
"""Number of mails after which the state row is written."""
POOL = 400
APART = timedelta(seconds=6)


def measure(*, share: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """File mails up to each size and time the last ones; the reference is the first size."""
    announce(f"desk: reading {POOL // share} mails")
    requests = RequestClassifier.load(Encoder.load())
    pool = analyze_mails(_written(POOL // share), requests)
    desk = SupportDesk(None, requests)
    stream = _without_end(pool)
    found: dict[int, tuple[RunResult, int, int]] = {}
    for number in (one // share for one in NUMBERS):
        announce(f"desk: {number:,} mails")
        measured = min(MEASURED, number)
        _file(desk, stream, number - measured - desk.mails)
        began = read_clocks()
        row_bytes = _file(desk, stream, measured)
        ended = read_clocks()
        done = RunResult(events=measured, seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
        found[number] = done, row_bytes, len(desk.clusters)
    least, *_ = found.values()
    return [
        compare(
            f"desk, {number:,} mails",
            "mails/s",
            measured,
            f"the same after {next(iter(found)):,}",
            least[0],
            notes=f"{1000 * measured.cpu_seconds / measured.events:.2f} ms a mail to file, without reading it; "
            f"a row of {row_bytes / 1024:.0f} KiB every {BATCH} mails, {clusters} clusters",
        )
        for number, (measured, row_bytes, clusters) in found.items()
    ][1:]


def _written(number: int) -> list[Mail]:
    evening = Evening()
    found: list[Mail] = []
    while len(found) < number:
        found += [ready.value for ready in mails(evening) if isinstance(ready.value, Mail)]
        evening = evening.next()
    return found[:number]


def _without_end(pool: list[AnalyzedMail]) -> Iterator[tuple[int, AnalyzedMail]]:
    for place in count():
        read = pool[place % len(pool)]
        name = f"mail-{place}"
        mail = replace(read.mail, id=name, thread=name, time=BEGIN + APART * place)
        yield place, replace(read, mail=mail)


def _file(desk: SupportDesk, stream: Iterator[tuple[int, AnalyzedMail]], number: int) -> int:
    """File a number of mails, write a state row per batch, and return the size of the last row in bytes."""
    size = 0
    for place in range(max(0, number)):
        offset, read = next(stream)
        desk.apply(read, offset, read.mail.id)
        if place % BATCH == BATCH - 1:
            size = len(desk.to_row())
    return size
