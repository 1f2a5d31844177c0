"""Report of the faults: a table for the terminal and for docs/faults.md."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from stream.local.kafka import VERSION as KAFKA
from tests.faults.fault_run import FaultResult

COLUMNS = ("fault", "input", "offered", "used", "dead letters", "dropped", "lost", "doubled", "seconds to recover")

HEADER = """# Faults

Written by `make faults`, which runs tests/faults: the whole stack under load, in which something is broken on
purpose. Afterwards every input must have exactly one outcome, and every total must be exact.

- **offered**: distinct inputs. A tenth of the tickets and a third of the stock movements are sent twice, as by a till
  that got no answer; one frame and one fragment in seven can't be decoded.
- **used**: booked, read or analysed, each once. Totals of stock and gates are compared with a plain sum.
- **dead letters**: could not be used, and are in `TOPIC.dead` with the reason.
- **dropped**: frames and fragments that were too old to be worth the work, where a newer one was analysed.
- **lost** and **doubled** must be 0. For alerts: every expected alert was raised, and no step of any was written twice.
- Each fault has the time at which it was measured: a single fault can be repeated, and the others stay as they were.
- **seconds to recover**: from the end of the fault until every input was accounted for, including the backlog.
  Kills also give the seconds until the killed worker was ready again.
"""


def table(results: Sequence[FaultResult]) -> str:
    """Return a Markdown table; one row for each fault and kind of input."""
    rows = ["| " + " | ".join(COLUMNS) + " |", "|---" * 2 + "|---:" * (len(COLUMNS) - 2) + "|"]
    for result in results:
        name = f"{result.fault} (at {result.at[-5:]})"
        for index, line in enumerate(result.lines):
            used = line.offered - line.dead - line.dropped - line.lost
            wrong = f" ({line.wrong[:200]})" if line.wrong else ""
            cells = (
                "" if index else name, line.what + wrong, f"{line.offered:,}", f"{used:,}", line.dead,
                line.dropped, line.lost, line.doubled, "" if index else f"{result.seconds:.0f}",
            )  # fmt: skip
            rows.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(rows)


def notes_list(results: Sequence[FaultResult]) -> str:
    """Return a Markdown list of recovery times and notes, for which the table has no column."""
    lines = []
    for result in results:
        if result.ready:
            ready = sorted(result.ready)
            lines.append(
                f"- {result.fault}: {len(ready)} times a worker was away, median {statistics.median(ready):.1f} s, "
                f"longest {ready[-1]:.1f} s until it was ready again (one that was killed again before it was ready "
                "counts from the first kill)."
            )
        lines += [f"- {result.fault}: {note}" for note in result.notes]
    return "\n".join(lines)


def machine_description() -> str:
    """Return processor, cores, memory and versions."""
    cpu_info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in cpu_info if "model name" in line), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    completed = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, timeout=10, check=True)
    redis_version = next(part[2:] for part in completed.stdout.split() if part.startswith("v="))
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB; Linux {platform.release()}, "
        f"Python {platform.python_version()}, faust-streaming {version('faust-streaming')}, Kafka {KAFKA}, "
        f"Redis {redis_version}"
    )


def write_report(file: Path, results: Sequence[FaultResult]) -> None:
    """Write the report to a file, replacing the previous one."""
    failed = [result.fault for result in results if not all(line.exact for line in result.lines)]
    verdict = f"**Failed: {', '.join(failed)}.**\n\n" if failed else ""
    busy = max(result.load for result in results)
    times, seeds = [result.at for result in results], sorted({str(result.seed) for result in results})
    text = (
        f"{HEADER}\nMeasured on {machine_description()}. {min(times)} to {max(times)} UTC, "
        f"seed {', '.join(seeds)}; 5-minute load average up to {busy}, with other work on the machine.\n\n"
        f"{verdict}{table(results)}\n"
    )
    if notes := notes_list(results):
        text += f"\n{notes}\n"
    file.write_text(text, encoding="utf-8")
