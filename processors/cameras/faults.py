"""Camera fault detection: black, overexposed, covered, damaged, blurred, smoke, pyrotechnics, obstructed.

Each picture is assessed twice. By itself: light, structure and focus. Against the camera's baseline: blocks that lost
their usual contrast. Only the second assessment finds smoke, a hand or a drone, which look like any wall without
knowledge of the place. Contrast is relative to brightness (Weber contrast), so that lamps that go out between two songs
are not a fault. The thresholds are those of the venue file.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from processors.cameras.picture import Picture, fit
from processors.cameras.smear import is_made_up
from schemas.camera_faults import CameraFaultThresholds

Fault = Literal[
    "black", "overexposed", "covered", "blurred", "frozen", "smoke", "pyrotechnics", "obstructed", "damaged"
]

THUMBNAIL_SIDE = 320
"""Longer side in pixels to which a picture is reduced before it is assessed."""

ROWS, COLUMNS = 12, 16
"""Blocks of a picture, each with a baseline of its own."""

MAX_BASELINE_PICTURES = 100
"""Good pictures that are counted; beyond, the baseline adapts with the time constant alone."""

MIN_STRUCTURE_CONTRAST = 0.06
"""Relative contrast from which a block has structure to lose."""

SMOKE_CONTRAST = 0.012
"""Relative contrast that remains behind smoke; an object in front of the lens leaves less."""

SAME_BRIGHTNESS = 12.0
"""Change of luma, of 255, up to which a picture that lost contrast is merely out of focus."""

BLUR_LOST_SHARE = 0.7
"""Share of the structured blocks that lose their contrast when the lens is out of focus."""

SMOKE_LOST_SHARE = 0.85
"""Share of the structured blocks from which the loss is everywhere, as with smoke."""


class CameraBaseline(Struct, frozen=True):
    """Usual appearance of a camera's pictures; plain data, about a kilobyte.

    Attributes:
        contrast: relative contrast of each block, row by row; empty before the first good picture.
        brightness: mean luma of each block, 0 to 255.
        focus: focus measure of the whole picture.
        pictures: good pictures so far, counted up to a hundred.
        time: time of the last good picture, seconds.
        faulty_since: time from which the pictures have been faulty, seconds; None while they are good.
    """

    contrast: tuple[float, ...] = ()
    brightness: tuple[float, ...] = ()
    focus: float = 0.0
    pictures: int = field(default=0, name="seen")
    time: float = 0.0
    faulty_since: float | None = None


class Thumbnail(Struct, frozen=True):
    """A picture at the size at which faults and motion are measured.

    Attributes:
        colour: (height, ≤ 320, 3) uint8 RGB.
        luma: (height, ≤ 320) uint8.
    """

    colour: Picture
    luma: NDArray[np.uint8]

    @classmethod
    def from_picture(cls, picture: Picture) -> Thumbnail:
        """Reduce a picture."""
        colour = fit(picture, THUMBNAIL_SIDE)
        return cls(colour, np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8))


class ImageQuality(Struct, frozen=True):
    """Fault of a picture, with the figures that decided.

    Attributes:
        fault: reason why the picture can't be trusted, or None.
        brightness: mean luma, 0 to 255.
        focus: ratio of fine to coarse detail; 0.4 and more is sharp.
        lost: share of the structured blocks that lost their usual contrast; 0 without a baseline.
    """

    fault: Fault | None
    brightness: float
    focus: float
    lost: float


class FaultDetector:
    """Assesses pictures against thresholds; the baseline of the camera is an argument and a return value.

    >>> detector = FaultDetector()
    >>> quality, _ = detector.assess(Thumbnail.from_picture(np.zeros((120, 160, 3), np.uint8)), 0.0, CameraBaseline())
    >>> quality.fault
    'black'
    """

    def __init__(self, settings: CameraFaultThresholds | None = None) -> None:
        """Create it with thresholds; the defaults of the venue file if left out."""
        self.settings = settings or CameraFaultThresholds()

    def assess(
        self, thumbnail: Thumbnail, time: float, baseline: CameraBaseline
    ) -> tuple[ImageQuality, CameraBaseline]:
        """Detect all faults but the frozen one.

        Args:
            thumbnail: the picture, masked.
            time: when it was taken, seconds.
            baseline: of the camera; `CameraBaseline()` at first.

        Returns:
            The quality of the picture, and the next baseline.
        """
        settings, luma = self.settings, thumbnail.luma
        contrast, brightness = block_contrast(luma)
        sharp = focus(luma)
        lost = self._lost(contrast, baseline)
        share = float(lost[0].sum() / max(1.0, lost[1].sum()))
        fault = by_itself = self._by_itself(thumbnail, sharp)
        if fault is None and share >= settings.lost:
            fault = self._against_baseline(thumbnail, contrast, brightness, lost, baseline)
        if fault is None and self._veiled(contrast, brightness, baseline):
            fault = "smoke"
        if fault is None and sharp < settings.softer * baseline.focus:
            fault = "blurred"
        quality = ImageQuality(fault, float(luma.mean()), sharp, share)
        return quality, self._next_baseline(baseline, (contrast, brightness, sharp), time, fault, by_itself)

    def _by_itself(self, thumbnail: Thumbnail, sharp: float) -> Fault | None:
        settings, luma = self.settings, thumbnail.luma
        if float(np.percentile(luma, 99)) < settings.dark:
            return "black"
        burnt = luma >= settings.white
        if float(burnt.mean()) >= settings.burnt:
            return "pyrotechnics" if _warmth(thumbnail.colour[~burnt]) > settings.warm else "overexposed"
        if float(luma.std()) < settings.flat:
            return "covered"
        if is_made_up(thumbnail.colour, luma):
            return "damaged"
        return "blurred" if sharp < settings.soft else None

    def _veiled(self, contrast: NDArray[np.float32], brightness: NDArray[np.float32], baseline: CameraBaseline) -> bool:
        """Return whether nearly all of the picture has less contrast than usual, within blocks and between them.

        Thin smoke leaves some of each. Where people ran off, light and dark places are still where they were.
        """
        if not baseline.contrast:
            return False
        before, light = np.asarray(baseline.contrast, np.float32), np.asarray(baseline.brightness, np.float32)
        shown = before > MIN_STRUCTURE_CONTRAST
        fainter = float((contrast[shown] < self.settings.kept * before[shown]).mean()) if shown.any() else 0.0
        contrast_between = (float(brightness.std()) + 1) / (float(brightness.mean()) + 16)
        usual_contrast_between = (float(light.std()) + 1) / (float(light.mean()) + 16)
        return fainter >= self.settings.veiled and contrast_between < 0.5 * usual_contrast_between

    def _lost(
        self, contrast: NDArray[np.float32], baseline: CameraBaseline
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the blocks that lost their contrast, and the weight of each: 0 without structure, such as a sky."""
        if not baseline.contrast:
            nothing = np.zeros_like(contrast)
            return nothing, nothing
        before = np.asarray(baseline.contrast, np.float32)
        weight = (before > MIN_STRUCTURE_CONTRAST).astype(np.float32)
        gone = (contrast < self.settings.kept * before) & (contrast < self.settings.blank)
        return weight * gone, weight

    def _against_baseline(
        self,
        thumbnail: Thumbnail,
        contrast: NDArray[np.float32],
        brightness: NDArray[np.float32],
        lost: tuple[NDArray[np.float32], NDArray[np.float32]],
        baseline: CameraBaseline,
    ) -> Fault:
        """Return the most likely cause of a loss of contrast; that it is lost is certain, its cause is not."""
        gone, lost_share = lost[0] > 0, float(lost[0].sum() / lost[1].sum())
        changed = brightness[gone] - np.asarray(baseline.brightness, np.float32)[gone]
        if float(np.abs(changed).mean()) < SAME_BRIGHTNESS and lost_share > BLUR_LOST_SHARE:
            return "blurred"
        burnt = thumbnail.luma >= self.settings.white
        if float(burnt.mean()) > 0.5 * float(gone.mean()):
            return "pyrotechnics" if _warmth(thumbnail.colour[~burnt]) > self.settings.warm else "overexposed"
        # Smoke leaves a little contrast almost everywhere; an object has an edge and hides everything behind it.
        everywhere = lost_share > SMOKE_LOST_SHARE
        return "smoke" if everywhere or float(np.median(contrast[gone])) > SMOKE_CONTRAST else "obstructed"

    def _next_baseline(
        self,
        baseline: CameraBaseline,
        now: tuple[NDArray[np.float32], NDArray[np.float32], float],
        time: float,
        fault: Fault | None,
        by_itself: Fault | None,
    ) -> CameraBaseline:
        settings = self.settings
        if fault is not None:
            since = time if baseline.faulty_since is None else baseline.faulty_since
            if by_itself is None and time - since >= settings.relearn_seconds:
                return CameraBaseline()
            return replace(baseline, faulty_since=since)
        contrast, brightness, sharp = now
        if baseline.contrast:
            # The first pictures have equal weights; later ones a weight by the time since the last.
            old = 1 - float(np.exp(-max(0.0, time - baseline.time) / settings.adapt_seconds))
            gain = max(1 / (baseline.pictures + 1), old)
            contrast = gain * contrast + (1 - gain) * np.asarray(baseline.contrast, np.float32)
            brightness = gain * brightness + (1 - gain) * np.asarray(baseline.brightness, np.float32)
            sharp = gain * sharp + (1 - gain) * baseline.focus
        pictures = min(MAX_BASELINE_PICTURES, baseline.pictures + 1)
        return CameraBaseline(tuple(contrast.tolist()), tuple(brightness.tolist()), sharp, pictures, time)


