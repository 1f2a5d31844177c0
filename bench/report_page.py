"""Page docs/benchmarks.md and its data benchmarks.json; a part that is measured again replaces its predecessor."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.alert_delays import AlertDelay
from bench.comparison_table import ComparisonRow, machine_info, short
from bench.reference_job import VENV
from stream.local.kafka import VERSION as KAFKA

PAGE, FILE = "benchmarks.md", "benchmarks.json"
LIBRARIES = (
    "faust-streaming", "aiokafka", "confluent-kafka", "uvloop", "msgspec", "onnxruntime", "numpy", "scipy",
    "opencv-python-headless", "librosa", "river", "fastapi", "uvicorn",
)  # fmt: skip
SECTIONS = {
    "Beside a peer or the bare limit": (
        "tickets",
        "frames",
        "cameras",
        "mails",
        "music",
        "pages",
        "recommend",
        "itinerary",
        "routes",
        "assistant",
    ),
    "As work grows": ("series", "many", "desk"),
    "One worker of a group, and two": ("pair",),
}


class ReportPart(Struct, kw_only=True):
    """Results of one benchmark, with time and machine."""

    time: datetime
    quick: bool
    seconds: float
    machine: dict[str, Any]
    rows: list[ComparisonRow] = []
    delays: list[AlertDelay] = []


def new_part(rows: list[ComparisonRow], delays: list[AlertDelay], *, seconds: float, quick: bool) -> ReportPart:
    """Return a part measured now on this machine."""
    return ReportPart(
        time=datetime.now(UTC),
        quick=quick,
        seconds=round(seconds, 1),
        machine=full_machine_info(),
        rows=rows,
        delays=delays,
    )


def full_machine_info() -> dict[str, Any]:
    """Return the machine and the versions that figures depend on."""
    return {**machine_info(), "processor": _processor(), "memory_gib": _memory_gib(), "versions": dict(_versions())}


def write_page(folder: Path, measured: Mapping[str, ReportPart]) -> None:
    """Merge the parts with the existing ones and write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    parts = {**read_parts(file), **measured}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(parts)) + b"\n")
    (folder / PAGE).write_text("\n".join(_page(parts)) + "\n", encoding="utf-8")


def read_parts(file: Path) -> dict[str, ReportPart]:
    """Return the parts by name; empty if the file does not exist.

    Raises:
        msgspec.DecodeError: the file has another format.
    """
    return msgspec.json.decode(file.read_bytes(), type=dict[str, ReportPart]) if file.exists() else {}


def _page(parts: Mapping[str, ReportPart]) -> Iterator[str]:
    latest_part = max(parts.values(), key=lambda part: part.time)
    yield "# Benchmarks\n\n`make bench` wrote this page; [benchmarks.json](benchmarks.json) has every figure unrounded."
    yield "\n## Machine\n\nParts that were measured on different machines can be compared by their ratios only.\n"
    yield "| part | measured | took | load before | on |\n|---|---|--:|--:|---|"
    for name, part in parts.items():
        trial = " (a trial with a tenth of the events: not for comparing)" if part.quick else ""
        yield (
            f"| {name} | {part.time:%Y-%m-%d %H:%M} UTC{trial} | {part.seconds:.0f} s | {part.machine['load']} | "
            f"{_machine_text(part.machine)} |"
        )
    versions = latest_part.machine["versions"].items()
    yield f"\nLatest part: {', '.join(f'{name} {number}' for name, number in versions)}."
    yield (
        "\nA ratio is ours ÷ reference, both measured in the same run; “by CPU” is the same for events per second of "
        "processor time, which other load on the machine disturbs less."
    )
    for title, names in SECTIONS.items():
        rows = [row for name in names if name in parts for row in parts[name].rows]
        if rows:
            yield f"\n## {title}\n"
            yield from _rows(rows)
    delays = [delay for part in parts.values() for delay in part.delays]
    if delays:
        yield "\n## From event to alert\n"
        yield from _delays(delays)


def _machine_text(machine: Mapping[str, Any]) -> str:
    return f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB"


def _rows(rows: Iterable[ComparisonRow]) -> Iterator[str]:
    yield "| | ours | reference | | ratio | by CPU | |\n|---|--:|---|--:|--:|--:|---|"
    for row in rows:
        yield (
            f"| {row.what} | {short(row.ours)} {row.unit} | {row.reference_name} | {short(row.reference)} {row.unit} | "
            f"{row.ratio:.3g} | {row.cpu_ratio:.3g} | {row.notes} |"
        )


def _delays(delays: Iterable[AlertDelay]) -> Iterator[str]:
    yield (
        "Seconds from the event that raises an alert to the alert in Redis, through the whole stack with all workers "
        "running. On-delays and cool-downs of the rules are 0. Levels are shares of the events per second that the "
        "worker handled from a backlog.\n"
    )
    yield "| events | alert | capacity | level | sent | alerts | p50 | p99 |\n|---|---|--:|--:|--:|--:|--:|--:|"
    for delay in delays:
        p50, p99 = ("" if value is None else f"{value:.3f} s" for value in (delay.p50, delay.p99))
        yield (
            f"| {delay.kind} | {delay.rule} | {short(delay.capacity)}/s | {delay.level:.0%} | {short(delay.sent)}/s | "
            f"{delay.alerts} | {p50} | {p99} |"
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _versions() -> Iterator[tuple[str, str]]:
    yield "Python", platform.python_version()
    yield "Kafka", KAFKA
    if server := shutil.which("redis-server"):
        output = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout.split()
        yield "Redis", next((word[2:] for word in output if word.startswith("v=")), "?")
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
    quix_info = next(iter(VENV.glob("lib/python*/site-packages/quixstreams-*.dist-info")), None)
    if quix_info is not None:
        yield "quixstreams", quix_info.name.removeprefix("quixstreams-").removesuffix(".dist-info")
