"""Comparison of results with their references: rows, printed tables and JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.table import Table

from bench.alert_delays import AlertDelay
from bench.run_result import RunResult


class ComparisonRow(Struct, kw_only=True):
    """One figure and its reference, both in events per second.

    Attributes:
        ours_cpu: events per second of processor time; `reference_cpu` is that of the reference.
        ratio: ours ÷ reference by wall clock; `cpu_ratio` by processor time.
    """

    what: str
    unit: str
    reference_name: str
    ours: float
    reference: float
    ours_cpu: float
    reference_cpu: float
    ratio: float
    cpu_ratio: float
    notes: str = ""


def compare(
    what: str, unit: str, ours: RunResult, name: str, reference: RunResult, *, of_each: float = 1.0, notes: str = ""
) -> ComparisonRow:
    """Compare two results; each event contains `of_each` units.

    >>> ours = RunResult(events=100, seconds=2.0, cpu_seconds=1.0)
    >>> found = compare("x", "lines/s", ours, "y", RunResult(events=100, seconds=1.0, cpu_seconds=1.0), of_each=3)
    >>> found.ours, found.reference, found.ratio, found.cpu_ratio
    (150.0, 300.0, 0.5, 1.0)
    """
    return ComparisonRow(
        what=what,
        unit=unit,
        reference_name=name,
        ours=ours.rate * of_each,
        reference=reference.rate * of_each,
        ours_cpu=ours.cpu_rate * of_each,
        reference_cpu=reference.cpu_rate * of_each,
        ratio=ours.rate / reference.rate,
        cpu_ratio=ours.cpu_rate / reference.cpu_rate,
        notes=notes,
    )


def machine_info() -> dict[str, Any]:
    """Return the machine that figures depend on; the load shows how much other work affected them."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def comparison_table(rows: Sequence[ComparisonRow], machine: dict[str, Any]) -> Table:
    """Return the rows as a table for the terminal."""
    table = Table(
        title=f"{machine['cores']} cores ({machine['architecture']}), load {machine['load']}, "
        f"Python {machine['python']}",
        caption="ratio = ours ÷ reference in this run; by CPU = the same for events a second of processor time",
        show_lines=True,
    )
    table.add_column("what")
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("reference")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("by CPU", justify="right", no_wrap=True)
    table.add_column("notes")
    for row in rows:
        table.add_row(
            row.what,
            f"{short(row.ours)} {row.unit}",
            row.reference_name,
            f"{short(row.reference)} {row.unit}",
            f"{row.ratio:.3g}×",
            f"{row.cpu_ratio:.3g}×",
            row.notes,
        )
    return table


def short(number: float) -> str:
    """Format a number with three significant digits, because more would be noise.

    >>> short(1234.5), short(12.345), short(98765)
    ('1,230', '12.3', '98,800')
    """
    return f"{float(f'{number:.3g}'):,.0f}" if number >= 100 else f"{number:.3g}"


def delays_table(delays: Sequence[AlertDelay]) -> Table:
    """Return the delays as a table for the terminal."""
    table = Table(title="from event to alert", caption="level = share of the capacity; rules without on-delay")
    for name in ("events", "alert"):
        table.add_column(name)
    for name in ("capacity", "level", "sent", "alerts", "p50", "p99"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in delays:
        p50, p99 = ("" if value is None else f"{value:.3f} s" for value in (row.p50, row.p99))
        table.add_row(
            row.kind, row.rule, f"{short(row.capacity)}/s", f"{row.level:.0%}", f"{short(row.sent)}/s",
            str(row.alerts), p50, p99,
        )  # fmt: skip
    return table


def write_json(
    file: Path,
    rows: Sequence[ComparisonRow],
    machine: dict[str, Any],
    *,
    quick: bool,
    delays: Sequence[AlertDelay] = (),
) -> None:
    """Write the rows and delays unrounded as JSON."""
    content = {"time": datetime.now(UTC), "quick": quick, "machine": machine, "rows": rows, "delays": delays}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
