"""Tests of the soak report and of the soak's senders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.soak.load_senders import DELIVERED_EVERY, INVALID_EVERY, LoadSenders
from bench.soak.report import accounts_of, write_report
from bench.soak.sample_log import SAMPLES, RunInfo, SampleLog, read_record
from bench.soak.sampling import SampleValue
from bench.soak.soak_load import SoakLoad
from bench.soak.trend import trend
from schemas.bars import SALES, STOCK
from schemas.cameras import FRAMES
from schemas.music import SNIPPETS
from schemas.support import MAILS
from simulation.evening import Evening
from stream.runtime.venue_file import read_venue

LOAD = SoakLoad.scaled(0.01, 0.01, 1, 0.1)
HOURS = 2.0


def record_run(
    folder: Path, memory: Callable[[float], float], used: float = 990, dead_letters: float = 10, waiting: float = 0
) -> Path:
    """Write two hours of samples, one a minute: of 1,000 tickets `used` are ok and `dead_letters` are dead."""
    run_info = RunInfo(
        began="2026-07-04T20:00:00+00:00", minutes=120, every_seconds=60, shares=LOAD.shares, rates=LOAD.rates,
        spoilt={}, pages=1, machine={}, numbers={"cameras": 3, "tills": 6, "mails": 150, "stages": 2},
    )  # fmt: skip
    log = SampleLog(folder, run_info)
    random = np.random.default_rng(1)
    for minute in range(int(HOURS * 60) + 1):
        log.add(
            60.0 * minute,
            [
                SampleValue("memory MiB", "bars", memory(minute / 60) + random.normal(0, 0.5)),
                SampleValue(
                    "lag events", "bars pos.sales", float(random.integers(0, 9)) if minute < HOURS * 60 else waiting
                ),
                SampleValue("starts", "bars", 1),
                SampleValue("sent events", SALES.name, 1000),
                SampleValue("spoilt events", SALES.name, 10),
                SampleValue("written events", SALES.name, 1000),
                SampleValue("written events", SALES.dead.name, dead_letters),
                SampleValue("ok events", f"bars {SALES.name}", used),
                SampleValue("dead events", f"bars {SALES.name}", dead_letters),
            ],
        )
    log.close()
    return folder


def verdict(record: Path) -> tuple[bool, str]:
    passed = write_report(record, record / "report")
    return passed, (record / "report" / "soak.md").read_text(encoding="utf-8")


def test_soak_report_passes_flat_and_accounted_run(tmp_path: Path) -> None:
    passed, text = verdict(record_run(tmp_path, lambda _: 200))
    assert passed
    assert "Memory, lag, open files and threads are flat" in text
    assert "Every event is accounted for" in text
    assert (tmp_path / "report" / "soak" / "memory.webp").stat().st_size < 150_000


def test_soak_report_names_leaking_process(tmp_path: Path) -> None:
    passed, text = verdict(record_run(tmp_path, lambda hour: 200 + 10 * hour))
    assert not passed
    assert "**Grows: memory of bars.**" in text


def test_soak_report_accepts_series_that_levels_off(tmp_path: Path) -> None:
    passed, text = verdict(record_run(tmp_path, lambda hour: 200 + 10 * min(hour, 1.1)))
    assert passed
    assert "levels off" in text


def test_soak_report_ignores_growth_during_warm_up(tmp_path: Path) -> None:
    passed, _ = verdict(record_run(tmp_path, lambda hour: 200 + 100 * min(hour, 0.4)))
    assert passed


@pytest.mark.parametrize(("used", "dead_letters"), [(989, 10), (991, 10), (991, 9)])
def test_soak_report_names_topic_with_wrong_event_count(tmp_path: Path, used: float, dead_letters: float) -> None:
    passed, text = verdict(record_run(tmp_path, lambda _: 200, used, dead_letters))
    assert not passed
    assert "Not every event is accounted for: pos.sales" in text


def test_events_in_transit_at_the_end_are_not_lost(tmp_path: Path) -> None:
    passed, text = verdict(record_run(tmp_path, lambda _: 200, 985, 10, 5))
    assert not passed
    assert "ended while 5 events were in transit" in text


def test_sample_log_ignores_incomplete_last_line(tmp_path: Path) -> None:
    record_run(tmp_path, lambda _: 200)
    file = tmp_path / SAMPLES
    file.write_text(file.read_text(encoding="utf-8") + "7260.0,memory MiB,bars,", encoding="utf-8")
    _, series = read_record(tmp_path)
    assert len(series["memory MiB"]["bars"]) == HOURS * 60 + 1
    assert next(accounts_of(series)).settled


def test_trend_interval_covers_zero_for_autocorrelated_noise() -> None:
    random = np.random.default_rng(2)
    hours = np.arange(480) / 240
    covered = 0
    for _ in range(200):
        # Consecutive samples are strongly correlated, as those of a process's memory.
        steps = random.normal(0, 1, len(hours))
        line = np.zeros(len(hours))
        for index in range(1, len(hours)):
            line[index] = 0.9 * line[index - 1] + steps[index]
        interval = trend(list(hours), list(line))
        assert interval is not None
        covered += interval.low <= 0 <= interval.high
    assert covered >= 175  # of 200, where 190 would be exact


def test_soak_venue_is_valid(tmp_path: Path) -> None:
    import yaml

    file = tmp_path / "venue.yaml"
    file.write_text(yaml.safe_dump(LOAD.venue().model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
    venue = read_venue(file)
    assert (len(venue.cameras), len(venue.bars), len(venue.stages)) == (LOAD.cameras, LOAD.bars, LOAD.stages)


class FakeProducer:
    """Producer that stores records and confirms their delivery at once."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes, bytes]] = []

    def send_raw(
        self, topic: str, *, key: bytes, value: bytes, headers: object, delivered: Callable[..., None]
    ) -> None:
        self.records.append((topic, key, value))
        delivered(None)


def test_senders_make_events_invalid_and_deliver_sold_units() -> None:
    from bench.soak.load_senders import _Mailbox, _Tills
    from bench.soak.soak_media import SoakMedia

    producer = FakeProducer()
    media = SoakMedia(calm={}, full={}, covered=b"", songs=[], silence=b"")
    senders = LoadSenders(producer, LOAD, media)  # type: ignore[arg-type]
    tills, mailbox = _Tills(senders, LOAD, Evening()), _Mailbox(senders, Evening())
    for number in range(2 * INVALID_EVERY[SALES.name]):
        tills.send(number, 2 * DELIVERED_EVERY * number / (2 * INVALID_EVERY[SALES.name]))
        mailbox.send(number, 0.0)
    assert senders.sent[SALES.name] == 2 * INVALID_EVERY[SALES.name]
    assert senders.spoilt[SALES.name] == 2
    assert senders.spoilt[MAILS.name] == 2 * INVALID_EVERY[SALES.name] // INVALID_EVERY[MAILS.name]
    assert senders.sent[STOCK.name] > 0
    assert not senders.spoilt[STOCK.name]
    assert not any(topic in (FRAMES.name, SNIPPETS.name) for topic, _, _ in producer.records)
    assert len({value for topic, _, value in producer.records if topic == MAILS.name}) == senders.sent[MAILS.name]
