"""A console with a festival of its own, real Redis, and a writer that answers as the workers do, without Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml

from console.features.assistant.view import AnswerView
from console.features.itinerary.view import PlanView
from console.features.recommendations.view import RecommendationView
from console.server import build
from console.services import ConsoleServices
from processors.festival.hours import festival_day
from schemas.assistant import AssistantAnswer, AttendeeQuestion
from schemas.ids import ActId, EventId, FestivalId
from schemas.itinerary import ItineraryPlan, ItineraryWishes
from schemas.recommendations import RecommendationList, RecommendedAct, RecommendedFestival, TasteEvent
from schemas.topic import Topic
from stream.features.itinerary.book import ItineraryBook
from stream.runtime.settings import Settings
from tests.console.conftest import console_of

LOCAL_HOUR = 16


def afternoon_zone(now: datetime) -> str:
    """Return a time zone in which it is afternoon now, so that an evening's sets are on one festival day."""
    east = LOCAL_HOUR - now.astimezone(UTC).hour
    return f"Etc/GMT{-(east if east <= 14 else east - 24):+d}"  # the sign of these names is the other way round


def festival(now: datetime) -> dict[str, Any]:
    """Return a venue file whose first set is on now, with a way that has stairs and one that has none."""
    timezone = afternoon_zone(now)
    names = {"lume": "Lume Alto", "rea": "Rea", "tambo": "Tambo Norte", "zarza": "Zarza"}

    def one_set(act: str, stage: str, begins: int, minutes: int = 60) -> dict[str, Any]:
        begin = now + timedelta(minutes=begins)
        end = begin + timedelta(minutes=minutes)
        day = festival_day(begin, ZoneInfo(timezone)).isoformat()
        return {
            "id": f"{act}-1", "day": day, "stage": stage, "act": act, "name": names[act],
            "begin": begin.isoformat(), "end": end.isoformat(),
        }  # fmt: skip

    def place(name: str, kind: str, x: float, y: float) -> dict[str, Any]:
        english = name.replace("_", " ")
        return {"id": name, "kind": kind, "name_es": f"{english} (es)", "name_en": english, "x_m": x, "y_m": y}

    return {
        "name": "Feria de Prueba",
        "timezone": timezone,
        "zones": [{"id": "north_stage", "title": "North stage", "area_m2": 1000, "capacity": 1000},
                  {"id": "yard", "title": "Yard", "area_m2": 500, "capacity": 500}],
        "cameras": [{"id": "cam", "url": "rtsp://10.0.0.7/live",
                     "views": [{"zone": "yard", "polygon": [[0, 0], [1, 0], [1, 1]]}]}],
        "plan": {"outline": [[0, 0], [300, 0], [300, 200], [0, 200]],
                 "zones": {"north_stage": [[20, 120], [120, 120], [120, 190], [20, 190]]}},
        "queues": [
            {"id": name, "title": title, "camera": "cam", "place": "bar",
             "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
            for name, title in (("slow", "Long bar"), ("fast", "Short bar"), ("dark", "Dark bar"))
        ],
        "programme": {
            "festivals": [{"id": "sierra", "name": "Sierra Clara", "when": "October", "place": "Ronda",
                           "acts": ["Rea", "Duna"]}],
            "acts": [{"id": name, "name": title, "genres": ["folk" if name == "rea" else "rock"],
                      "songs": ["Nana"] if name == "rea" else []}
                     for name, title in names.items()],
            "sets": [one_set("lume", "north_stage", -10), one_set("rea", "south_stage", 90),
                     one_set("tambo", "north_stage", 180), one_set("zarza", "south_stage", 24 * 60)],
        },
        "paths": {
            "help_es": "Llama al 600.", "help_en": "Call 600.",
            "places": [place("gate", "entrance", 10, 20), place("square", "junction", 150, 100),
                       place("north_stage", "stage", 70, 150), place("south_stage", "stage", 250, 30),
                       place("toilets", "toilet", 200, 100), place("easy_toilet", "accessible_toilet", 230, 60),
                       place("tap", "water", 180, 120), place("medics", "first_aid", 120, 60),
                       place("tower", "viewing_platform", 280, 180)],
            "paths": [
                {"start": "gate", "end": "square", "metres": 170},
                {"start": "square", "end": "north_stage", "metres": 95},
                {"start": "square", "end": "south_stage", "metres": 120, "kind": "steps", "step_free": False},
                {"start": "square", "end": "toilets", "metres": 50},
                {"start": "toilets", "end": "easy_toilet", "metres": 60},
                {"start": "easy_toilet", "end": "south_stage", "metres": 80, "kind": "ramp"},
                {"start": "square", "end": "tap", "metres": 40}, {"start": "square", "end": "medics", "metres": 60},
                {"start": "toilets", "end": "tower", "metres": 90, "kind": "steps", "step_free": False},
            ],
        },
    }  # fmt: skip


class WorkersInstead:
    """Writer that answers what pages send as the workers do: plans are the planner's own."""

    def __init__(self, services: ConsoleServices) -> None:
        self._services = services
        self.book = ItineraryBook(services.venue)
        self.records: list[msgspec.Struct] = []
        self.offers: dict[str, ItineraryPlan] = {}

    async def send(self, topic: Topic[Any], *, record: Any, time: datetime, **_: object) -> None:
        """Take a record, and settle the request that waits for its answer."""
        self.records.append(record)
        if isinstance(record, AttendeeQuestion):
            lost = "lost" in record.text
            answer = AssistantAnswer(
                event_id=EventId(record.id), conversation=record.conversation, time=time,
                language=record.language or "es", text=f"{len(record.earlier)} before: {record.text}",
                skill="none" if lost else "acts", handover=lost,
            )  # fmt: skip
            self._services.part(AnswerView).apply(answer, 0)
        elif isinstance(record, ItineraryWishes):
            self.book.set_wishes(record)
            if not record.forget:
                offer = self.offers.get(record.accepts or "")
                plan = self.book.plan(record, time) if offer is None else _accepted(offer, time)
                self._services.part(PlanView).apply(plan, 0)
        elif isinstance(record, TasteEvent):
            acts = (
                RecommendedAct(act=ActId("rea"), score=1.0, reason="similar", because="Lume Alto"),
                RecommendedAct(act=ActId("tambo"), score=0.5, reason="popular"),
            )
            others = (
                RecommendedFestival(
                    festival=FestivalId("sierra"), score=1.0, acts=("Rea", "Duna"), reason="known", because="Rea"
                ),
            )
            chosen = RecommendationList(
                event_id=record.id, listener=record.listener, time=time, acts=acts, festivals=others
            )
            self._services.part(RecommendationView).apply(chosen, 0)

    async def close(self) -> None:
        """Do nothing."""


def _accepted(offer: ItineraryPlan, time: datetime) -> ItineraryPlan:
    return msgspec.structs.replace(offer, time=time, offer=False, cause=None, changed=None, replaces=None)


class Companion:
    """A running console with its workers, and what came to it.

    Attributes:
        url: address of the console.
    """

    def __init__(self, url: str, services: ConsoleServices, workers: WorkersInstead) -> None:
        self.url = url
        self.venue = services.venue
        self.workers = workers
        self._services = services

    def send(self, topic: Topic[Any], record: msgspec.Struct, age_seconds: float = 0) -> None:
        """Apply a result as if it came from Kafka."""
        at = round((time.time() - age_seconds) * 1000)
        self._services.results.apply(topic.name, msgspec.json.encode(record), at)


@pytest.fixture(scope="module")
def companion(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companion]:
    """Return a console in this process, with Redis and without Kafka."""
    venue: Path = tmp_path_factory.mktemp("companion") / "venue.yaml"
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    venue.write_text(yaml.safe_dump(festival(now), allow_unicode=True), encoding="utf-8")
    app = build(Settings(venue=venue, kafka="127.0.0.1:1", redis=redis_url))
    services: ConsoleServices = app.state.console
    workers = WorkersInstead(services)
    app.state.console = replace(services, writer=workers)
    with console_of(app) as url:
        yield Companion(url, services, workers)
