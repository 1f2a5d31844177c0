"""Incidents: what joins, what does not, and how many rows remain of simulated evenings."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from processors.alerts.incidents import IncidentBook, Membership
from schemas.alerts import Alert
from simulation.evening import Evening
from simulation.mail_texts import URGENT
from simulation.story import STORY_STEPS
from stream.features import registry
from stream.runtime.venue_file import read_venue
from tests.processors.alerts.alert_evenings import TrueAlert, evening, evening_venue, make_alert

RULES = registry.rules_by_name()
NEIGHBOURS = {"gate", "forecourt"}


def book(**control_room: object) -> IncidentBook:
    return IncidentBook(evening_venue(**control_room), RULES)


def joined(*alerts: Alert, **control_room: object) -> list[Membership | None]:
    incidents = book(**control_room)
    return [incidents.add(alert) for alert in alerts]


def reasons(*alerts: Alert, **control_room: object) -> list[str]:
    """Return each alert's reason in the incident of the first; "other" for one of another incident, or of none."""
    found = joined(*alerts, **control_room)
    first = found[0]
    assert first is not None
    return [one.why if one is not None and one.id == first.id else "other" for one in found]


DENSITY = make_alert("crowd-density", "gate/gate-1", 0)


def test_crush_mail_and_jam_join_the_full_gate() -> None:
    mail = make_alert("mail-urgent", "m-1", 2, "They are crushing us at the EAST GATE!")
    jam = make_alert("bottleneck", "gate/gate-2/Exit", 5)
    assert reasons(DENSITY, mail, jam) == ["first", "same", "same"]
    incidents = book()
    first = incidents.add(DENSITY)
    for one in (mail, jam):
        incidents.add(one)
    assert first is not None and incidents.members(first.id) == (DENSITY.id, mail.id, jam.id)
    again = incidents.add(mail)
    assert again is not None and again.why == "same" and len(incidents.members(first.id)) == 3, "each once"


def test_alert_that_comes_late_joins_the_incident_of_its_time() -> None:
    between = make_alert("violence", "front-1", 600)
    assert reasons(DENSITY, between, make_alert("violence", "gate-2", 3)) == ["first", "other", "same"]


@pytest.mark.parametrize(
    ("rule", "subject", "minute", "why"),
    [
        ("violence", "gate-2", 10, "same"), ("violence", "gate-2", 10.1, "other"),
        ("violence", "forecourt-1", 3, "near"), ("violence", "front-1", 3, "other"),
        ("camera-blind", "gate-1", 1, "other"), ("queue-long", "toilets-gate", 1, "other"),
        ("venue-capacity", "Evenings", 1, "other"), ("crowd-density", "unknown/x", 1, "other"),
    ],
)  # fmt: skip
def test_place_time_and_rule_decide(rule: str, subject: str, minute: float, why: str) -> None:
    assert reasons(DENSITY, make_alert(rule, subject, minute)) == ["first", why]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("crushed at the east gate", "same"), ("aplastados en la Puerta Éste", "same"), ("help us", "other"),
        ("from the main stage to the east gate", "other"), ("the east gateway", "other"), ("the gate", "other"),
    ],
)  # fmt: skip
def test_mail_joins_by_the_only_place_that_it_names(text: str, why: str) -> None:
    mail = make_alert("mail-urgent", "m-1", 1, text)
    assert reasons(DENSITY, mail, place_names={"gate": ["puerta este"]}) == ["first", why]


def test_incident_does_not_creep_from_neighbour_to_neighbour() -> None:
    steps = [make_alert("crowd-density", f"{zone}/{zone}-1", 0) for zone in ("gate", "forecourt", "front", "bars")]
    assert reasons(*steps, neighbour_metres=20) == ["first", "near", "other", "other"]


def test_incident_goes_on_as_long_as_its_newest_alert_is_recent() -> None:
    steps = [make_alert("crowd-density", "gate/gate-1", minute) for minute in (0, 9, 18, 29)]
    assert reasons(*steps) == ["first", "same", "same", "other"]


def test_nothing_is_joined_where_no_time_is_allowed() -> None:
    assert reasons(DENSITY, make_alert("violence", "gate-2", 1), incident_minutes=0) == ["first", "other"]


def rows(alerts: list[TrueAlert]) -> dict[str, list[TrueAlert]]:
    incidents = book()
    found: dict[str, list[TrueAlert]] = defaultdict(list)
    for one in alerts:
        membership = incidents.add(one.alert)
        found[membership.id if membership is not None else one.alert.id].append(one)
    return found


def test_simulated_evenings_have_few_rows_and_join_no_two_places() -> None:
    alerts = whole = split = same_place = 0
    number_of_rows = 0
    for seed in range(200):
        true = evening(seed)
        found = rows(true)
        alerts, number_of_rows = alerts + len(true), number_of_rows + len(found)
        rows_of: dict[int, int] = defaultdict(int)
        for members in found.values():
            zones = {one.zone for one in members}
            assert len(zones) == 1 or zones == NEIGHBOURS, "two places that are not beside each other"
            assert len(members) == 1 or all(one.incident is not None for one in members), "equipment is never joined"
            for incident in {one.incident for one in members} - {None}:
                rows_of[incident] += 1  # type: ignore[index]
            same_place += len({one.incident for one in members}) > 1
        whole += sum(count == 1 for count in rows_of.values())
        split += sum(count > 1 for count in rows_of.values())
        assert sum(len(members) for members in found.values()) == len(true), "no alert is lost"
    print(f"{alerts} alerts, {number_of_rows} rows ({number_of_rows / alerts:.0%}); incidents in one row: {whole}, "
          f"in several: {split}; rows of two incidents at one place and time: {same_place}")  # fmt: skip
    assert number_of_rows < 0.65 * alerts


def test_demo_evening_joins_the_crush_mail_with_the_full_gate() -> None:
    venue = read_venue(Path(__file__).parents[3] / "deploy" / "venues" / "demo.yaml")
    incidents, found = IncidentBook(venue, RULES), defaultdict(list)
    doors = Evening().at(0)
    story = [(step.name, expected) for step in STORY_STEPS for expected in step.alerts]
    for name, expected in sorted(story, key=lambda one: one[1].begin):
        text = " ".join(URGENT["gate"][1:]) if name == "crush-mail" else ""
        minute = (Evening().at(expected.begin) - doors).total_seconds() / 60
        alert = make_alert(expected.rule, expected.subject or f"mail-{name}", minute, text)
        membership = incidents.add(alert)
        found[membership.id if membership is not None else alert.id].append(name)
    joined_steps = [names for names in found.values() if len(names) > 1]
    assert joined_steps == [["blocked-exit", "gate-fills", "gate-fills", "crush-mail"]]
    assert (len(story), len(found)) == (14, 11)
