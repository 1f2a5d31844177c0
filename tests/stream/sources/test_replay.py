"""Replay of sales files: the same tickets each time, without a lost line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from schemas.bars import SALES, Ticket
from schemas.topic import Topic
from stream.commands.cli import app
from stream.runtime.settings import Settings
from stream.sources.replay import ReplaySource
from stream.sources.source import EventSink
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack

ORDERS = "ordered_at,order_id,product,quantity,unit_price\n"


def test_lines_of_one_order_become_one_ticket(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    file = tmp_path / "orders.csv"
    rows = ["2026-07-04T20:00,7,beer,2,4.5", "2026-07-04T20:00,8,cola,1,3", "2026-07-04T20:00,7,water,1,2"]
    rows += [f"2026-07-04T21:00,9,dish-{number},1,1" for number in range(450)]
    file.write_text(ORDERS + "\n".join(rows) + "\n")
    for _ in range(2):
        with run_sources(ReplaySource(file, bar="replayed", timezone="Europe/Madrid")) as thread:
            thread.join(timeout=20)
    messages = record_reader.read(SALES, "replayed")
    ids = [dict(message.headers() or [])["ce_id"] for message in messages]  # type: ignore[arg-type]
    assert len(ids) == 10
    assert ids[:5] == ids[5:], "a replay that is repeated has the same ids"
    tickets = [msgspec.json.decode(message.value() or b"", type=Ticket) for message in messages[:5]]
    assert len({ticket.id for ticket in tickets}) == 5
    assert [len(ticket.lines) for ticket in tickets] == [2, 1, 200, 200, 50]
    assert {ticket.time.isoformat()[-6:] for ticket in tickets} <= {"+02:00", "00:00Z"}


class RecordingStop(threading.Event):
    """Records the waits of a source in place of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Return at once."""
        self.waits.append(timeout or 0.0)
        return False


class ListSink:
    """Keeps the ids of the events that a source sends."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def send(self, _topic: Topic[Any], *, id: str, **_: object) -> None:
        """Keep one id."""
        self.ids.append(id)

    def flush(self) -> None:
        """Do nothing."""


def test_replay_waits_between_tickets_at_its_speed(tmp_path: Path) -> None:
    file = tmp_path / "pace.csv"
    file.write_text("time,bar,product,quantity\n" + "".join(f"2026-07-04T20:00:{s:02},pace,beer,1\n" for s in (0, 30)))
    sink, stop = ListSink(), RecordingStop()
    began = time.monotonic()
    ReplaySource(file, speed=10).run(cast(EventSink, sink), stop)
    took = time.monotonic() - began
    assert len(sink.ids) == 2
    first, second = stop.waits
    assert first == 0.0
    assert 3.0 - took <= second <= 3.0, "30 s of the file in 3 s, less what sending took"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n1,2\n", [], "the columns are a, b"),
        (ORDERS + "yesterday,1,beer,1,1\n", [], "line 2"),
        (ORDERS + "2026-07-04T20:00,1,beer,1,1\n", [], "--bar"),
        (ORDERS + "2026-07-04T20:00,1,beer,1,1\n", ["--bar", "moon"], "no bar moon"),
    ],
)
def test_replay_rejects_an_invalid_file_at_once(
    broker: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, options: list[str], message: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    monkeypatch.setenv("PULSO_KAFKA", broker.kafka or "")
    result = CliRunner().invoke(app, ["source", "replay", str(file), *options])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


TIMED = "time,bar,product,quantity\n"
REFUSED_LINES = {
    "a year ahead": (TIMED + "2036-07-04 20:00,only,beer,1\n", "line 2: 2036-07-04T20:00:00 is in the future"),
    "too many units": (TIMED + "2026-07-04 20:00,only,beer,250000\n", "line 2: quantity '250000' is too large"),
    "no quantity": (TIMED + "2026-07-04 20:00,only,beer\n", "line 2: quantity is missing"),
    "before 1970": (TIMED + "1969-07-20 20:17,only,beer,1\n", "line 2: 1969-07-20T20:17:00 is before 1970"),
    "unknown product": (TIMED + "2026-07-04 20:00,only,gin,1\n", "line 2: bar only has no product 'gin'"),
    "unknown bar": (TIMED + "2026-07-04 20:00,moon,beer,1\n", "line 2: no bar 'moon'"),
}


@pytest.fixture
def replay(broker: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """Run `pulso source replay` on a text; the source sends nothing."""
    venue = tmp_path / "venue.yaml"
    venue.write_text("name: Test\ntimezone: Europe/Madrid\nbars: [{id: only, products: [{id: beer}]}]\n")
    monkeypatch.setenv("PULSO_KAFKA", broker.kafka or "")
    monkeypatch.setenv("PULSO_VENUE", str(venue))
    monkeypatch.setattr("stream.commands.source.run_sources", lambda sources, *_: sent.extend(sources))
    sent: list[ReplaySource] = []

    def run(text: str) -> Result:
        file = tmp_path / "file.csv"
        file.write_text(text)
        return CliRunner().invoke(app, ["source", "replay", str(file)])

    return run


@pytest.mark.parametrize("kind", REFUSED_LINES)
def test_replay_refuses_what_workers_would(replay: Callable[[str], Result], kind: str) -> None:
    text, message = REFUSED_LINES[kind]
    for lines, accepted in ((text, 0), (text + "2026-07-04 21:00,only,beer,1\n", 1)):
        result = replay(lines)
        output = " ".join(result.output.split())
        assert result.exit_code == 2, output
        assert message in output
        assert f"{accepted} lines accepted as {accepted} tickets, 1 refused" in output


def test_replay_of_good_lines_says_what_it_sends(replay: Callable[[str], Result]) -> None:
    result = replay(TIMED + "2026-07-04 20:00,only,beer,1\n2026-07-04 20:01,only,beer,-1\n")
    assert result.exit_code == 0, result.output
    assert "2 lines accepted as 2 tickets, 0 refused" in " ".join(result.output.split())


@pytest.mark.parametrize(
    "time", ["2026-07-04T18:00:00Z", "2026-07-04T20:00:00+02:00", "2026-07-04T13:00-05:00", "2026-07-04 20:00"]
)
def test_offset_of_a_time_is_converted(tmp_path: Path, time: str) -> None:
    file = tmp_path / "zones.csv"
    file.write_text(TIMED + f"{time},only,beer,1\n")
    (ticket,) = ReplaySource(file, timezone="Europe/Madrid").read()
    assert ticket.time.isoformat() == "2026-07-04T20:00:00+02:00"


def test_mended_file_has_the_same_tickets_and_the_mended_ones(tmp_path: Path) -> None:
    file = tmp_path / "mended.csv"
    lines = [f"2026-07-04 20:0{n},only,beer,{n + 1}" for n in range(4)]
    file.write_text(TIMED + "\n".join(["2026-07-04 19:59,only,beer,many", *lines, lines[0]]))
    before = {ticket.id for ticket in ReplaySource(file).check().tickets}
    file.write_text(TIMED + "\n".join(["2026-07-04 19:59,only,beer,9", *lines, lines[0]]))
    after = {ticket.id for ticket in ReplaySource(file).read()}
    assert (len(before), len(after)) == (5, 6), "two sales alike in one minute are two tickets"
    assert before < after


@pytest.mark.shared
def test_replay_reads_all_takeaway_orders(shared_data: Path) -> None:
    tickets = ReplaySource(shared_data / "demand" / "takeaway_orders_until_2018_11.csv").read()
    assert sum(len(ticket.lines) for ticket in tickets) == 54_113
    assert len({ticket.id for ticket in tickets}) == len(tickets)
