"""Motion of a zone: direction, speed, counter-flow, running, scattering, jams at exits, pressure, stop-and-go waves.

Everything is weighted by head density. Speeds, pressure and what derives from them need the ground plane (four points
in the venue file); without it they are None, since pixels per second have no meaning.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.crowd.optical_flow import Velocity
from processors.crowd.view_geometry import Floats, GroundRaster, ViewGeometry
from schemas.crowd import CrowdSettings

MIN_HEADS = 3.0
"""Heads in a zone below which its flow is not reported."""

MIN_RUNNERS = 8.0
"""Heads that must run before scattering is measured: fewer may be children at play."""

WALKING_SPEED_SHARES = 0.012
"""Speed of walking in shares of the picture's width per second, where the ground plane is not configured."""

MIN_AXIS_COSINE = 0.5
"""Cosine to the main axis from which someone walks along it: within 60°."""

MIN_WALKING_SHARE = 0.2
"""Share of the heads that must walk before counter-flow is measured."""

MIN_DIRECTION_SHARE = 0.05
"""Share of the heads that must walk before a direction is reported."""

FULL_SCATTER_RATE = 0.3
"""Rate of expansion in s⁻¹ from which running apart counts fully."""


class ZoneMotion(Struct, frozen=True):
    """Motion of the people in one zone at one moment.

    Attributes:
        direction: degrees in the picture, 0 up and 90 to the right; None while hardly anyone moves.
        speed: mean over all heads in m/s; None without ground.
        moving: share of the heads that walk.
        counter_flow: 0 if all walk one way, 1 if equal numbers walk both ways along the main axis.
        running: share of the heads that run; None without ground.
        scattering: share of the heads that run, times the share of their motion away from one point; None without
            ground.
        inflow: heads per second that enter over the zone's edge, minus those that leave.
    """

    direction: float | None
    speed: float | None
    moving: float
    counter_flow: float
    running: float | None
    scattering: float | None
    inflow: float


def zone_motion(heads: Floats, velocity: Velocity, scene: ViewGeometry, settings: CrowdSettings) -> ZoneMotion | None:
    """Return the motion of one zone at one moment, or None where it holds fewer than three heads.

    Args:
        heads: (rows, columns) float32, heads in each cell.
        velocity: (rows, columns, 2) float32, shares of width and height per second.
        scene: geometry of the view, for maps of this shape.
        settings: speeds from which people walk and run.
    """
    weight = heads * scene.covered
    total = float(weight.sum())
    if total < MIN_HEADS:
        return None
    inflow = float((heads * (velocity * scene.edge).sum(-1)).sum())
    # A picture is wider than it is high, so its shares have different lengths: directions are measured in pixels.
    rows, columns = heads.shape
    in_picture = velocity * np.asarray((1.0, rows / columns), np.float32)
    on_ground = None if scene.metres is None else np.einsum("rcij,rcj->rci", scene.metres, velocity)
    speeds = np.linalg.norm(in_picture if on_ground is None else on_ground, axis=-1)
    walking = weight * (speeds >= (WALKING_SPEED_SHARES if on_ground is None else settings.moving_speed))
    moving = float(walking.sum()) / total
    mean = (walking[..., None] * in_picture).sum((0, 1))
    direction = (
        math.degrees(math.atan2(float(mean[0]), -float(mean[1]))) % 360 if moving >= MIN_DIRECTION_SHARE else None
    )
    if on_ground is None:
        return ZoneMotion(direction, None, moving, _counter_flow(walking, in_picture, total), None, None, inflow)
    runs = weight * (speeds >= settings.running_speed)
    running = float(runs.sum()) / total
    expansion = (
        0.0 if float(runs.sum()) < MIN_RUNNERS or scene.raster is None else _expansion(runs, on_ground, scene.raster)
    )
    return ZoneMotion(
        direction,
        float((weight * speeds).sum()) / total,
        moving,
        _counter_flow(walking, on_ground, total),
        running,
        running * expansion,
        inflow,
    )


