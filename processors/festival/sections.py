"""Acts and sets of the venue file, in the form in which they are sent."""

from __future__ import annotations

import msgspec

from schemas.programme import Act, ProgrammeSet, ProgrammeSettings


def sets_of(settings: ProgrammeSettings) -> tuple[ProgrammeSet, ...]:
    """Return the sets of the venue file."""
    return tuple(msgspec.convert(one.model_dump(mode="json"), ProgrammeSet) for one in settings.sets)


def acts_of(settings: ProgrammeSettings) -> tuple[Act, ...]:
    """Return the acts of the venue file."""
    return tuple(msgspec.convert(one.model_dump(mode="json"), Act) for one in settings.acts)
