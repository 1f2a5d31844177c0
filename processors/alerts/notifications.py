"""Who hears of an alert on a phone or in a chat, when, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.alerts import Alert, Severity
from schemas.contacts import Contact, QuietHours
from schemas.venue import Venue

Why = Literal["raised", "nobody", "changed"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

_SEVERITY = {
    "es": {"low": "baja", "medium": "media", "high": "alta", "critical": "crítica"},
    "en": {"low": "low", "medium": "medium", "high": "high", "critical": "critical"},
}


class Notification(Struct, frozen=True, kw_only=True):
    """One message to one contact.

    Attributes:
        id: of alert, contact and reason: planned twice, it is one.
        why: `raised`, `nobody` when nobody has acknowledged in time, or `changed` when another amount is asked for.
        due: not before.
    """

    id: str
    contact: str
    why: Why
    due: datetime
    alert: Alert


def planned(alert: Alert, arrived: datetime, venue: Venue) -> list[Notification]:
    """What to send because of one step of an alert.

    Times are those at which people wait: `arrived` is when the step was told, by the wall clock, while the alert's own
    times may be those of an evening that is played back. Quiet hours move a message to their end; what must not wait
    (`unless`) and what nobody has acknowledged is told at once.

    >>> venue = Venue(name="Here", contacts=[
    ...     Contact(id="duty", audience=["security"], escalate_to=["chief"]), Contact(id="chief")])
    >>> at = datetime(2026, 7, 4, 22, tzinfo=UTC)
    >>> fight = Alert(id="violence/c@1", key="violence/c", version=1, rule="violence", subject="c", state="raised",
    ...     severity="critical", audience=("security",), raised_at=at, time=at, value=0.9, peak=0.9, threshold=0.8,
    ...     event_id="e")
    >>> [(one.contact, one.why, (one.due - at).total_seconds()) for one in planned(fight, at, venue)]
    [('duty', 'raised', 0.0), ('chief', 'nobody', 300.0)]
    """
    changed = alert.state == "updated" and alert.amount_before is not None
    if alert.state != "raised" and not changed:
        return []
    found: dict[str, Notification] = {}

    def add(contact: str, why: Why, due: datetime) -> None:
        step = f"{why}@{alert.version}" if changed else why
        one = Notification(id=f"{alert.id}>{contact}>{step}", contact=contact, why=why, due=due, alert=alert)
        if one.id not in found or due < found[one.id].due:
            found[one.id] = one

    for contact in venue.contacts:
        if not hears(contact, alert):
            continue
        due = _due(contact.quiet, alert.severity, arrived, ZoneInfo(venue.timezone))
        add(contact.id, "changed" if changed else "raised", due)
        if changed:
            continue
        for other in contact.escalate_to:
            add(other, "nobody", arrived + timedelta(minutes=contact.escalate_after_minutes))
    return list(found.values())


def hears(contact: Contact, alert: Alert) -> bool:
    """Whether an alert is for a contact."""
    severe = SEVERITIES.index(alert.severity) >= SEVERITIES.index(contact.at_least)
    return severe and not set(contact.audience).isdisjoint(alert.audience)


def _due(quiet: QuietHours | None, severity: Severity, now: datetime, zone: ZoneInfo) -> datetime:
    if quiet is None or SEVERITIES.index(severity) >= SEVERITIES.index(quiet.unless):
        return now
    return quiet_until(quiet, now, zone)


def quiet_until(quiet: QuietHours, now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the quiet hours that `now` falls into, or `now`.

    >>> night = QuietHours(begin="03:00", end="09:30")
    >>> madrid = ZoneInfo("Europe/Madrid")
    >>> quiet_until(night, datetime(2026, 7, 5, 2, 0, tzinfo=UTC), madrid).isoformat()
    '2026-07-05T07:30:00+00:00'
    >>> quiet_until(QuietHours(begin="22:00", end="06:00"), datetime(2026, 7, 5, 21, 0, tzinfo=UTC), madrid).isoformat()
    '2026-07-06T04:00:00+00:00'
    >>> quiet_until(night, datetime(2026, 7, 5, 8, 0, tzinfo=UTC), madrid).hour
    8
    """
    here = now.astimezone(zone)
    clock = here.strftime("%H:%M")
    overnight = quiet.begin > quiet.end
    within = (clock >= quiet.begin or clock < quiet.end) if overnight else quiet.begin <= clock < quiet.end
    if not within:
        return now
    day = here.date() + timedelta(days=1 if overnight and clock >= quiet.begin else 0)
    hours, minutes = map(int, quiet.end.split(":"))
    return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=zone).astimezone(UTC)


def wording(one: Notification, contact: Contact, venue: Venue, link: str | None) -> tuple[str, str]:
    """Title and text of the message, in the contact's language."""
    language = contact.language or venue.language
    alert = one.alert
    severity = _SEVERITY[language][alert.severity]
    told = alert.text.get(language) or alert.text.get("es") or alert.text.get("en") or alert.key
    since = alert.raised_at.astimezone(ZoneInfo(venue.timezone)).strftime("%H:%M:%S")
    if language == "es":
        why = {"nobody": " SIN ATENDER", "changed": " CAMBIA"}.get(one.why, "")
        title = f"{venue.name}: alerta {severity}{why}"
        lines = [told, f"Desde las {since}."]
        if one.why == "changed":
            lines.insert(1, f"Antes: {alert.amount_before:g}.")
    else:
        why = {"nobody": " NOBODY HAS TAKEN", "changed": " CHANGED"}.get(one.why, "")
        title = f"{venue.name}: {severity} alert{why}"
        lines = [told, f"Since {since}."]
        if one.why == "changed":
            lines.insert(1, f"Before: {alert.amount_before:g}.")
    if link:
        lines.append(f"{link.rstrip('/')}/?rule={alert.rule}")
    return title, "\n".join(lines)
