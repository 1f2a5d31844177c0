"""Cutting of a stream of sound into pieces of speech, at pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from msgspec import Struct

from processors.captions.voice_activity import SAMPLE_RATE, WINDOW, Samples

MAX_SECONDS = 6.0
"""Longest piece; longer speech is cut where a pause is likeliest."""

WINDOW_SECONDS = WINDOW / SAMPLE_RATE


class CutterSettings(Struct, frozen=True):
    """Limits of the cutter.

    Attributes:
        begin: probability from which speech begins.
        end: probability below which a window counts as a pause.
        pause_seconds: pause that ends a piece.
        short_pause_seconds: pause that ends a piece of `long_seconds` or more.
        margin_seconds: sound before and after the speech that a piece includes.
        min_seconds: shortest speech that becomes a piece; shorter is a click or a cough.
        search_seconds: end of a piece of full length in which the cut is searched.
    """

    begin: float = 0.5
    end: float = 0.35
    pause_seconds: float = 0.5
    short_pause_seconds: float = 0.2
    long_seconds: float = 3.5
    margin_seconds: float = 0.2
    min_seconds: float = 0.25
    max_seconds: float = MAX_SECONDS
    search_seconds: float = 3.0


class SpeechPiece(Struct, frozen=True):
    """Sound of one piece.

    Attributes:
        begin: position of its first sample in the stream.
        end: position behind its last sample.
        samples: −1 to 1.
        spoken_until: position behind the last speech; its end may be some margin later.
    """

    begin: int
    end: int
    samples: Samples
    spoken_until: int


class SpeechCutter:
    """Cuts a stream into pieces of speech.

    Args:
        probabilities: returns the probability of speech of each window of a block, as `VoiceActivityDetector.add`.
    """

    def __init__(self, probabilities: Callable[[Samples], np.ndarray[tuple[int], np.dtype[np.float32]]],
                 settings: CutterSettings | None = None) -> None:  # fmt: skip
        self._probabilities = probabilities
        self._settings = settings or CutterSettings()
        self._sound = np.zeros(0, np.float32)
        self._first = 0
        """Position of the first sample in `_sound`."""
        self._scores: list[float] = []
        """Of the windows since `_first`; `_sound` may end with a part of a window."""
        self._speech: int | None = None
        """Window at which the piece begins, counted from `_first`."""
        self._voiced = 0
        self._last_voiced = 0

    def add(self, samples: Samples) -> Iterator[SpeechPiece]:
        """Add the next samples of the stream; yield the pieces that are complete."""
        self._sound = np.concatenate([self._sound, samples.astype(np.float32, copy=False)])
        known = len(self._scores) * WINDOW
        whole = (len(self._sound) - known) // WINDOW * WINDOW
        for score in self._probabilities(self._sound[known : known + whole]):
            self._scores.append(float(score))
            if (piece := self._step()) is not None:
                yield piece
        self._forget_silence()

    def finish(self) -> Iterator[SpeechPiece]:
        """Yield the piece that the end of the stream completes."""
        if self._speech is not None and (piece := self._piece(self._last_voiced + 1)) is not None:
            yield piece
        self._speech = None

    def _step(self) -> SpeechPiece | None:
        """Judge the last window."""
        settings = self._settings
        window, score = len(self._scores) - 1, self._scores[-1]
        if self._speech is None:
            if score >= settings.begin:
                self._speech = max(0, window - _windows(settings.margin_seconds))
                self._voiced, self._last_voiced = 1, window
            return None
        if score >= settings.end:
            self._voiced += 1
            self._last_voiced = window
        pause = (window - self._last_voiced) * WINDOW_SECONDS
        length = (window + 1 - self._speech) * WINDOW_SECONDS
        is_long = length - pause >= settings.long_seconds
        if pause >= (settings.short_pause_seconds if is_long else settings.pause_seconds):
            return self._cut(self._last_voiced + 1, ended=True)
        if length >= settings.max_seconds:
            return self._cut(self._likeliest_pause(), ended=False)
        return None

    def _likeliest_pause(self) -> int:
        """Return the window of the end of the piece around which speech is least probable."""
        begin = len(self._scores) - _windows(self._settings.search_seconds)
        scores = np.convolve(self._scores[begin:], np.full(3, 1 / 3), mode="same")
        # Of equal ones the latest: what is cut off early waits for the next piece.
        return begin + len(scores) - 2 - int(np.argmin(scores[1:-1][::-1]))

    def _cut(self, window: int, *, ended: bool) -> SpeechPiece | None:
        """End the piece before a window; speech after it, if it has not ended, begins the next piece."""
        piece = self._piece(window, margin=ended)
        if ended:
            self._speech = None
            return piece
        self._speech = window
        voiced = [at for at in range(window, len(self._scores)) if self._scores[at] >= self._settings.end]
        self._voiced = len(voiced)
        self._last_voiced = voiced[-1] if voiced else window
        return piece

    def _piece(self, window: int, *, margin: bool = True) -> SpeechPiece | None:
        if self._speech is None or self._voiced * WINDOW_SECONDS < self._settings.min_seconds:
            return None
        begin = self._speech * WINDOW
        end = min(len(self._sound), (window + (_windows(self._settings.margin_seconds) if margin else 0)) * WINDOW)
        spoken = self._first + min(len(self._sound), window * WINDOW)
        return SpeechPiece(self._first + begin, self._first + end, self._sound[begin:end].copy(), spoken)

    def _forget_silence(self) -> None:
        """Drop sound before the piece, or all but the margin where there is no speech."""
        begin = len(self._scores) - _windows(self._settings.margin_seconds) if self._speech is None else self._speech
        if (begin := max(0, begin)) == 0:
            return
        self._sound = self._sound[begin * WINDOW :]
        self._scores = self._scores[begin:]
        self._first += begin * WINDOW
        self._last_voiced -= begin
        if self._speech is not None:
            self._speech = 0


def _windows(seconds: float) -> int:
    return round(seconds / WINDOW_SECONDS)