def _warmth(colours: NDArray[np.uint8]) -> float:
    """Return the mean of red minus blue of pixels (n, 3)."""
    return float(colours[:, 0].mean() - colours[:, 2].mean()) if len(colours) else 0.0


def block_contrast(luma: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the relative contrast and mean luma of 12 × 16 blocks.

    The contrast of a block is the mean absolute difference from a 9 × 9 box blur, divided by its brightness, so that
    twice the light gives the same.

    Returns:
        Two arrays (192,) float32, row by row.
    """
    picture = luma.astype(np.float32)
    detail = np.abs(picture - cv2.blur(picture, (9, 9)))
    size = (COLUMNS, ROWS)
    brightness = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).ravel()
    contrast = cv2.resize(detail, size, interpolation=cv2.INTER_AREA).ravel() / (brightness + 16.0)
    return np.asarray(contrast, np.float32), np.asarray(brightness, np.float32)


def focus(luma: NDArray[np.uint8]) -> float:
    """Return the ratio of fine to coarse detail; below about 0.3 no head can be made out.

    The ratio of the standard deviations of two differences of Gaussians (1 and 4 pixels) at 160 pixels of width. A
    ratio, because contrast changes with the light; at a small size, because the sensor's noise is averaged away there.

    >>> patches = np.random.default_rng(0).integers(0, 255, (30, 40), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    >>> focus(np.asarray(cv2.GaussianBlur(patches, (0, 0), 6), np.uint8)) < 0.32 < focus(patches)
    True
    """
    height = max(16, round(luma.shape[0] * 160 / luma.shape[1]))
    small = cv2.resize(luma, (160, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = cv2.GaussianBlur(small, (0, 0), 0.7) - cv2.GaussianBlur(small, (0, 0), 1.4)
    coarse = cv2.GaussianBlur(small, (0, 0), 3.0) - cv2.GaussianBlur(small, (0, 0), 6.0)
    return float(fine.std()) / (float(coarse.std()) + 0.3)
