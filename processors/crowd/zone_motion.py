"""What the motion of a zone says: where people go, how fast, against each other, in waves, running, or apart.

All of it is weighted by density: where no head is, nothing moves. Speeds, pressure and what derives from them need
the ground (four points in the venue file); without it they are None, since pixels a second have no meaning.
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

FEWEST = 3.0
"""heads in a zone below which a flow says nothing"""

FEWEST_RUNNERS = 8.0
"""heads that must run for it to be more than children at play"""

MOVING_WIDTHS = 0.012
"""shares of the picture's width a second that count as walking where metres are not known"""

AXIS = 0.5
"""cosine to the main axis from which someone walks along it: within 60°"""


SCATTER_RATE = 0.3
"""s⁻¹ at which a crowd that runs apart grows"""


class ZoneMotion(Struct, frozen=True):
    """How the people of one zone move at one moment.

    Attributes:
        direction: degrees in the picture, 0 up and 90 to the right; None while hardly anyone moves.
        speed: m/s, mean over all heads; None without ground.
        moving: share of heads that walk.
        counter_flow: 0 all one way, 1 as many one way as the other, along the main axis of those who walk.
        running: share of heads that run; None without ground.
        scattering: share of heads that run, times the share of their motion that leads away from one point.
        inflow: heads a second that come over the zone's edge, less those that go.
    """

    direction: float | None
    speed: float | None
    moving: float
    counter_flow: float
    running: float | None
    scattering: float | None
    inflow: float


def zone_motion(heads: Floats, velocity: Velocity, scene: ViewGeometry, settings: CrowdSettings) -> ZoneMotion | None:
    """Judge one moment of one zone.

    Args:
        heads: (rows, columns) float32, heads in each cell.
        velocity: (rows, columns, 2) float32, shares of width and height a second.

    Returns:
        None where fewer than three heads are seen.
    """
    weight = heads * scene.covered
    total = float(weight.sum())
    if total < FEWEST:
        return None
    inflow = float((heads * (velocity * scene.edge).sum(-1)).sum())
    # A picture is wider than it is high, so its shares are of different length: directions are taken in pixels.
    rows, columns = heads.shape
    seen = velocity * np.asarray((1.0, rows / columns), np.float32)
    real = None if scene.metres is None else np.einsum("rcij,rcj->rci", scene.metres, velocity)
    speeds = np.linalg.norm(seen if real is None else real, axis=-1)
    walking = weight * (speeds >= (MOVING_WIDTHS if real is None else settings.moving_speed))
    moving = float(walking.sum()) / total
    mean = (walking[..., None] * seen).sum((0, 1))
    direction = math.degrees(math.atan2(float(mean[0]), -float(mean[1]))) % 360 if moving >= 0.05 else None
    if real is None:
        return ZoneMotion(direction, None, moving, _counter_flow(walking, seen, total), None, None, inflow)
    runs = weight * (speeds >= settings.running_speed)
    running = float(runs.sum()) / total
    apart = 0.0 if float(runs.sum()) < FEWEST_RUNNERS or scene.raster is None else _apart(runs, real, scene.raster)
    return ZoneMotion(
        direction,
        float((weight * speeds).sum()) / total,
        moving,
        _counter_flow(walking, real, total),
        running,
        running * apart,
        inflow,
    )


def _counter_flow(walking: Floats, velocity: NDArray[np.float32], total: float) -> float:
    """Twice the smaller of the shares that walk one way and the other, along the main axis of all who walk.

    The axis is the mean of doubled angles (Mardia and Jupp, 2000), in which opposite directions are the same; times
    the length of that mean, so that crossing streams are none.
    """
    if float(walking.sum()) < 0.2 * total or float(walking.sum()) < FEWEST:
        return 0.0
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    doubled = complex(float((walking * np.cos(2 * angle)).sum()), float((walking * np.sin(2 * angle)).sum()))
    axis = cmath.phase(doubled) / 2
    along = np.cos(angle - axis)
    ahead, back = float(walking[along > AXIS].sum()), float(walking[along < -AXIS].sum())
    # How much of an axis there is: 1 where all walk along it, 0 where streams cross at a right angle.
    straight = abs(doubled) / float(walking.sum())
    return 0.0 if ahead + back == 0 else min(1.0, 2 * min(ahead, back) / (ahead + back) * straight)