def _counter_flow(walking: Floats, velocity: NDArray[np.float32], total: float) -> float:
    """Return the counter-flow: twice the smaller of the shares that walk each way along the main axis.

    The axis is the mean of doubled angles (Mardia and Jupp, Directional Statistics, 2000), in which opposite
    directions coincide. The result is multiplied by the length of that mean, so that crossing streams do not count.
    """
    if float(walking.sum()) < MIN_WALKING_SHARE * total or float(walking.sum()) < MIN_HEADS:
        return 0.0
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    doubled = complex(float((walking * np.cos(2 * angle)).sum()), float((walking * np.sin(2 * angle)).sum()))
    axis = cmath.phase(doubled) / 2
    along = np.cos(angle - axis)
    ahead, back = float(walking[along > MIN_AXIS_COSINE].sum()), float(walking[along < -MIN_AXIS_COSINE].sum())
    # 1 where all walk along the axis, 0 where streams cross at a right angle.
    alignment = abs(doubled) / float(walking.sum())
    return 0.0 if ahead + back == 0 else min(1.0, 2 * min(ahead, back) / (ahead + back) * alignment)


def _expansion(runs: Floats, velocity: NDArray[np.float32], raster: GroundRaster) -> float:
    """Return the degree to which running is an expansion from one point, 0 to 1.

    Weighted least squares of v = k·(r − c) for the rate k and the centre c. The result is the root of the share of the
    squared speed that the fit explains, times min(1, k ÷ 0.3 s⁻¹); whoever runs 4 m/s at 8 m from the centre has
    k = 0.5 s⁻¹. Common motion in one direction remains unexplained, so a stampede, in which distant people seem slower
    than near ones, gives a small value only.

    Args:
        runs: (rows, columns) float32, running heads in each cell.
        velocity: (rows, columns, 2) float32, m/s.
        raster: ground raster of the zone.
    """
    flow = raster.at_points(np.dstack([runs, velocity]).astype(np.float32))
    weight = (flow[:, :, 0] * raster.inside).ravel()[:, None]
    places, speeds = raster.points.reshape(-1, 2), flow[:, :, 1:].reshape(-1, 2)
    total = float(weight.sum())
    if total <= 0:
        return 0.0
    offset = places - (weight * places).sum(0) / total
    change = speeds - (weight * speeds).sum(0) / total
    spread, whole = float((weight * offset**2).sum()), float((weight * speeds**2).sum())
    rate = float((weight * offset * change).sum()) / spread if spread > 0 else 0.0
    if rate <= 0 or whole <= 0:
        return 0.0
    return rate * math.sqrt(spread / whole) * min(1.0, rate / FULL_SCATTER_RATE)


class ExitApproach(Struct, frozen=True):
    """People on the ground before one exit.

    Attributes:
        density: persons/m² within reach of the exit.
        speed: m/s towards the exit, weighted by density; negative when people walk away.
    """

    exit: str
    density: float
    speed: float


def exit_approach(
    exit: str,
    line: Sequence[tuple[float, float]],
    density: Floats,
    velocity: Floats,
    raster: GroundRaster,
    reach: float,
) -> ExitApproach | None:
    """Return density and speed before an exit, or None where no part of the zone is within reach of it.

    Args:
        exit: name of the exit.
        line: the two ends of the exit on the ground, metres.
        density: (height, width) float32, persons/m² at the points of the raster.
        velocity: (height, width, 2) float32, m/s at the points of the raster.
        raster: ground raster of the zone.
        reach: metres from the exit within which people are counted.
    """
    begin, end = np.asarray(line[0], np.float32), np.asarray(line[1], np.float32)
    along = end - begin
    share = ((raster.points - begin) @ along / max(1e-6, float(along @ along))).clip(0, 1)
    way = begin + share[..., None] * along - raster.points
    distance = np.linalg.norm(way, axis=-1)
    near = raster.inside * (distance <= reach)
    if float(near.sum()) == 0:
        return None
    people = near * density
    towards = (velocity * way).sum(-1) / np.maximum(distance, 0.25)
    heads = float(people.sum())
    return ExitApproach(
        exit, heads / float(near.sum()), float((people * towards).sum()) / heads if heads > 1e-6 else 0.0
    )


PRESSURE_SECONDS = 10.0
"""Time constant in seconds of the moments from which the variance of velocity is computed."""

PRESSURE_RADIUS = 1.5
"""Metres around a point over which the variance of velocity is computed."""

PRESSURE_QUANTILE = 0.99
"""Quantile over the zone that is reported, so that a single noisy point does not decide."""


