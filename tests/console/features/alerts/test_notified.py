"""What the control room shows of notifications: outcomes in order, and only what will still be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from console.features.alerts.notified import people_notified
from processors.alerts.notifications import plan_notifications
from schemas.alerts import Alert
from schemas.contacts import Contact
from schemas.venue import Venue
from stream.stores.notification_queue import Delivery, PendingNotification, QueuedNotification

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
FIGHT = Alert(
    id="violence/c@1", key="violence/c", version=1, rule="violence", subject="c", state="raised", severity="critical",
    audience=("security",), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
)  # fmt: skip
CONTACTS = [
    Contact(id="duty", audience=["security"], escalate_to=["chief"]), Contact(id="chief", escalate_to=["director"]),
    Contact(id="director"),
]  # fmt: skip


def pending() -> list[PendingNotification]:
    planned = plan_notifications(FIGHT, AT, Venue(name="Here", contacts=CONTACTS))
    queued = [PendingNotification(queued=QueuedNotification(notification=one), due=one.due) for one in planned]
    return queued[::-1]


def delivery(contact: str, seconds: float) -> Delivery:
    return Delivery(
        contact=contact, reason="raised", target="ntfy 1/1", outcome="sent", attempts=1,
        time=AT + timedelta(seconds=seconds),
    )  # fmt: skip


def test_told_people_and_the_next_ones_are_in_order_of_time() -> None:
    deliveries = {FIGHT.id: [delivery("chief", 9), delivery("duty", 1)]}
    shown = people_notified([FIGHT], deliveries, pending())[FIGHT.id]
    assert [one.contact for one in shown.told] == ["duty", "chief"]
    assert [(one.contact, (one.due - AT).total_seconds() / 60) for one in shown.next] == [
        ("duty", 0), ("chief", 5), ("director", 10),
    ]  # fmt: skip


def test_nobody_is_next_once_the_alert_is_taken_or_shelved() -> None:
    taken = replace(FIGHT, version=2, acknowledged_by="ana")
    assert [one.contact for one in people_notified([taken], {}, pending())[FIGHT.id].next] == ["duty"]
    shelved = replace(FIGHT, version=2, shelved_until=AT + timedelta(minutes=5))
    assert people_notified([shelved], {}, pending())[FIGHT.id].next == []


def test_notifications_of_another_alert_of_the_key_are_not_shown() -> None:
    again = replace(FIGHT, id="violence/c@2")
    shown = people_notified([again], {FIGHT.id: [delivery("duty", 1)]}, pending())
    assert set(shown) == {again.id} and not shown[again.id].told and not shown[again.id].next
