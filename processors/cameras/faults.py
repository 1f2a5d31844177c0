"""Can this picture be believed? Black, blurred, frozen, overexposed, smoke, fire, or something before the lens.

Two questions are asked of each picture. By itself: has it light, structure and focus? Against what the camera
usually shows: which parts have lost their contrast? The second one finds smoke, a hand or a drone, which look like
any wall to somebody who has never seen the place. Contrast is taken relative to brightness (Weber), so that lamps
that go out between two songs are no fault. The thresholds are the venue file's.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from processors.cameras.picture import Picture, fit
from schemas.camera_faults import CameraFaultThresholds

Fault = Literal["black", "overexposed", "covered", "blurred", "frozen", "smoke", "pyrotechnics", "obstructed"]

WIDTH = 320
"""pixels to which a picture is shrunk before it is judged"""

ROWS, COLUMNS = 12, 16
"""blocks of a picture, each with its own usual contrast"""


class CameraBaseline(Struct, frozen=True):
    """What a camera usually shows; plain data, about a kilobyte.

    Attributes:
        contrast: of each block, row by row; empty before the first good picture.
        brightness: mean luma of each block.
        focus: of the whole picture.
        seen: good pictures so far, counted to a hundred.
        time: when the last good picture was taken, seconds.
        faulty_since: when the contrast began to be lost, seconds; None while it is there.
    """

    contrast: tuple[float, ...] = ()
    brightness: tuple[float, ...] = ()
    focus: float = 0.0
    seen: int = 0
    time: float = 0.0
    faulty_since: float | None = None


class Thumbnail(Struct, frozen=True):
    """A picture at the size at which it is judged and at which motion is measured.

    Attributes:
        colour: (height, ≤ 320, 3) uint8 RGB.
        luma: (height, ≤ 320) uint8.
    """

    colour: Picture
    luma: NDArray[np.uint8]

    @classmethod
    def from_picture(cls, picture: Picture) -> Thumbnail:
        """Shrink a picture, once for all who look at it."""
        colour = fit(picture, WIDTH)
        return cls(colour, np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8))


class ImageQuality(Struct, frozen=True):
    """What was found, with the figures that decided.

    Attributes:
        fault: why the picture can't be believed, or None.
        brightness: mean luma, 0 to 255.
        focus: fine for coarse detail; 0.4 and more is sharp.
        lost: share of blocks that lost their usual contrast; 0 while the camera is not known.
    """

    fault: Fault | None
    brightness: float
    focus: float
    lost: float


class FaultDetector:
    """Judges the pictures of any number of cameras; what is remembered of each is given and returned.

    >>> detector = FaultDetector()
    >>> judged, _ = detector.assess(Thumbnail.from_picture(np.zeros((120, 160, 3), np.uint8)), 0.0, CameraBaseline())
    >>> judged.fault
    'black'
    """

    def __init__(self, settings: CameraFaultThresholds | None = None) -> None:
        self.settings = settings or CameraFaultThresholds()

    def assess(self, small: Thumbnail, time: float, usual: CameraBaseline) -> tuple[ImageQuality, CameraBaseline]:
        """Judge one picture of a camera, all faults but the frozen one.

        Args:
            small: the picture, masked.
            time: when it was taken, seconds.
            usual: what is remembered of the camera; `CameraBaseline()` at first.
        """
        settings, luma = self.settings, small.luma
        contrast, brightness = block_contrast(luma)
        sharp = focus(luma)
        lost = self._lost(contrast, usual)
        share = float(lost[0].sum() / max(1.0, lost[1].sum()))
        fault = certain = self._by_itself(small, sharp)
        if fault is None and share >= settings.lost:
            fault = self._against_usual(small, contrast, brightness, lost, usual)
        if fault is None and self._veiled(contrast, brightness, usual):
            fault = "smoke"
        if fault is None and sharp < settings.softer * usual.focus:
            fault = "blurred"
        judged = ImageQuality(fault, float(luma.mean()), sharp, share)
        return judged, self._remember(usual, (contrast, brightness, sharp), time, fault, certain)

    def _by_itself(self, small: Thumbnail, sharp: float) -> Fault | None:
        settings, luma = self.settings, small.luma
        if float(np.percentile(luma, 99)) < settings.dark:
            return "black"
        burnt = luma >= settings.white
        if float(burnt.mean()) >= settings.burnt:
            return "pyrotechnics" if _warmth(small.colour[~burnt]) > settings.warm else "overexposed"
        if float(luma.std()) < settings.flat:
            return "covered"
        return "blurred" if sharp < settings.soft else None

    def _veiled(self, contrast: NDArray[np.float32], brightness: NDArray[np.float32], usual: CameraBaseline) -> bool:
        """Whether nearly all of the picture has less contrast than usual, within blocks and between them.

        Thin smoke leaves some of each. Where people ran off, light and dark places are still where they were.
        """
        if not usual.contrast:
            return False
        before, light = np.asarray(usual.contrast, np.float32), np.asarray(usual.brightness, np.float32)
        shown = before > STRUCTURE
        fainter = float((contrast[shown] < self.settings.kept * before[shown]).mean()) if shown.any() else 0.0
        evened = (float(brightness.std()) + 1) / (float(brightness.mean()) + 16)
        usually = (float(light.std()) + 1) / (float(light.mean()) + 16)
        return fainter >= self.settings.veiled and evened < 0.5 * usually

    def _lost(
        self, contrast: NDArray[np.float32], usual: CameraBaseline
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Which blocks lost their contrast, and how much each counts: a sky has none to lose."""
        if not usual.contrast:
            nothing = np.zeros_like(contrast)
            return nothing, nothing
        before = np.asarray(usual.contrast, np.float32)
        weight = (before > STRUCTURE).astype(np.float32)
        gone = (contrast < self.settings.kept * before) & (contrast < self.settings.blank)
        return weight * gone, weight

    def _against_usual(
        self,
        small: Thumbnail,
        contrast: NDArray[np.float32],
        brightness: NDArray[np.float32],
        lost: tuple[NDArray[np.float32], NDArray[np.float32]],
        usual: CameraBaseline,
    ) -> Fault:
        """Name what took the contrast away; that it is gone is sure, its name is a guess."""
        gone = lost[0] > 0
        changed = brightness[gone] - np.asarray(usual.brightness, np.float32)[gone]
        if float(np.abs(changed).mean()) < SAME_BRIGHTNESS and float(lost[0].sum() / lost[1].sum()) > 0.7:
            return "blurred"
        burnt = small.luma >= self.settings.white
        if float(burnt.mean()) > 0.5 * float(gone.mean()):
            return "pyrotechnics" if _warmth(small.colour[~burnt]) > self.settings.warm else "overexposed"
        # Smoke leaves a little of what is behind it almost everywhere; a hand has an edge and hides all of it.
        everywhere = float(lost[0].sum() / lost[1].sum()) > 0.85
        return "smoke" if everywhere or float(np.median(contrast[gone])) > FAINT else "obstructed"

    def _remember(
        self,
        usual: CameraBaseline,
        now: tuple[NDArray[np.float32], NDArray[np.float32], float],
        time: float,
        fault: Fault | None,
        certain: Fault | None,
    ) -> CameraBaseline:
        settings = self.settings
        if fault is not None:
            since = time if usual.faulty_since is None else usual.faulty_since
            if certain is None and time - since >= settings.relearn_seconds:
                return CameraBaseline()
            return replace(usual, faulty_since=since)
        contrast, brightness, sharp = now
        if usual.contrast:
            # The first pictures weigh alike; after that by the time between them.
            old = 1 - float(np.exp(-max(0.0, time - usual.time) / settings.adapt_seconds))
            gain = max(1 / (usual.seen + 1), old)
            contrast = gain * contrast + (1 - gain) * np.asarray(usual.contrast, np.float32)
            brightness = gain * brightness + (1 - gain) * np.asarray(usual.brightness, np.float32)
            sharp = gain * sharp + (1 - gain) * usual.focus
        seen = min(100, usual.seen + 1)
        return CameraBaseline(tuple(contrast.tolist()), tuple(brightness.tolist()), sharp, seen, time)


