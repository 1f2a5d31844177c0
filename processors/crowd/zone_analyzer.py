"""One camera's view of one zone over time: smoothed count, flow, forecast."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from msgspec import Struct, field

from processors.crowd.forecast import ZoneForecaster, chance_to_reach, minutes_to
from processors.crowd.ground_plane import GroundPlane
from processors.crowd.level_of_service import level_of_service
from processors.crowd.optical_flow import Velocity
from processors.crowd.rules import CROWD_DENSITY
from processors.crowd.smoothing import SmoothedCount
from processors.crowd.view_geometry import Floats, ViewGeometry, view_geometry
from processors.crowd.zone_motion import (
    ExitApproach,
    PressureMap,
    StopAndGo,
    ZoneMotion,
    exit_approach,
    zone_motion,
)
from schemas.cameras import CameraView
from schemas.crowd import CrowdSettings, ExitCrowd, ZoneCount, ZoneFlow, ZoneForecast, ZoneSettings
from schemas.venue import Venue

CREEP = 0.05
"""m/s towards an exit from which people want out"""

WANTED_SECONDS = 180.0
"""how long those who flowed towards an exit are taken to want out still"""


class ZoneState(Struct):
    """What is remembered of a zone in a camera's view; plain data, that survives a restart."""

    smoothed: SmoothedCount = field(default_factory=SmoothedCount)
    forecaster: ZoneForecaster = field(default_factory=ZoneForecaster)


