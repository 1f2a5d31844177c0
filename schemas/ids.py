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
