"""Contacts of the venue file: phones and chats that are notified of alerts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from schemas.alerts import Audience, Severity
from schemas.venue_parts import CLOCK_PATTERN, Language, Name, Part

LocalTime = Annotated[str, Field(pattern=CLOCK_PATTERN, description="local time, HH:MM")]


class QuietHours(Part):
    """Hours in which a contact is not notified. Of alerts that are still open at their end it is notified then."""

    begin: LocalTime
    end: LocalTime
    unless: Severity = Field(default="critical", description="alerts as severe as this are sent in quiet hours too")


class Contact(Part):
    """A phone or a chat. Its addresses are in the Apprise file that PULSO_CONTACTS names, with its id as their tag."""

    id: Name
    audience: list[Audience] = Field(
        default_factory=list, description="audiences whose alerts it gets; none: only alerts that nobody acknowledged"
    )
    at_least: Severity = Field(default="high", description="alerts less severe than this are not sent")
    language: Language | None = Field(default=None, description="the venue's if left out")
    quiet: QuietHours | None = Field(default=None, description="hours in which less severe alerts wait")
    escalate_to: list[Name] = Field(default_factory=list, description="contacts to notify if nobody acknowledges")
    escalate_after_minutes: float = Field(
        default=5, gt=0, le=24 * 60, description="time until contacts in escalate_to are notified"
    )


def escalation_cycle(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """Return contacts that escalate to each other in a circle, the first one again at the end; empty where none do.

    >>> ana, eva = Contact(id="ana", escalate_to=["eva"]), Contact(id="eva", escalate_to=["ana"])
    >>> escalation_cycle([ana, eva]), escalation_cycle([ana, Contact(id="eva")])
    (('ana', 'eva', 'ana'), ())
    """
    next_of = {contact.id: contact.escalate_to for contact in contacts}
    clear: set[str] = set()
    for start, first in next_of.items():
        path, branches = [start], [iter(first)]
        while path:
            following = next(branches[-1], None)
            if following is None:
                clear.add(path.pop())
                branches.pop()
            elif following in path:
                return (*path[path.index(following) :], following)
            elif following not in clear:
                path.append(following)
                branches.append(iter(next_of.get(following, ())))
    return ()
