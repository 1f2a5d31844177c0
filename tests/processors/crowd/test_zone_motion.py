"""Motion of zones and gates on synthetic velocity fields of known truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.attendance.gate_line import GateLine
from processors.crowd.ground_plane import GroundPlane
from processors.crowd.view_geometry import ViewGeometry, view_geometry
from processors.crowd.zone_motion import PressureMap, exit_approach, zone_motion
from schemas.attendance import GateSettings
from schemas.crowd import CrowdSettings

SHAPE = (60, 80)
WHOLE_PICTURE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
OVERHEAD = GroundPlane.from_points(WHOLE_PICTURE, [(0, 15), (20, 15), (20, 0), (0, 0)])
"""Ground of 20 × 15 m seen from straight above, with cells of 0.25 m."""
PICTURE_UNITS_PER_METRE = np.asarray((1 / 20, -1 / 15), np.float32)
SETTINGS = CrowdSettings()


def geometry() -> ViewGeometry:
    return view_geometry(WHOLE_PICTURE, SHAPE, OVERHEAD)


def uniform_heads(density: float) -> NDArray[np.float32]:
    """Return heads in each cell for a density in persons/m²."""
    return np.full(SHAPE, density / 16, np.float32)


def uniform_velocity(right: float, away: float) -> NDArray[np.float32]:
    """Return a uniform velocity field, given m/s to the right and away."""
    return np.broadcast_to(np.asarray((right, away), np.float32) * PICTURE_UNITS_PER_METRE, (*SHAPE, 2)).astype(
        np.float32
    )


def test_motion_of_one_way_stream() -> None:
    motion = zone_motion(uniform_heads(2), uniform_velocity(1.0, 0.0), geometry(), SETTINGS)
    assert motion is not None
    assert motion.speed == pytest.approx(1.0, rel=0.01)
    assert motion.direction == pytest.approx(90, abs=1)
    assert motion.moving == 1 and motion.counter_flow == 0 and motion.running == 0


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.25, 0.5), (0.0, 0.0)])
def test_counter_flow_is_twice_the_smaller_share(share: float, expected: float) -> None:
    velocity = uniform_velocity(1.0, 0.2)
    velocity[: int(share * SHAPE[0])] *= -1
    motion = zone_motion(uniform_heads(2), velocity, geometry(), SETTINGS)
    assert motion is not None and motion.counter_flow == pytest.approx(expected, abs=0.02)


def test_crossing_streams_have_no_counter_flow() -> None:
    velocity = uniform_velocity(1.0, 0.0)
    velocity[:30] = uniform_velocity(0.0, 1.0)[:30]
    motion = zone_motion(uniform_heads(2), velocity, geometry(), SETTINGS)
    assert motion is not None and motion.counter_flow == pytest.approx(0, abs=1e-6)


def test_standing_crowd_has_no_direction() -> None:
    motion = zone_motion(uniform_heads(4), uniform_velocity(0.05, 0.05), geometry(), SETTINGS)
    assert motion is not None and motion.direction is None and motion.moving == 0


def test_motion_is_none_below_three_heads() -> None:
    assert zone_motion(uniform_heads(0.005), uniform_velocity(1, 0), geometry(), SETTINGS) is None


def test_inflow_counts_people_crossing_edge() -> None:
    half = view_geometry([(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)], SHAPE, OVERHEAD)
    heads = uniform_heads(2)
    heads[:, -12:] = 0  # no outflow at the far side
    motion = zone_motion(heads, uniform_velocity(1.0, 0.0), half, SETTINGS)
    assert motion is not None and motion.inflow == pytest.approx(2 * 15 * 1.0, rel=0.05)


def radial_velocity(speed: float) -> NDArray[np.float32]:
    """Return a velocity field in which everyone runs away from the middle."""
    x, y = np.meshgrid((np.arange(80) + 0.5) / 4 - 10, 7.5 - (np.arange(60) + 0.5) / 4)
    away = np.dstack([x, y]) / np.maximum(np.hypot(x, y), 0.5)[..., None]
    return (away * speed * PICTURE_UNITS_PER_METRE).astype(np.float32)


def test_scattering_needs_running_apart() -> None:
    together = zone_motion(uniform_heads(1), uniform_velocity(4.0, 1.0), geometry(), SETTINGS)
    assert together is not None and together.running == 1
    assert together.scattering == pytest.approx(0, abs=0.05)
    scattered = zone_motion(uniform_heads(1), radial_velocity(4.0), geometry(), SETTINGS)
    assert scattered is not None and scattered.scattering is not None and scattered.scattering > 0.7
    gathering = zone_motion(uniform_heads(1), -radial_velocity(4.0), geometry(), SETTINGS)
    assert gathering is not None and gathering.scattering == 0
    strolling = zone_motion(uniform_heads(1), radial_velocity(1.0), geometry(), SETTINGS)
    assert strolling is not None and strolling.scattering == 0


def pressure_of(density: float, spread: float, *, together: bool) -> float:
    """Return the pressure after 20 s of velocities with a standard deviation of `spread` m/s in each direction."""
    raster = geometry().raster
    assert raster is not None
    random, pressure_map, pressure = np.random.default_rng(0), PressureMap(raster, noise=0.05, dense=4.5), 0.0
    for second in range(40):
        drawn = random.normal(0, spread, (1, 1, 2) if together else (*raster.inside.shape, 2)).astype(np.float32)
        velocity = np.broadcast_to(drawn, (*raster.inside.shape, 2))
        pressure = pressure_map.add(np.full(raster.inside.shape, density, np.float32), velocity, float(second))
    return pressure


@pytest.mark.parametrize("together", [True, False])
def test_pressure_is_density_times_velocity_variance(together: bool) -> None:
    expected = 5.0 * (2 * 0.1**2 - 0.05**2)
    assert pressure_of(5.0, 0.1, together=together) == pytest.approx(expected, rel=0.75)
    assert pressure_of(5.0, 0.1, together=together) >= 0.02 > pressure_of(5.0, 0.03, together=together)


def test_pressure_is_zero_below_density() -> None:
    assert pressure_of(2.0, 0.3, together=False) == 0


@pytest.mark.parametrize(("speed", "density"), [(0.2, 3.0), (0.8, 1.5)])
def test_exit_approach_measures_density_and_speed(speed: float, density: float) -> None:
    raster = geometry().raster
    assert raster is not None
    people = np.full(raster.inside.shape, 0.2, np.float32)
    people[raster.points[..., 1] > 11] = density
    towards = np.zeros((*raster.inside.shape, 2), np.float32)
    towards[..., 1] = speed
    jam = exit_approach("north", [(5.0, 15.0), (15.0, 15.0)], people, towards, raster, 4.0)
    assert jam is not None
    assert jam.density == pytest.approx(density, rel=0.1)
    assert jam.speed == pytest.approx(speed, rel=0.15)


@pytest.mark.parametrize("speed", [0.5, 1.3, 2.6])
def test_gate_counts_walkers_at_any_speed(speed: float) -> None:
    """Move one walker across the line, in a picture of 20 × 15 m."""
    line = GateLine.of(GateSettings(id="g", line=[(0.5, 0.0), (0.5, 1.0)], inwards=(0.9, 0.5), band=0.06), SHAPE)
    entered = left = 0.0
    for second in np.arange(0, 20 / speed, 0.5):
        heads = np.zeros(SHAPE, np.float32)
        column = int(speed * second * 4)
        if column < SHAPE[1]:
            heads[30, column] = 1.0
        rates = line.rates(heads, uniform_velocity(speed, 0.0))
        entered, left = entered + 0.5 * rates[0], left + 0.5 * rates[1]
    assert entered == pytest.approx(1.0, abs=0.45) and left == 0


def test_gate_counts_stream_exactly() -> None:
    line = GateLine.of(GateSettings(id="g", line=[(0.5, 0.2), (0.5, 0.8)], inwards=(0.1, 0.5), band=0.06), SHAPE)
    entered, left = line.rates(uniform_heads(1.5), uniform_velocity(1.0, 0.0))
    assert entered == 0 and left == pytest.approx(1.5 * 0.6 * 15 * 1.0, rel=0.03)
