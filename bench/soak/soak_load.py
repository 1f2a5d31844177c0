"""Load of a soak run: a scaled share of three large festivals, and its venue."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.bars import BarSettings, ProductSettings
from schemas.cameras import CameraSettings, CameraView
from schemas.crowd import ZoneSettings
from schemas.ids import BarId, CameraId, ProductId, StageId
from schemas.music import StageSettings
from schemas.venue import Venue
from simulation.evening import BARS_ZONE, FRONT_ZONE, GATE_ZONE

# A large festival, and the number of festivals that make up the full load.
CAMERAS, FRAMES_PER_SECOND = 100, 2.0
TILLS, TICKETS_A_MINUTE = 200, 8.0
"""Number of tills, and tickets per minute of each. Field figure: a till makes 6 to 10 sales per minute."""
MAILS_A_MINUTE = 50.0
STAGES, FRAGMENT_EVERY = 8, 5.0
"""Number of stages, and seconds between fragments of 30 seconds, as a microphone source sends them."""
NUM_FESTIVALS = 3

TILLS_OF_A_BAR = 4
PRODUCTS = tuple(map(ProductId, ("beer", "water", "cola", "gin-tonic", "burger")))
OPENING_STOCK = 400.0
"""Opening stock in units of each product: about twenty minutes of a busy bar, so that stock-out alerts are raised."""
SCENES = (FRONT_ZONE, GATE_ZONE, BARS_ZONE)
"""Zones of the demo that the cameras show in turn."""


@dataclass(frozen=True, slots=True)
class SoakLoad:
    """Total load of each kind of event.

    Attributes:
        shares: share of three large festivals, by kind.
    """

    cameras: int
    tills: int
    mails_a_minute: float
    stages: int
    shares: dict[str, float]

    @classmethod
    def scaled(cls, cameras: float, tills: float, mails: float, stages: float) -> SoakLoad:
        """Return the given shares of three large festivals, at least one source of each kind.

        >>> load = SoakLoad.scaled(0.02, 1, 1, 0.1)
        >>> load.cameras, load.tills, load.mails_a_minute, load.stages, load.bars
        (6, 600, 150.0, 2, 150)
        """
        return cls(
            cameras=max(1, round(CAMERAS * NUM_FESTIVALS * cameras)),
            tills=max(1, round(TILLS * NUM_FESTIVALS * tills)),
            mails_a_minute=MAILS_A_MINUTE * NUM_FESTIVALS * mails,
            stages=max(1, round(STAGES * NUM_FESTIVALS * stages)),
            shares={"cameras": cameras, "tills": tills, "mails": mails, "stages": stages},
        )

    @property
    def bars(self) -> int:
        """Number of bars for the tills."""
        return -(-self.tills // TILLS_OF_A_BAR)

    @property
    def rates(self) -> dict[str, float]:
        """Events per second, by kind."""
        return {
            "cameras": self.cameras * FRAMES_PER_SECOND,
            "tills": self.tills * TICKETS_A_MINUTE / 60,
            "mails": self.mails_a_minute / 60,
            "stages": self.stages / FRAGMENT_EVERY,
        }

    def venue(self) -> Venue:
        """Return the venue of the load; every camera covers a zone of its own."""
        corners = [(0.0, 0.22), (1.0, 0.22), (1.0, 1.0), (0.0, 1.0)]
        zones = [ZoneSettings(id=f"zone-{number:03d}", area_m2=100, capacity=300) for number in range(self.cameras)]
        products = [ProductSettings(id=name, opening_stock=OPENING_STOCK, shelf=2 * OPENING_STOCK) for name in PRODUCTS]
        return Venue(
            name="Soak",
            language="en",
            zones=zones,
            cameras=[
                CameraSettings(
                    id=camera_name(number),
                    frames_per_second=FRAMES_PER_SECOND,
                    views=[CameraView(zone=zone.id, polygon=corners)],
                )
                for number, zone in enumerate(zones)
            ],
            bars=[BarSettings(id=bar_name(number), products=products) for number in range(self.bars)],
            stages=[StageSettings(id=stage_name(number)) for number in range(self.stages)],
        )


def camera_name(number: int) -> CameraId:
    """Return the id in the venue file."""
    return CameraId(f"camera-{number:03d}")


def bar_name(number: int) -> BarId:
    """Return the id in the venue file."""
    return BarId(f"bar-{number:03d}")


def stage_name(number: int) -> StageId:
    """Return the id in the venue file."""
    return StageId(f"stage-{number:02d}")
