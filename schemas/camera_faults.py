"""Camera faults: thresholds for the venue or for one camera."""

from __future__ import annotations

from pydantic import Field

from schemas.venue_parts import Part, Share


class CameraFaultThresholds(Part):
    """Thresholds of blind cameras; the defaults were measured with each fault applied to real photographs.

    An old camera that is always a little soft, or one that looks at bare ground, may need its own:
    `pulso evaluate faults FOLDER` says what thresholds would do to the pictures in a folder.
    """

    dark: float = Field(default=26.0, ge=0, le=255, description="luma that 1 pixel in 100 exceeds in a black picture")
    white: float = Field(default=250.0, ge=0, le=255, description="luma from which a pixel has burnt out")
    burnt: Share = Field(default=0.4, description="share of burnt-out pixels from which a picture is overexposed")
    flat: float = Field(default=7.0, ge=0, le=255, description="standard deviation of luma below which it is covered")
    soft: float = Field(default=0.32, ge=0, le=10, description="focus below which no head can be made out")
    softer: Share = Field(default=0.5, description="share of its usual focus below which a picture is blurred")
    kept: Share = Field(default=0.4, description="a block with less of its usual contrast is lost,")
    blank: Share = Field(
        default=0.03, description="if it has less relative contrast than this too; bare asphalt has 0.03 to 0.06"
    )
    lost: Share = Field(default=0.2, description="share of the blocks with structure that may be lost")
    veiled: Share = Field(default=0.7, description="share of the blocks that must be fainter for thin smoke")
    warm: float = Field(default=40.0, ge=0, le=255, description="red minus blue from which light is fire, not a lamp")
    still: float = Field(default=0.02, ge=0, le=255, description="mean difference of luma up to which nothing moved")
    frozen_seconds: float = Field(default=10.0, ge=1, le=3600, description="the same picture for so long is frozen")
    adapt_seconds: float = Field(default=60.0, gt=0, le=86400, description="time in which a view may become usual")
    relearn_seconds: float = Field(
        default=900.0, ge=10, le=86400, description="a view hidden or turned for so long is the camera's new view"
    )