class ZoneAnalyzer:
    """Turns density and motion of one view into what is told of its zone.

    Attributes:
        memory: what must survive a restart; give it back before the next picture.
    """

    def __init__(self, view: CameraView, venue: Venue, ground: GroundPlane | None) -> None:
        self._view, self._ground = view, ground
        self._zone: ZoneSettings | None = next((zone for zone in venue.zones if zone.id == view.zone), None)
        self._settings: CrowdSettings = venue.crowd
        self._full_at = CROWD_DENSITY.settings(venue).raise_at
        self.area = view.area_m2 or (ground.area(view.polygon) if ground else None)
        if self.area is None and self._zone is not None:
            self.area = self._zone.area_m2
        self._pressure: PressureMap | None = None
        self._waves = StopAndGo()
        self._flowed: dict[str, float] = {}
        self._shape: tuple[int, int] | None = None

    def update(
        self,
        counted: float,
        heads: Floats,
        velocity: Velocity | None,
        time: float,
        memory: ZoneState,
        *,
        steady: Velocity | None = None,
    ) -> ZoneCount:
        """Take one picture.

        Args:
            counted: heads in the view's polygon.
            heads: (rows, columns) float32, without padding.
            velocity: (rows, columns, 2) in shares a second, or None where it is not known.
            time: seconds.
            memory: of this zone in this camera; changed.
            steady: velocity over half a second, without the jumping of a crowd that dances; for pressure and exits.
        """
        settings = self._settings
        memory.smoothed = memory.smoothed.update(
            counted, time, smoothing_seconds=settings.smoothing_seconds, surge_seconds=settings.surge_seconds
        )
        persons = memory.smoothed.value or 0.0
        density = persons / self.area if self.area else None
        flow, inflow = self._flow(heads, velocity, velocity if steady is None else steady, density, time)
        memory.forecaster.add(persons, inflow, time)
        ahead = memory.forecaster.forecast()
        limit = self._limit()
        lead = self._zone.lead_time_minutes if self._zone else 5.0
        return ZoneCount(
            zone=self._view.zone,
            persons=persons,
            counted=counted,
            lag_seconds=memory.smoothed.lag,
            density=density,
            level_of_service=None if density is None else level_of_service(density, settings.level_of_service),
            flow=flow,
            forecast=tuple(ZoneForecast(minutes=a.minutes, mean=a.mean, low=a.low, high=a.high) for a in ahead),
            limit=limit,
            limit_chance=chance_to_reach(limit, lead, persons, ahead) if limit and ahead else None,
            minutes_to_limit=minutes_to(limit, persons, ahead) if limit and ahead else None,
        )

    def _limit(self) -> float | None:
        """People at which the zone is full, in what the camera sees of it."""
        crowded = self._full_at * self.area if self.area else None
        capacity = float(self._zone.capacity) if self._zone else None
        known = [limit for limit in (crowded, capacity) if limit is not None]
        return min(known) if known else None

    def _flow(
        self, heads: Floats, velocity: Velocity | None, steady: Velocity | None, density: float | None, time: float
    ) -> tuple[ZoneFlow | None, float]:
        if velocity is None or steady is None:
            return None, 0.0
        scene = _scene(tuple(self._view.polygon), heads.shape, self._ground)
        moves = zone_motion(heads, velocity, scene, self._settings)
        if moves is None:
            return None, 0.0
        pressure, jams = self._on_the_ground(heads, steady, scene, time)
        waves = 0.0
        if moves.speed is not None:
            waves = self._waves.add(moves.speed, time)
        return self._told(moves, pressure, jams, waves, density, time), moves.inflow

    def _told(
        self,
        moves: ZoneMotion,
        pressure: float | None,
        jams: list[ExitApproach],
        waves: float,
        density: float | None,
        time: float,
    ) -> ZoneFlow:
        settings = self._settings
        dense = density is not None
        return ZoneFlow(
            direction=moves.direction,
            speed=moves.speed,
            moving=min(1.0, moves.moving),
            # Few people dodge each other: it matters where they are close.
            counter_flow=moves.counter_flow if not dense or (density or 0) >= settings.counter_flow_density else 0.0,
            inflow=60 * moves.inflow,
            pressure=pressure,
            stop_and_go=waves if (density or 0) >= settings.stop_and_go_density else 0.0,
            running=moves.running,
            scattering=moves.scattering,
            exits=tuple(
                ExitCrowd(exit=jam.exit, density=jam.density, speed=jam.speed, jammed=self._jammed(jam, time))
                for jam in jams
            ),
        )

    def _jammed(self, jam: ExitApproach, time: float) -> bool:
        """People are close before an exit, want out, and hardly move towards it.

        They want out if they creep towards it, or flowed towards it within the last minutes: an audience that stands
        before an exit is no jam.
        """
        if jam.speed >= self._settings.exit_speed:
            self._flowed[jam.exit] = time
            return False
        wanted = jam.speed >= CREEP or 0 <= time - self._flowed.get(jam.exit, -1e18) <= WANTED_SECONDS
        return jam.density >= 1.0 and wanted

    def _on_the_ground(
        self, heads: Floats, velocity: Velocity, scene: ViewGeometry, time: float
    ) -> tuple[float | None, list[ExitApproach]]:
        raster, ground = scene.raster, self._ground
        if raster is None or ground is None or scene.metres is None or scene.cell_area is None:
            return None, []
        if self._pressure is None or self._shape != heads.shape:
            self._pressure, self._shape = (
                PressureMap(raster, noise=self._settings.velocity_noise, dense=self._settings.pressure_density),
                heads.shape,
            )
        density = np.where(scene.cell_area > 0, heads / np.maximum(scene.cell_area, 1e-6), 0).astype(np.float32)
        real = np.einsum("rcij,rcj->rci", scene.metres, velocity).astype(np.float32)
        above = raster.at_points(np.dstack([density, real]))
        people, speeds = above[:, :, 0], above[:, :, 1:]
        jams = []
        for exit in self._view.exits:
            ends = ground.to_metres(np.asarray(exit.line, float))
            line = [(float(x), float(y)) for x, y in ends]
            jam = exit_approach(exit.exit, line, people, speeds, raster, self._settings.exit_reach)
            if jam is not None:
                jams.append(jam)
        return self._pressure.add(people, speeds, time), jams


@lru_cache(maxsize=512)
def _scene(
    polygon: tuple[tuple[float, float], ...], shape: tuple[int, int], ground: GroundPlane | None
) -> ViewGeometry:
    return view_geometry(polygon, shape, ground)
