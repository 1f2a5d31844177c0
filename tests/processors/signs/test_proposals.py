"""Commands that alerts ask for: proposed or set, extended, withdrawn; and what a venue file may say of signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from processors.signs.proposals import KnownAlert, SignProposals
from processors.signs.schedule import SignSchedules
from schemas.alerts import Alert
from schemas.ids import AlertId
from schemas.signs import SignCommand
from schemas.venue import Venue
from stream.features import registry

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)
ZONES = [{"id": "front", "area_m2": 100, "capacity": 300, "exits": [{"name": "East", "alternative": "West"}, "West"]}]
QUEUE = {"id": "gate-queue", "camera": "cam", "polygon": [[0, 0], [1, 0], [1, 1]]}
DEFAULT = {"es": "Bienvenidos", "en": "Welcome"}


def venue(**sign: Any) -> Venue:
    one = {"id": "arch", "default": DEFAULT, "arrows": ["left"], "serves": [{"exit": "East", "arrow": "left"}], **sign}
    return registry.full_venue_type().model_validate({
        "name": "Test", "zones": ZONES, "cameras": [{"id": "cam"}], "queues": [QUEUE], "signs": [one],
    })  # fmt: skip


def alert(
    state: str = "raised", version: int = 1, *, exit: str = "East", rule: str = "bottleneck", **more: Any
) -> Alert:
    subject = f"front/cam/{exit}" if rule == "bottleneck" else "gate-queue"
    return Alert(
        id=AlertId(f"{rule}-{exit}"), key=f"{rule}/{subject}", version=version, rule=rule, subject=subject,
        state=state, severity="high", audience=("security",), raised_at=NOW, time=NOW, value=3, peak=3, threshold=2.5,
        event_id="e", resolved_at=NOW if state == "resolved" else None, **more,
    )  # fmt: skip


def due(
    of: Venue, alerts: list[Alert], schedules: SignSchedules, now: datetime = NOW, received: datetime = NOW
) -> list[SignCommand]:
    found = {one.id: KnownAlert(one, received, received) for one in alerts}
    commands = list(SignProposals(of, registry.message_catalog()).due(found, schedules, now))
    for command in commands:
        schedules.add(command)
    return commands


def test_jam_proposes_a_text_that_names_the_other_exit() -> None:
    (command,) = due(venue(), [alert()], SignSchedules())
    assert (command.status, command.priority, command.arrow, command.by) == (
        "proposed",
        "crowd",
        "left",
        "rule/bottleneck",
    )
    assert (command.text.es, command.text.en) == ("East: llena. Vaya por West", "East is full. Use West")
    assert (command.alert, command.cause) == ("bottleneck-East", "bottleneck/front/cam/East")


def test_jam_changes_an_automatic_sign_until_the_alert_is_over() -> None:
    schedules, automatic = SignSchedules(), venue(act="automatic")
    (command,) = due(automatic, [alert()], schedules)
    assert command.status == "active"
    assert due(automatic, [alert()], schedules) == []
    (withdrawn,) = due(automatic, [alert("resolved", 2)], schedules, NOW + timedelta(minutes=2))
    assert withdrawn.status == "withdrawn"
    assert schedules.shown("arch", NOW + timedelta(minutes=3)) is None
    assert due(automatic, [alert("resolved", 2)], schedules, NOW + timedelta(minutes=3)) == []


def test_text_is_extended_while_its_alert_is_open_and_ends_without_pulso() -> None:
    schedules, automatic = SignSchedules(), venue(act="automatic", hold_minutes=10)
    (first,) = due(automatic, [alert()], schedules)
    assert due(automatic, [alert()], schedules, NOW + timedelta(minutes=4)) == []
    (longer,) = due(automatic, [alert()], schedules, NOW + timedelta(minutes=6))
    assert longer.until == NOW + timedelta(minutes=16)
    assert longer.begin == first.begin
    assert schedules.shown("arch", NOW + timedelta(minutes=17)) is None


def test_what_a_person_withdrew_does_not_come_back() -> None:
    schedules, automatic = SignSchedules(), venue(act="automatic")
    (command,) = due(automatic, [alert()], schedules)
    schedules.add(SignCommand(**{**_fields(command), "status": "withdrawn", "by": "ana"}))
    assert due(automatic, [alert()], schedules, NOW + timedelta(minutes=9)) == []


def test_false_alarm_withdraws_and_an_old_alert_changes_nothing() -> None:
    schedules, automatic = SignSchedules(), venue(act="automatic")
    due(automatic, [alert()], schedules)
    (withdrawn,) = due(automatic, [alert("judged", 2, verdict="rejected")], schedules)
    assert withdrawn.status == "withdrawn"
    assert due(automatic, [alert()], SignSchedules(), received=NOW - timedelta(minutes=11)) == []


def test_nobody_is_sent_into_another_jam_without_a_person() -> None:
    automatic = venue(act="automatic")
    commands = due(automatic, [alert(exit="West"), alert()], SignSchedules())
    assert [command.status for command in commands] == ["proposed"]


def test_long_queue_shows_the_text_of_the_venue_file() -> None:
    text = {"es": "Use la puerta sur", "en": "Use the south gate"}
    of = venue(act="automatic", serves=[{"queue": "gate-queue", "text": text, "arrow": "left"}])
    (command,) = due(of, [alert(rule="queue-long")], SignSchedules())
    assert (command.text.en, command.status) == ("Use the south gate", "active")


@pytest.mark.parametrize(
    ("sign", "mistake"),
    [
        ({"serves": [{"exit": "Nord"}]}, "no zone has an exit 'Nord'; there are East, West"),
        ({"serves": [{"queue": "bar", "text": DEFAULT}]}, "there is no queue 'bar'; there are gate-queue"),
        ({"serves": [{"queue": "gate-queue"}]}, "give the text for the queue"),
        ({"serves": [{"exit": "East", "queue": "gate-queue"}]}, "give exit or queue"),
        ({"serves": [{"exit": "East", "arrow": "up"}]}, "it has no arrow 'up'; add it to its arrows"),
        ({"serves": [{"exit": "East"}, {"exit": "East"}]}, "East stands there twice"),
        ({"display": {"kind": "tv", "url": "http://x"}}, "Input should be 'anthias'"),
        ({"display": {"kind": "anthias", "url": "http://a:b@x", "asset": "a"}}, "String should match pattern"),
        ({"zone": "moon"}, "zone 'moon' is not in the venue file; it has front"),
        ({"default": {"es": "Hola"}}, "Field required"),
    ],
)
def test_venue_file_with_a_mistake_about_signs_is_refused(sign: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        venue(**sign)


def _fields(command: SignCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}
