"""Analysis of one zone in a camera's view over time: smoothed count, level of service, flow and forecast."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from msgspec import Struct, field

from processors.crowd.forecast import ZoneForecaster, chance_to_reach, minutes_to
from processors.crowd.ground_plane import GroundPlane
from processors.crowd.levels import level_of_service
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
from schemas.crowd import CrowdSettings, ExitCrowd, Level, ZoneCount, ZoneFlow, ZoneForecast, ZoneSettings, ZoneUse
from schemas.venue import Venue

MIN_EXIT_DEMAND_SPEED = 0.05
"""Speed towards an exit in m/s from which people want to leave."""

EXIT_DEMAND_SECONDS = 180.0
"""Seconds for which people who flowed towards an exit are assumed to want to leave still."""

JAM_DENSITY = 1.0
"""Density before an exit in persons/m² from which it can be jammed."""

DEFAULT_LEAD_MINUTES = 5.0
"""Lead time of a zone that the venue file does not describe."""

DEFAULT_USE: ZoneUse = "standing"
"""Use of a zone that the venue file does not describe."""


class ZoneState(Struct):
    """Persisted state of a zone in a camera's view; plain data."""

    smoothed: SmoothedCount = field(default_factory=SmoothedCount)
    forecaster: ZoneForecaster = field(default_factory=ZoneForecaster)


class ZoneAnalyzer:
    """Computes the count of a zone from density and motion in one view.

    Attributes:
        area: ground area in the view, m²; None where the venue file does not give it.
    """

    def __init__(self, view: CameraView, venue: Venue, ground: GroundPlane | None) -> None:
        """Create it without measurements.

        Raises:
            GroundError: the view reaches above the horizon.
        """
        self._view, self._ground = view, ground
        self._zone: ZoneSettings | None = next((zone for zone in venue.zones if zone.id == view.zone), None)
        self._settings: CrowdSettings = venue.crowd
        self._full_at = CROWD_DENSITY.settings(venue).raise_at
        self.area = view.area_m2 or (ground.area(view.polygon) if ground else None)
        if self.area is None and self._zone is not None:
            self.area = self._zone.area_m2
        self._pressure: PressureMap | None = None
        self._waves = StopAndGo()
        self._flow_times: dict[str, float] = {}
        self._shape: tuple[int, int] | None = None

    def update(
        self,
        counted: float,
        heads: Floats,
        velocity: Velocity | None,
        time: float,
        state: ZoneState,
        *,
        steady: Velocity | None = None,
    ) -> ZoneCount:
        """Add a picture and return the count of the zone.

        Args:
            counted: heads in the view's polygon.
            heads: (rows, columns) float32, heads in each cell, without padding.
            velocity: (rows, columns, 2) float32, shares of width and height per second; None where it is not known.
            time: seconds.
            state: of this zone in this camera; changed.
            steady: velocity over half a second, in which dancing cancels out, for pressure and exits; `velocity` if
                None.
        """
        settings = self._settings
        state.smoothed = state.smoothed.update(
            counted, time, smoothing_seconds=settings.smoothing_seconds, surge_seconds=settings.surge_seconds
        )
        persons = state.smoothed.value or 0.0
        density = persons / self.area if self.area else None
        flow, inflow = self._flow(heads, velocity, velocity if steady is None else steady, density, time)
        state.forecaster.add(persons, inflow, time)
        ahead = state.forecaster.forecast()
        limit = self._limit()
        lead = self._zone.lead_time_minutes if self._zone else DEFAULT_LEAD_MINUTES
        return ZoneCount(
            zone=self._view.zone,
            persons=persons,
            counted=counted,
            lag_seconds=state.smoothed.lag,
            density=density,
            level_of_service=None if density is None else self._level(density),
            flow=flow,
            forecast=tuple(ZoneForecast(minutes=a.minutes, mean=a.mean, low=a.low, high=a.high) for a in ahead),
            limit=limit,
            limit_chance=chance_to_reach(limit, lead, persons, ahead) if limit and ahead else None,
            minutes_to_limit=minutes_to(limit, persons, ahead) if limit and ahead else None,
        )

    def _level(self, density: float) -> Level | None:
        use = self._zone.use if self._zone else DEFAULT_USE
        return level_of_service(density, use, self._settings.level_of_service)

    def _limit(self) -> float | None:
        """Return the people in the view at which the zone is full."""
        at_density_alert = self._full_at * self.area if self.area else None
        capacity = float(self._zone.capacity) if self._zone else None
        limits = [limit for limit in (at_density_alert, capacity) if limit is not None]
        return min(limits) if limits else None

    def _flow(
        self, heads: Floats, velocity: Velocity | None, steady: Velocity | None, density: float | None, time: float
    ) -> tuple[ZoneFlow | None, float]:
        if velocity is None or steady is None:
            return None, 0.0
        scene = _geometry(tuple(self._view.polygon), heads.shape, self._ground)
        moves = zone_motion(heads, velocity, scene, self._settings)
        if moves is None:
            return None, 0.0
        pressure, jams = self._ground_measures(heads, steady, scene, time)
        waves = 0.0
        if moves.speed is not None:
            waves = self._waves.add(moves.speed, time)
        return self._zone_flow(moves, pressure, jams, waves, density, time), moves.inflow

    def _zone_flow(
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
            # Few people avoid each other: counter-flow matters where they are close.
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
        """Return whether people are close before an exit, want to leave, and hardly move towards it.

        They want to leave if they move slowly towards it, or flowed towards it within the last minutes: an audience
        that stands before an exit is not a jam.
        """
        if jam.speed >= self._settings.exit_speed:
            self._flow_times[jam.exit] = time
            return False
        flowed = self._flow_times.get(jam.exit)
        wanted = jam.speed >= MIN_EXIT_DEMAND_SPEED or (
            flowed is not None and 0 <= time - flowed <= EXIT_DEMAND_SECONDS
        )
        return jam.density >= JAM_DENSITY and wanted

    def _ground_measures(
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
def _geometry(
    polygon: tuple[tuple[float, float], ...], shape: tuple[int, int], ground: GroundPlane | None
) -> ViewGeometry:
    return view_geometry(polygon, shape, ground)
