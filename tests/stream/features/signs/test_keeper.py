"""The keeper of signs: from alerts to commands, audit entries and silent displays, without Kafka."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from schemas.alerts import ALERTS
from schemas.signs import SIGN_COMMANDS, SIGN_SILENCES, SIGN_STATES, SignCommand, SignSilence, SignState
from schemas.venue import Venue
from stream.features.signs.agents import AuditTrail, SignKeeper
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.stores import audit
from tests.processors.signs.test_proposals import alert, venue

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)


class Bench:
    """A keeper with a clock that tests set."""

    def __init__(self, of: Venue, redis_url: str) -> None:
        self.now = NOW
        self.redis = Redis.from_url(redis_url)
        self.driver = TestDriver([], of, settings=Settings(redis=redis_url), worker="alerts")
        self.trail = AuditTrail(self.redis)
        self.keeper = SignKeeper(self.driver, of, self.trail, clock=lambda: self.now)
        self.driver.broadcast_with_receipt(ALERTS, self.keeper.add_alert)
        self.driver.broadcast(SIGN_COMMANDS, self.keeper.add_command)
        self.driver.broadcast_with_receipt(SIGN_STATES, self.keeper.add_state)

    async def alert(self, *arguments: Any, **fields: Any) -> list[SignCommand]:
        """Send a step of an alert; return the commands that are written."""
        await self.driver.send(ALERTS, "key", alert(*arguments, **fields), received=self.now)
        return await self.written()

    async def written(self) -> list[SignCommand]:
        """Evaluate once; return the commands that are written, which come back from Kafka, too."""
        self.driver.produced.clear()
        await self.keeper.evaluate()
        await self.trail.write()
        commands = [one for topic, _, one in self.driver.produced if topic == SIGN_COMMANDS.name]
        for command in commands:
            await self.driver.send(SIGN_COMMANDS, command.id, command)  # type: ignore[attr-defined]
        return commands  # type: ignore[return-value]

    async def silences(self) -> list[bool]:
        """Judge the displays once; return which states are written."""
        self.driver.produced.clear()
        await self.keeper.watch()
        return [
            one.silent
            for topic, _, one in self.driver.produced
            if topic == SIGN_SILENCES.name and isinstance(one, SignSilence)
        ]


def test_alert_sets_a_sign_returns_it_and_both_are_audited_once(redis_url: str) -> None:
    async def run() -> None:
        bench = Bench(venue(act="automatic"), redis_url)
        (command,) = await bench.alert()
        assert (command.status, command.sign) == ("active", "arch")
        assert await bench.alert() == []
        bench.now += timedelta(minutes=1)
        (withdrawn,) = await bench.alert("resolved", 2)
        assert withdrawn.status == "withdrawn"
        # A second worker that has seen none of the commands writes the same, and no entry.
        other = Bench(venue(act="automatic"), redis_url)
        await other.alert()
        other.now += timedelta(minutes=1)
        await other.alert("resolved", 2)
        entries = [one for one in await audit.latest(bench.redis) if one.subject == "arch"]
        assert [(one.who, one.what) for one in entries] == [
            ("rule/bottleneck", "sign-withdrawn"), ("rule/bottleneck", "sign-set"),
        ]  # fmt: skip
        assert "East: llena. Vaya por West / East is full. Use West" in entries[1].detail

    asyncio.run(run())


def test_stale_record_behind_a_withdrawal_is_written_over(redis_url: str) -> None:
    async def run() -> None:
        bench = Bench(venue(act="automatic"), redis_url)
        (command,) = await bench.alert()
        (withdrawn,) = await bench.alert("resolved", 2)
        await bench.driver.send(SIGN_COMMANDS, command.id, command)
        assert await bench.written() == [withdrawn]
        assert await bench.written() == []

    asyncio.run(run())


def test_command_that_kafka_refused_is_written_at_the_next_evaluation(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_arguments: object, **_fields: object) -> None:
        raise OSError("away")

    async def run() -> None:
        bench = Bench(venue(act="automatic"), redis_url)
        with monkeypatch.context() as patch:
            patch.setattr(bench.driver, "produce", refuse)
            assert await bench.alert() == []
        assert len(await bench.written()) == 1

    asyncio.run(run())


def test_display_that_stops_is_silent_and_heard_again(redis_url: str) -> None:
    async def run() -> None:
        bench = Bench(venue(), redis_url)
        assert await bench.silences() == [False]
        state = SignState(event_id="s", sign="arch", time=NOW, shown=None)
        await bench.driver.send(SIGN_STATES, "arch", state, received=bench.now)
        bench.now += timedelta(seconds=16)
        assert await bench.silences() == [True]
        await bench.driver.send(SIGN_STATES, "arch", state, received=bench.now)
        assert await bench.silences() == [False]

    asyncio.run(run())


def test_invalid_records_are_ignored(redis_url: str) -> None:
    async def run() -> None:
        bench = Bench(venue(), redis_url)
        for topic in (ALERTS, SIGN_COMMANDS, SIGN_STATES):
            await bench.driver.send(topic, "key", b'{"id": 1}')  # type: ignore[arg-type]
        assert await bench.written() == []

    asyncio.run(run())
