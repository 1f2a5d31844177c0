"""Peer job: totals by bar and product in Quix Streams, state in RocksDB with a changelog; runs in .venv-bench alone.

Reads its job from standard input: {"kafka", "topic", "tickets", "folder"}.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]


def main() -> None:
    """Run until every ticket is counted."""
    job = json.load(sys.stdin)
    app = Application(
        broker_address=job["kafka"],
        consumer_group="bench-quix",
        auto_offset_reset="earliest",
        commit_interval=1.0,  # as our worker's
        state_dir=job["folder"],
        use_changelog_topics=True,
        loglevel="ERROR",
    )
    sales = app.dataframe(app.topic(job["topic"], key_deserializer="str", value_deserializer="json"))
    began: list[tuple[float, float]] = []
    totals: dict[str, dict[str, Any]] = {}

    def add(ticket: dict[str, Any], state: State) -> dict[str, Any]:
        if not began:
            began.append((time.monotonic(), cpu_seconds()))
        row = state.get("row") or {"tickets": 0, "sold": {}}
        row["tickets"] += 1
        sold = row["sold"]
        for line in ticket["lines"]:
            sold[line["product"]] = sold.get(line["product"], 0.0) + line["quantity"]
        state.set("row", row)
        totals[ticket["bar"]] = row
        return row

    app.run(sales.apply(add, stateful=True), count=job["tickets"], timeout=60, collect=False)
    # The closing checkpoint is timed: a short run has no other, and nothing is persisted before it.
    ended = (time.monotonic(), cpu_seconds())
    result = {
        "events": sum(row["tickets"] for row in totals.values()),
        "seconds": ended[0] - began[0][0],
        "cpu_seconds": ended[1] - began[0][1],
        "tickets": {bar: row["tickets"] for bar, row in totals.items()},
        "sold": {bar: row["sold"] for bar, row in totals.items()},
    }
    print(json.dumps(result))


def cpu_seconds() -> float:
    """Return the processor time of this process in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
