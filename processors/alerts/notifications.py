"""Notifications of alerts to phones and chats: recipients, due times and texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from processors.alerts.messages import FALLBACK_LANGUAGES, MessageCatalog
from processors.alerts.rule import Message, Parameter
from processors.alerts.shelving import SEVERITIES
from schemas.alerts import Alert, Severity
from schemas.contacts import Contact, QuietHours
from schemas.venue import Venue

Reason = Literal["raised", "nobody", "changed", "returned"]
"""Reason for a notification: an alert was raised, nobody has acknowledged it in time, another amount is needed, or an
alert is no longer shelved."""

SECTION = "notification"
"""Section of the message files with the headings of notifications and the words for severities."""


class Notification(Struct, frozen=True, kw_only=True):
    """One notification of one contact.

    Attributes:
        id: made of alert, contact and reason, so that planning it twice gives one.
        contact: id of the contact in the venue file.
        reason: why the contact is notified.
        due: time before which it must not be sent, by the wall clock.
        alert: the step of the alert that it is about.
    """

    id: str
    contact: str
    reason: Reason = field(name="why")
    due: datetime
    alert: Alert


class NotificationMessage(NamedTuple):
    """Title and body of a notification, in the language of its contact."""

    title: str
    body: str


def plan_notifications(alert: Alert, arrived: datetime, venue: Venue) -> list[Notification]:
    """Return the notifications to send because of one step of an alert.

    `arrived` is when the step reached Redis, by the wall clock: people wait by it, while the alert's own times may be
    those of an evening that is played back. Quiet hours postpone a notification to their end, unless the alert is so
    severe that it must not wait (`unless`), or nobody has acknowledged it.

    A contact that is notified because nobody has acknowledged has a time of its own after which its `escalate_to`
    follow; each contact of a chain is notified once, at the earliest time that leads to it.

    A shelved alert notifies nobody. When it comes back, everybody is notified as if it was raised then.

    >>> venue = Venue(name="Here", contacts=[
    ...     Contact(id="duty", audience=["security"], escalate_to=["chief"]),
    ...     Contact(id="chief", escalate_to=["director"], escalate_after_minutes=10), Contact(id="director")])
    >>> at = datetime(2026, 7, 4, 22, tzinfo=UTC)
    >>> fight = Alert(id="violence/c@1", key="violence/c", version=1, rule="violence", subject="c", state="raised",
    ...     severity="critical", audience=("security",), raised_at=at, time=at, value=0.9, peak=0.9, threshold=0.8,
    ...     event_id="e")
    >>> [(one.contact, one.reason, (one.due - at).total_seconds()) for one in plan_notifications(fight, at, venue)]
    [('duty', 'raised', 0.0), ('chief', 'nobody', 300.0), ('director', 'nobody', 900.0)]
    """
    changed = alert.state == "updated" and alert.amount_before is not None
    is_new = alert.state in ("raised", "unshelved") and alert.resolved_at is None
    if alert.shelved_until is not None or not (is_new or changed):
        return []
    reason: Reason = "changed" if changed else "returned" if alert.state == "unshelved" else "raised"
    suffix = "" if reason == "raised" else f"@{alert.version}"
    zone = ZoneInfo(venue.timezone)
    recipients = [contact for contact in venue.contacts if is_recipient(contact, alert)]
    planned = [
        Notification(
            id=f"{alert.id}>{contact.id}>{reason}{suffix}",
            contact=contact.id,
            reason=reason,
            due=_due(contact.quiet, alert.severity, arrived, zone),
            alert=alert,
        )
        for contact in recipients
    ]
    if changed:
        return planned
    return planned + [
        Notification(id=f"{alert.id}>{contact}>nobody{suffix}", contact=contact, reason="nobody", due=due, alert=alert)
        for contact, due in escalation_times([contact.id for contact in recipients], arrived, venue).items()
    ]


def is_still_needed(notification: Notification, alert: Alert | None) -> bool:
    """Return True if a planned notification must be sent.

    Args:
        notification: as planned.
        alert: the open alert of its key as it is now; None if there is none.
    """
    planned = notification.alert
    if alert is None or alert.id != planned.id or alert.shelved_until is not None:
        return False
    if notification.reason == "changed" and (alert.amount, alert.source) != (planned.amount, planned.source):
        return False  # the last change has a notification of its own
    return notification.reason != "nobody" or alert.acknowledged_by is None


def escalation_times(recipients: list[str], arrived: datetime, venue: Venue) -> dict[str, datetime]:
    """Return the contacts that are notified if nobody acknowledges, each with its time, the earliest first.

    Shortest paths from the recipients along `escalate_to` (Dijkstra 1959), whose lengths are `escalate_after_minutes`.
    """
    contacts = {contact.id: contact for contact in venue.contacts}
    queue = [(arrived, recipient, True) for recipient in recipients]
    heapify(queue)
    found: dict[str, datetime] = {}
    followed: set[str] = set()
    while queue:
        time, name, is_first = heappop(queue)
        if not is_first:
            found.setdefault(name, time)
        if name in followed:
            continue
        followed.add(name)
        after = time + timedelta(minutes=contacts[name].escalate_after_minutes)
        for other in contacts[name].escalate_to:
            heappush(queue, (after, other, False))
    return found


def is_recipient(contact: Contact, alert: Alert) -> bool:
    """Return True if the alert is for an audience of the contact, and severe enough."""
    severe = SEVERITIES.index(alert.severity) >= SEVERITIES.index(contact.at_least)
    return severe and not set(contact.audience).isdisjoint(alert.audience)


def _due(quiet: QuietHours | None, severity: Severity, now: datetime, zone: ZoneInfo) -> datetime:
    if quiet is None or SEVERITIES.index(severity) >= SEVERITIES.index(quiet.unless):
        return now
    return quiet_until(quiet, now, zone)


def quiet_until(quiet: QuietHours, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of the quiet hours that `now` falls into, or `now`.

    >>> night = QuietHours(begin="03:00", end="09:30")
    >>> madrid = ZoneInfo("Europe/Madrid")
    >>> quiet_until(night, datetime(2026, 7, 5, 2, 0, tzinfo=UTC), madrid).isoformat()
    '2026-07-05T07:30:00+00:00'
    >>> quiet_until(QuietHours(begin="22:00", end="06:00"), datetime(2026, 7, 5, 21, 0, tzinfo=UTC), madrid).isoformat()
    '2026-07-06T04:00:00+00:00'
    >>> quiet_until(night, datetime(2026, 7, 5, 8, 0, tzinfo=UTC), madrid).hour
    8
    """
    local = now.astimezone(zone)
    clock = local.strftime("%H:%M")
    overnight = quiet.begin > quiet.end
    within = (clock >= quiet.begin or clock < quiet.end) if overnight else quiet.begin <= clock < quiet.end
    if not within:
        return now
    day = local.date() + timedelta(days=1 if overnight and clock >= quiet.begin else 0)
    hours, minutes = map(int, quiet.end.split(":"))
    return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=zone).astimezone(UTC)