class PressureMap:
    """Crowd pressure P = ρ · Var(v) in s⁻² around each point of a zone (Helbing et al., Phys. Rev. E 75, 2007).

    The variance is over the people within 1.5 m and over the last ten seconds, so that a crowd pushed to and fro
    together counts as much as one in which people are pushed in different directions. The apparent variance of a still
    crowd is subtracted. Below a minimum density P is set to 0, since it is high and meaningless where people have room
    to walk at speeds of their own.
    """

    def __init__(self, raster: GroundRaster, *, noise: float, dense: float) -> None:
        """Create it without measurements.

        Args:
            raster: ground raster of the zone.
            noise: apparent speed of a still crowd, m/s.
            dense: density from which pressure is reported, persons/m².
        """
        self._raster, self._noise, self._dense = raster, noise, dense
        self._moments: Floats | None = None
        self._time = 0.0
        side = 2 * max(1, round(PRESSURE_RADIUS / raster.metres)) + 1
        self._box = (side, side)

    def add(self, density: Floats, velocity: Floats, time: float) -> float:
        """Add a measurement and return the pressure now: the 99 % quantile over the zone, s⁻².

        Args:
            density: (height, width) float32, persons/m² at the points of the raster.
            velocity: (height, width, 2) float32, m/s at the points of the raster.
            time: seconds.
        """
        now = np.dstack([density, density[..., None] * velocity, density * (velocity**2).sum(-1)]).astype(np.float32)
        now *= self._raster.inside[..., None]
        elapsed = time - self._time
        if self._moments is None or not 0 <= elapsed <= 3 * PRESSURE_SECONDS:
            self._moments = now
        else:
            self._moments += (1 - math.exp(-elapsed / PRESSURE_SECONDS)) * (now - self._moments)
        self._time = time
        near = cv2.boxFilter(self._moments, -1, self._box, borderType=cv2.BORDER_CONSTANT)
        ground = cv2.boxFilter(self._raster.inside, -1, self._box, borderType=cv2.BORDER_CONSTANT)
        people = np.maximum(near[:, :, 0], 1e-6)
        variance = near[:, :, 3] / people - (near[:, :, 1:3] ** 2).sum(-1) / people**2 - self._noise**2
        # At the zone's edge the mean is over the visible ground only.
        around = people / np.maximum(ground, 0.25)
        pressure = around * np.maximum(0.0, variance) * (around >= self._dense)
        inside = self._raster.inside > 0
        return float(np.quantile(pressure[inside], PRESSURE_QUANTILE)) if inside.any() else 0.0


WAVE_SECONDS = 60.0
"""Seconds of speeds in which stops are counted."""

MIN_WAVE_SPEEDS = 10
"""Speeds needed before stops are counted."""

MIN_WALK_SPEED = 0.15
"""Upper quartile of the speed in m/s below which nobody walks, so that nothing can stop."""

STOP_SHARE, GO_SHARE = 0.4, 0.75
"""Shares of the walking speed (the upper quartile) below which a crowd has stopped, and from which it walks again."""


class StopAndGo:
    """Counts stop-and-go waves, which precede crowd turbulence (Helbing et al., Phys. Rev. E 75, 2007)."""

    def __init__(self) -> None:
        """Create it without speeds."""
        self._speeds: list[tuple[float, float]] = []

    def add(self, speed: float, time: float) -> float:
        """Add a mean speed in m/s; return how often in the last minute it rose from a stop to a walk.

        >>> waves = StopAndGo()
        >>> speeds = [0.3 + 0.3 * math.sin(2 * math.pi * second / 15) for second in range(60)]
        >>> [waves.add(speed, second) for second, speed in enumerate(speeds)][-1]
        3.0
        """
        if self._speeds and not 0 <= time - self._speeds[-1][0] <= WAVE_SECONDS / 4:
            self._speeds.clear()
        self._speeds = [(at, one) for at, one in self._speeds if time - at < WAVE_SECONDS]
        self._speeds.append((time, speed))
        speeds = [one for _, one in self._speeds]
        walk = float(np.quantile(speeds, 0.75))
        if walk < MIN_WALK_SPEED or len(speeds) < MIN_WAVE_SPEEDS:
            return 0.0
        stopped, rises = False, 0
        for earlier in speeds:
            if earlier <= STOP_SHARE * walk:
                stopped = True
            elif stopped and earlier >= GO_SHARE * walk:
                stopped, rises = False, rises + 1
        return float(rises)
