"""Contacts of the venue file: phones and chats that are notified of alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.alerts import Audience, Severity
from schemas.venue_parts import Name, Part

LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time, HH:MM")]


class QuietHours(Part):
    """When somebody sleeps. What is still open at the end is told then."""

    begin: LocalTime
    end: LocalTime
    unless: Severity = Field(default="critical", description="alerts as severe as this are told at once all the same")


class Contact(Part):
    """A phone or a chat. Its addresses stand in the Apprise file that PULSO_CONTACTS names, under its id as a tag."""

    id: Name
    audience: list[Audience] = Field(default_factory=list, description="whose alerts; none: only what others miss")
    at_least: Severity = Field(default="high", description="alerts less severe than this are not told")
    language: Literal["es", "en"] | None = Field(default=None, description="the venue's if left out")
    quiet: QuietHours | None = None
    escalate_to: list[Name] = Field(default_factory=list, description="contacts told when nobody acknowledges")
    escalate_after_minutes: float = Field(default=5, gt=0, le=24 * 60)