def notification_message(
    notification: Notification, contact: Contact, venue: Venue, catalog: MessageCatalog, link: str | None
) -> NotificationMessage:
    """Return title and body of a notification in the contact's language.

    Args:
        notification: what the contact is notified of.
        contact: its recipient.
        venue: gives name, time zone and the language of contacts that name none.
        catalog: headings and words for severities by language.
        link: address of the console, to which the body links; None for no link.
    """
    language, alert = contact.language or venue.language, notification.alert

    def render(message: Message) -> str:
        return catalog.render(SECTION, message, language)

    heading: dict[str, Parameter] = {"venue": venue.name, "severity": Message(f"severity_{alert.severity}")}
    lines = [_alert_text(alert, language)]
    if notification.reason == "changed" and alert.amount_before is not None:
        lines.append(render(Message("before", {"amount": alert.amount_before})))
    raised = alert.raised_at.astimezone(ZoneInfo(venue.timezone)).strftime("%H:%M:%S")
    lines.append(render(Message("since", {"time": raised})))
    if alert.blind_since is not None:
        silent = alert.blind_since.astimezone(ZoneInfo(venue.timezone)).strftime("%H:%M:%S")
        lines.append(render(Message("blind", {"source": alert.origin or "?", "time": silent})))
    if link:
        lines.append(f"{link.rstrip('/')}/?rule={alert.rule}")
    return NotificationMessage(render(Message(f"heading_{notification.reason}", heading)), "\n".join(lines))


def _alert_text(alert: Alert, language: str) -> str:
    texts = (alert.text.get(one) for one in (language, *FALLBACK_LANGUAGES))
    return next((text for text in texts if text), alert.key)
