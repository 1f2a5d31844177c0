"""Schedules of signs against a reference that reads the whole history anew, over 10,000 random histories."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from processors.signs.schedule import KEEP, SignSchedules
from schemas.signs import PRIORITIES, STATUSES, SignCommand, SignText

START = datetime(2026, 7, 4, 20, tzinfo=UTC)
HISTORIES = 10_000
TEXT = SignText(es="Por aquí", en="This way")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def command(
    id: str, status: str = "active", priority: str = "crowd", begin: float = 0, until: float = 10, **more: object
) -> SignCommand:
    fields = {"id": id, "sign": "north", "status": status, "text": TEXT, "priority": priority, "begin": at(begin),
              "until": at(until), "time": at(begin), "by": "ana", **more}  # fmt: skip
    return SignCommand(**fields)  # type: ignore[arg-type]


def random_history(generator: random.Random) -> list[SignCommand]:
    """Return records of commands. Writers don't know of each other: ends and times of a command's records differ."""
    records = []
    for number in range(generator.randint(1, 6)):
        begin, priority = generator.randint(0, 30), generator.choice(PRIORITIES)
        first = generator.randint(0, 2)
        for status in STATUSES[first : generator.randint(first, 2) + 1]:
            for _ in range(generator.randint(1, 3)):
                until, time = begin + generator.randint(1, 25), at(begin + generator.randint(0, 5))
                records.append(command(f"c{number}", status, priority, begin, until, time=time))
    return records


def reference(history: list[SignCommand], now: datetime) -> SignCommand | None:
    """Return the command shown, by the words of the contract: read all, strike what is over, take the most urgent."""
    best = None
    for id in sorted({record.id for record in history}):
        records = [record for record in history if record.id == id]
        if any(record.status == "withdrawn" for record in records):
            continue
        active = [record for record in records if record.status == "active"]
        if not active:
            continue
        last = max(active, key=lambda record: (record.until, record.time))
        if not last.begin <= now < last.until:
            continue
        ranks = [(PRIORITIES.index(one.priority), one.begin, one.time, one.id) for one in (best, last) if one]
        best = last if ranks[-1] == max(ranks) else best
    return best


def test_what_is_shown_agrees_with_the_reference_in_any_order() -> None:
    generator = random.Random(22)
    shown_by_priority = dict.fromkeys((*PRIORITIES, "default"), 0)
    for _ in range(HISTORIES):
        history = random_history(generator)
        arrived = [*history, *generator.choices(history, k=generator.randint(0, 3))]
        generator.shuffle(arrived)
        schedules = SignSchedules()
        for record in arrived:
            schedules.add(record)
        for minute in (generator.uniform(0, 70), generator.randint(0, 70)):
            shown, expected = schedules.shown("north", at(minute)), reference(history, at(minute))
            assert (shown and shown.id) == (expected and expected.id), (history, minute)
            shown_by_priority[shown.priority if shown else "default"] += 1
        # All that is over has returned to the default.
        assert schedules.shown("north", at(1_000)) is None
    assert min(shown_by_priority.values()) > HISTORIES / 20, shown_by_priority


def test_a_display_without_a_network_shows_what_the_server_would() -> None:
    generator = random.Random(23)
    for _ in range(2_000):
        schedules = SignSchedules()
        for record in random_history(generator):
            schedules.add(record)
        cut, later = at(generator.randint(0, 20)), at(generator.randint(20, 60))
        kept = schedules.coming("north", cut)
        alone = next((one for one in kept if one.begin <= later < one.until), None)
        assert alone == schedules.shown("north", later)


def test_evacuation_beats_a_later_crowd_text_and_that_returns() -> None:
    schedules = SignSchedules()
    schedules.add(command("leave", priority="evacuate", begin=0, until=5))
    schedules.add(command("jam", begin=2, until=10))
    ids = [one.id if (one := schedules.shown("north", at(minute))) else None for minute in (1, 3, 5, 10)]
    assert ids == ["leave", "leave", "jam", None]


def test_a_withdrawal_that_comes_first_is_final() -> None:
    schedules = SignSchedules()
    schedules.add(command("jam", "withdrawn"))
    assert not schedules.add(command("jam", until=500))
    assert schedules.shown("north", at(1)) is None


def test_a_stale_record_that_compaction_would_keep_is_written_over() -> None:
    schedules = SignSchedules()
    withdrawn = command("jam", "withdrawn")
    schedules.add(withdrawn)
    assert schedules.overwritten() == []
    schedules.add(command("jam"))
    assert schedules.overwritten() == [withdrawn]
    schedules.add(withdrawn)
    assert schedules.overwritten() == []


def test_other_signs_are_left_alone_and_ended_commands_are_forgotten() -> None:
    schedules = SignSchedules()
    schedules.add(command("jam"))
    schedules.add(command("else", sign="south", priority="evacuate"))
    shown = schedules.shown("north", at(1))
    assert shown is not None
    assert shown.id == "jam"
    schedules.forget(at(10) + KEEP)
    assert len(schedules.of("north")) == 1
    schedules.forget(at(11) + KEEP)
    assert schedules.of("north") == []


def test_proposals_are_listed_and_never_shown() -> None:
    schedules = SignSchedules()
    schedules.add(command("jam", "proposed"))
    assert schedules.shown("north", at(1)) is None
    assert [one.id for one in schedules.proposed("north", at(1))] == ["jam"]
    assert schedules.proposed("north", at(10)) == []
    schedules.add(command("jam", "active"))
    assert schedules.proposed("north", at(1)) == []
