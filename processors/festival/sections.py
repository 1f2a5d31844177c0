"""Acts, sets and map of the venue file, in the form in which tables have them."""

from __future__ import annotations

import dataclasses

import msgspec

from processors.festival.tables import FestivalTables
from schemas.ids import PlaceId, ZoneId
from schemas.programme import PROGRAMME, Act, OtherFestival, ProgrammeSet, ProgrammeSettings
from schemas.routes import PATHS
from schemas.venue import Venue


def sets_of(settings: ProgrammeSettings) -> tuple[ProgrammeSet, ...]:
    """Return the sets of the venue file."""
    return tuple(msgspec.convert(one.model_dump(mode="json"), ProgrammeSet) for one in settings.sets)


def acts_of(settings: ProgrammeSettings) -> tuple[Act, ...]:
    """Return the acts of the venue file."""
    return tuple(msgspec.convert(one.model_dump(mode="json"), Act) for one in settings.acts)


def festivals_of(settings: ProgrammeSettings) -> tuple[OtherFestival, ...]:
    """Return the other festivals of the venue file."""
    return tuple(msgspec.convert(one.model_dump(mode="json"), OtherFestival) for one in settings.festivals)


def with_venue(tables: FestivalTables, venue: Venue) -> FestivalTables:
    """Return the tables of a festival, with the programme and the map of the venue file where a table is missing."""
    programme, paths = venue.section(PROGRAMME), venue.section(PATHS)
    return dataclasses.replace(
        tables,
        acts=tables.acts or {act.id: act for act in acts_of(programme)},
        sets=tables.sets or sets_of(programme),
        places=tables.places or {place.id: place for place in paths.places},
        paths=tables.paths if tables.places else tuple(paths.paths),
    )


def places_of_zones(venue: Venue, places: frozenset[str]) -> dict[ZoneId, tuple[PlaceId, ...]]:
    """Return the places of the map that are in each zone: the one with its id, and the stages that stand in it."""
    named = {zone.id: [PlaceId(zone.id)] for zone in venue.zones}
    for stage in venue.stages:
        if stage.zone is not None:
            named[stage.zone].append(PlaceId(stage.id))
    return {
        zone: found
        for zone, names in named.items()
        if (found := tuple(name for name in dict.fromkeys(names) if name in places))
    }