STRUCTURE = 0.06
"""relative contrast from which a block shows something"""

FAINT = 0.012
"""relative contrast that is left behind smoke"""

SAME_BRIGHTNESS = 12.0
"""luma by which a picture that is merely out of focus changes at most"""


def _warmth(colours: NDArray[np.uint8]) -> float:
    """Mean of red minus blue of pixels (n, 3)."""
    return float(colours[:, 0].mean() - colours[:, 2].mean()) if len(colours) else 0.0


def block_contrast(luma: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Relative contrast and mean luma of 12 × 16 blocks.

    The contrast of a block is the mean size of what a blur of a few pixels takes away, divided by its brightness,
    so that twice the light gives the same.

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
    """How much fine detail there is for each unit of coarse detail: below about 0.3 no head can be made out.

    The ratio of two differences of Gaussians (1 and 4 pixels) at 160 pixels of width, each by its standard deviation.
    A ratio, because contrast changes with the light; at a small size, because there a sensor's noise is averaged away.

    >>> patches = np.random.default_rng(0).integers(0, 255, (30, 40), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    >>> focus(np.asarray(cv2.GaussianBlur(patches, (0, 0), 6), np.uint8)) < 0.32 < focus(patches)
    True
    """
    height = max(16, round(luma.shape[0] * 160 / luma.shape[1]))
    small = cv2.resize(luma, (160, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = cv2.GaussianBlur(small, (0, 0), 0.7) - cv2.GaussianBlur(small, (0, 0), 1.4)
    coarse = cv2.GaussianBlur(small, (0, 0), 3.0) - cv2.GaussianBlur(small, (0, 0), 6.0)
    return float(fine.std()) / (float(coarse.std()) + 0.3)
