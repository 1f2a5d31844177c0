"""Camera faults: thresholds for the venue or for one camera."""

from __future__ import annotations

from pydantic import Field

from schemas.venue_parts import Part, Share


class CameraFaultThresholds(Part):
    """Thresholds of camera faults; the defaults were measured with simulated faults on real photographs.

    An old camera that is always a little soft, or one that looks at bare ground, may need its own:
    `pulso evaluate faults FOLDER` shows the effect of thresholds on the pictures in a folder.
    """

    dark: float = Field(
        default=26.0, ge=0, le=255, description="99th percentile of luma below which a picture is black"
    )
    white: float = Field(default=250.0, ge=0, le=255, description="luma from which a pixel is overexposed")
    burnt: Share = Field(default=0.4, description="share of overexposed pixels from which a picture is overexposed")
    flat: float = Field(
        default=7.0, ge=0, le=255, description="standard deviation of luma below which a picture is covered"
    )
    soft: float = Field(
        default=0.32, ge=0, le=10, description="focus (ratio of fine to coarse detail) below which a picture is blurred"
    )
    softer: Share = Field(default=0.5, description="share of the camera's usual focus below which a picture is blurred")
    kept: Share = Field(
        default=0.4,
        description="share of its usual contrast below which a block of the picture is lost (both this and blank)",
    )
    blank: Share = Field(
        default=0.03,
        description="relative contrast below which a block is lost (both this and kept); bare asphalt has 0.03 to 0.06",
    )
    lost: Share = Field(default=0.2, description="share of the blocks with structure from which a loss is a fault")
    veiled: Share = Field(default=0.7, description="share of the blocks that must have lost contrast for thin smoke")
    warm: float = Field(
        default=40.0, ge=0, le=255, description="red minus blue from which bright light is fire and not a lamp"
    )
    still: float = Field(
        default=0.02, ge=0, le=255, description="mean difference of luma up to which two pictures are equal"
    )
    frozen_seconds: float = Field(
        default=10.0, ge=1, le=3600, description="seconds of equal pictures from which a camera is frozen"
    )
    flash_seconds: float = Field(
        default=1.5,
        ge=0,
        le=10,
        description="seconds for which pictures may be faulty, as in a flash, before the camera counts as blind",
    )
    adapt_seconds: float = Field(
        default=60.0, gt=0, le=86400, description="time constant with which the usual view adapts"
    )
    relearn_seconds: float = Field(
        default=900.0,
        ge=10,
        le=86400,
        description="seconds after which a view that stays changed becomes the usual one",
    )
