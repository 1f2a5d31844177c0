"""Peer job with the same work and state: Pulso's bars in Quix Streams, each row in RocksDB with a changelog.

Runs in .venv-bench, which has Quix Streams; the imports of the processors come from Pulso's own environment.
Each ticket is applied and its row stored: Quix has no batch at whose end a row could be written once. Live bars stay in
memory, so that no row is decoded, as in Pulso's worker.

Reads its job from standard input: {"kafka", "topic", "tickets", "folder", "venue", "libraries"}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

JOB = json.load(sys.stdin)
sys.path.append(JOB["libraries"])

import msgspec  # noqa: E402
import yaml  # noqa: E402
from quixstreams import Application, State, message_context  # type: ignore[import-not-found]  # noqa: E402

from bench.run_result import RunResult, read_clocks  # noqa: E402
from processors.bars.bar import BarState  # noqa: E402
from schemas.bars import Ticket  # noqa: E402
from schemas.cloudevents import Envelope  # noqa: E402
from schemas.ids import BarId  # noqa: E402
from schemas.venue import Venue  # noqa: E402


def main() -> None:
    """Run until every ticket is applied."""
    venue = Venue.model_validate(yaml.safe_load(Path(JOB["venue"]).read_text(encoding="utf-8")))
    settings_by_bar = {bar.id: bar for bar in venue.bars}
    app = Application(
        broker_address=JOB["kafka"],
        consumer_group="bench-quix-bars",
        auto_offset_reset="earliest",
        commit_interval=1.0,  # as our worker's
        state_dir=JOB["folder"],
        use_changelog_topics=True,
        loglevel="ERROR",
    )
    sales = app.dataframe(app.topic(JOB["topic"], key_deserializer="str", value_deserializer="bytes"))
    forecasts = app.topic("bench-quix-forecasts", key_serializer="str", value_serializer="bytes")
    decoder = msgspec.json.Decoder(Ticket)
    began: list[tuple[float, float]] = []
    bars: dict[BarId, BarState] = {}

    def apply_ticket(value: bytes, key: str, _time: int, headers: Any, state: State) -> bytes | None:
        if not began:
            began.append(read_clocks())
        ticket, envelope = decoder.decode(value), Envelope.from_headers(headers)
        name = BarId(key)
        bar = bars.get(name)
        if bar is None:
            bar = bars[name] = BarState(name, settings_by_bar.get(name), venue.timezone, state.get_bytes("row"))
        forecast = bar.apply_ticket(ticket, message_context().offset, envelope.id)
        state.set_bytes("row", bar.to_row())
        if sum(state_of_bar.tickets for state_of_bar in bars.values()) == JOB["tickets"]:
            app.stop()  # after its closing checkpoint; Quix's own count is of what is left of a stream
        return msgspec.json.encode(forecast) if forecast is not None else None

    applied = sales.apply(apply_ticket, stateful=True, metadata=True)
    applied[applied.apply(lambda forecast: forecast is not None)].to_topic(forecasts)
    app.run(timeout=120)
    ended = read_clocks()
    result = RunResult(
        events=sum(bar.tickets for bar in bars.values()),
        seconds=ended[0] - began[0][0],
        cpu_seconds=ended[1] - began[0][1],
        tickets={name: bar.tickets for name, bar in bars.items()},
        sold={name: dict(bar.sold) for name, bar in bars.items()},
    )
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
