"""Types of identifiers: text by which the venue file, events and stores name things.

They are distinct for the type checker only, so that a bar's id is not taken for a camera's: `BarId("north")` is a str.
"""

from __future__ import annotations

from typing import NewType

BarId = NewType("BarId", str)
"""Id of a bar in the venue file."""

CameraId = NewType("CameraId", str)
"""Id of a camera in the venue file."""

MailboxId = NewType("MailboxId", str)
"""Id of a mailbox in the venue file."""

StageId = NewType("StageId", str)
"""Id of a stage in the venue file."""

GateId = NewType("GateId", str)
"""Id of a gate in the venue file."""

QueueId = NewType("QueueId", str)
"""Id of a queue in the venue file."""

ZoneId = NewType("ZoneId", str)
"""Name of a zone of the venue."""

ProductId = NewType("ProductId", str)
"""Id of a product of a bar."""

AlertId = NewType("AlertId", str)
"""Id of one alert, from the moment it is raised until it is resolved."""

AlertKey = NewType("AlertKey", str)
"""Rule and subject of an alert: the same each time it is raised."""

EventId = NewType("EventId", str)
"""CloudEvents id of a record."""

FestivalId = NewType("FestivalId", str)
"""Id of another festival in the programme."""

ActId = NewType("ActId", str)
"""Id of an act in the programme."""

SetId = NewType("SetId", str)
"""Id of one performance of an act; it stays the same when the set is moved."""

PlaceId = NewType("PlaceId", str)
"""Id of a place on the map of paths: a stage, a service or a junction."""

ListenerId = NewType("ListenerId", str)
"""Pseudonym of an attendee."""

SignId = NewType("SignId", str)
"""Id of a sign in the venue file."""

SignCommandId = NewType("SignCommandId", str)
"""Id of one command of what a sign shows, from its proposal until it is withdrawn."""

CaptionId = NewType("CaptionId", str)
"""Id of a line of captions; its corrections have the same."""