def _apart(runs: Floats, velocity: NDArray[np.float32], raster: GroundRaster) -> float:
    """How well running away from one point explains the running: v = k·(r − c) with k above 0, fitted for k and c.

    The share of the speed that is growing distance alone, times k ÷ 0.3 s⁻¹ up to 1: who runs 4 m/s at 8 m from the
    point has k = 0.5. The common motion of those who run together in one direction counts against it: where the far
    ones seem slower than the near ones, as they do before a camera, a small k is left of a stampede.
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
    return rate * math.sqrt(spread / whole) * min(1.0, rate / SCATTER_RATE)


class ExitApproach(Struct, frozen=True):
    """The ground before one exit.

    Attributes:
        density: persons/m² within reach of it.
        speed: m/s towards it, weighted by density; negative when people walk away.
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
    """Density and speed on the ground within `reach` metres before an exit; None where the zone has none of that.

    Args:
        line: the two ends of the exit on the ground, metres.
        density: persons/m² at the points of the raster.
        velocity: (height, width, 2), m/s at the points of the raster.
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
"""seconds over which the variance of velocity is taken"""

PRESSURE_RADIUS = 1.5
"""metres around a point over which it is taken"""


class PressureMap:
    """Crowd pressure P = ρ · Var(v) around each point of a zone (Helbing et al., Phys. Rev. E 75, 2007), s⁻².

    The variance is over the people within 1.5 m and the last ten seconds, so that a crowd that is pushed to and fro
    as one counts as much as one in which each is pushed elsewhere. What a still crowd seems to move is taken off.
    Where people have room to walk each at a speed of their own, P is high and means nothing: it is 0 below a density.
    """

    def __init__(self, raster: GroundRaster, *, noise: float, dense: float) -> None:
        """`noise`: m/s that a still crowd seems to move; `dense`: persons/m² from which pressure counts."""
        self._raster, self._noise, self._dense = raster, noise, dense
        self._moments: Floats | None = None
        self._time = 0.0
        side = 2 * max(1, round(PRESSURE_RADIUS / raster.metres)) + 1
        self._box = (side, side)

    def add(self, density: Floats, velocity: Floats, time: float) -> float:
        """Take one moment, at the points of the raster; returns the highest pressure in the zone now."""
        now = np.dstack([density, density[..., None] * velocity, density * (velocity**2).sum(-1)]).astype(np.float32)
        now *= self._raster.inside[..., None]
        passed = time - self._time
        if self._moments is None or not 0 <= passed <= 3 * PRESSURE_SECONDS:
            self._moments = now
        else:
            self._moments += (1 - math.exp(-passed / PRESSURE_SECONDS)) * (now - self._moments)
        self._time = time
        near = cv2.boxFilter(self._moments, -1, self._box, borderType=cv2.BORDER_CONSTANT)
        ground = cv2.boxFilter(self._raster.inside, -1, self._box, borderType=cv2.BORDER_CONSTANT)
        people = np.maximum(near[:, :, 0], 1e-6)
        variance = near[:, :, 3] / people - (near[:, :, 1:3] ** 2).sum(-1) / people**2 - self._noise**2
        # At the zone's edge the mean is over the ground that is seen, not over what lies outside.
        around = people / np.maximum(ground, 0.25)
        pressure = around * np.maximum(0.0, variance) * (around >= self._dense)
        inside = self._raster.inside > 0
        return float(np.quantile(pressure[inside], 0.99)) if inside.any() else 0.0


WAVES_SECONDS = 60.0
"""seconds of speeds in which stops are looked for"""


class StopAndGo:
    """Counts how often a dense crowd stops and goes again: the waves that come before turbulence (Helbing, 2007)."""

    def __init__(self) -> None:
        self._speeds: list[tuple[float, float]] = []

    def add(self, speed: float, time: float) -> float:
        """Take a mean speed in m/s; returns how often in the last minute it rose from a stop to a walk.

        >>> waves = StopAndGo()
        >>> found = [waves.add(0.3 + 0.3 * math.sin(2 * math.pi * second / 15), second) for second in range(60)]
        >>> found[-1]
        3.0
        """
        if self._speeds and not 0 <= time - self._speeds[-1][0] <= WAVES_SECONDS / 4:
            self._speeds.clear()
        self._speeds = [(at, old) for at, old in self._speeds if time - at < WAVES_SECONDS]
        self._speeds.append((time, speed))
        speeds = [old for _, old in self._speeds]
        walk = float(np.quantile(speeds, 0.75))
        if walk < 0.15 or len(speeds) < 10:
            return 0.0
        stopped, rises = False, 0
        for old in speeds:
            if old <= 0.4 * walk:
                stopped = True
            elif stopped and old >= 0.75 * walk:
                stopped, rises = False, rises + 1
        return float(rises)
