"""What every bar can spare, and how fast it sells: each bars worker reads the newest of `demand.forecasts`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

import aiokafka
import msgspec
from aiokafka.errors import KafkaError

from processors.bars.claims import Claims
from processors.bars.paces import Paces
from schemas.results import DemandForecast
from schemas.topics import DEMAND
from stream.decoding import UnusableError, read_record
from stream.settings import Settings
from stream.venue_context import connection

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0

BACK = 200
"""Forecasts of a partition that are read again at the start: an hour of three bars."""


class SurplusReader:
    """The surplus of all bars, whoever works on them; read without a consumer group, as every worker needs all of it.

    It says where a notice sends the runner, and nothing that must be exact depends on it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._decoder = msgspec.json.Decoder(DemandForecast)
        self._claims = Claims()
        self._spare: dict[str, Mapping[str, Mapping[str, float]]] = {}
        """answers that hold until somebody says something new"""
        self._paces = Paces()

    def spare_for(self, bar: str) -> Mapping[str, Mapping[str, float]]:
        """Units by bar and product that nobody else was sent for."""
        if bar not in self._spare:
            self._spare[bar] = self._claims.spare_for(bar)
        return self._spare[bar]

    def paces(self, at: datetime) -> dict[str, dict[str, float]]:
        """Units an hour by bar and product, of the bars that sell at about this time."""
        return self._paces.at(at)

    def take(self, value: bytes | None) -> None:
        """Read one record; what can't be decoded is for the agent that buries it."""
        try:
            forecast = read_record(self._decoder, value, DEMAND.event_type)
        except UnusableError:
            return
        self._claims.take(forecast)
        self._spare.clear()
        self._paces.take(forecast)

    async def run(self) -> None:
        """Read for ever; after a failure again."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("%s can't be read: %s; trying again in %.0f s", DEMAND.name, error, AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            **connection(self._settings), auto_offset_reset="latest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = [aiokafka.TopicPartition(DEMAND.name, number) for number in range(DEMAND.partitions)]
            consumer.assign(partitions)
            first = await consumer.beginning_offsets(partitions)
            for partition, end in (await consumer.end_offsets(partitions)).items():
                consumer.seek(partition, max(first[partition], end - BACK))
            async for record in consumer:
                self.take(record.value)
        finally:
            await consumer.stop()
