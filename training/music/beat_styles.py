"""Music of known beats, synthesised in several styles of rock and electronic music, for `training.music.beats`.

A style is a bar of sixteen steps for each drum, a bass line, chords, and a range of tempos in which it is played.
Drummers are off by some milliseconds, electronic music is not. Styles of `TUNING` may be looked at while a tracker is
made; those of `UNSEEN` are for figures only. All of it is our own rendering: recordings are harder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 22_050
STEPS = 16
"""Steps of a bar of four beats."""

Sound = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Style:
    """A way of playing.

    Attributes:
        genre: rock or electronic.
        tempos: least and largest, beats per minute.
        kick, snare, hat: steps of a bar as "x" (played) and "." (not).
        bass: the same of the bass.
        chords: steps at which a chord begins: a guitar in rock, a synthesiser in electronic music.
        jitter: standard deviation of the time of a note, seconds.
        swing: share of a step by which every second step is late.
        drift: largest change of the tempo within a piece, as a share.
    """

    genre: str
    tempos: tuple[float, float]
    kick: str
    snare: str
    hat: str
    bass: str
    chords: str
    jitter: float = 0.006
    swing: float = 0.0
    drift: float = 0.01


def _electronic(tempos: tuple[float, float], *bars: str, swing: float = 0.0) -> Style:
    return Style("electronic", tempos, *bars, jitter=0.0, swing=swing, drift=0.0)


TUNING = {
    "rock in eighths": Style(
        "rock", (84, 172), "x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x.", "x.x.x.x.x.x.x.x.",
        "x.......x.......",
    ),
    "slow rock in sixteenths": Style(
        "rock", (62, 96), "x.......x..x....", "....x.......x...", "xxxxxxxxxxxxxxxx", "x.....x.x.......",
        "x...............",
    ),
    "punk": Style(
        "rock", (150, 196), "x.....x.x.......", "....x.......x...", "x...x...x...x...", "x.x.x.x.x.x.x.x.",
        "x.x.x.x.x.x.x.x.", jitter=0.009,
    ),
    "house": _electronic(
        (116, 130), "x...x...x...x...", "....x.......x...", "..x...x...x...x.", "..x...x...x...x.", "x.....x.....x..."
    ),
    "techno": _electronic(
        (126, 150), "x...x...x...x...", "................", "xxxxxxxxxxxxxxxx", "xxx.xxx.xxx.xxx.", "x.............."
        "."
    ),
    "drum and bass": _electronic(
        (162, 178), "x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x.", "x.........x.....", "x..............."
    ),
}  # fmt: skip
"""Styles that a tracker may be tuned on."""

UNSEEN = {
    "hard rock": Style(
        "rock", (96, 168), "x.x.....x.x..x..", "....x.......x...", "x...x...x...x...", "x.x.x.x.x.x.x.x.",
        "x.x...x.x.x...x.", jitter=0.008,
    ),
    "ballad": Style(
        "rock", (60, 84), "x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x.", "x.......x.......",
        "x.x.x.x.x.x.x.x.", jitter=0.01, drift=0.02,
    ),
    "indie rock": Style(
        "rock", (104, 152), "x...x...x...x...", "....x.......x...", "..x...x...x...x.", "x.x.x.x.x.x.x.x.",
        "x...x...x...x...",
    ),
    "shuffle": Style(
        "rock", (90, 140), "x.......x.....x.", "....x.......x...", "x.x.x.x.x.x.x.x.", "x...x...x...x...",
        "x.......x.......", swing=0.6,
    ),
    "trance": _electronic(
        (132, 144), "x...x...x...x...", "....x.......x...", "..x...x...x...x.", ".xxx.xxx.xxx.xxx", "x..x..x..x..x..."
    ),
    "electro": _electronic(
        (98, 128), "x.....x...x.....", "....x.......x...", "x.xxx.xxx.xxx.xx", "x..x..x.x..x..x.", "x...............",
        swing=0.15,
    ),
    "breakbeat": _electronic(
        (120, 144), "x.....x.....x...", "....x..x.x..x..x", "x.x.x.x.x.x.x.x.", "x.....x.........", "x.......x......."
    ),
}  # fmt: skip
"""Styles on which no choice was made."""


def synthesise(
    style: Style, tempo: float, seconds: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return a piece, (samples,) within ±0.7, and the times of its beats in seconds."""
    random = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * SAMPLE_RATE))
    drums = _Drums(random)
    start = random.uniform(0.1, 0.6)
    last = tempo * (1 + random.uniform(-style.drift, style.drift))
    root = 40 * 2 ** (random.integers(0, 12) / 12)
    fill_every = 8 if style.genre == "rock" else 1_000
    time, step, beats = start, 0, []
    while time < seconds - 0.1:
        now = tempo + (last - tempo) * time / seconds
        place, bar = step % STEPS, step // STEPS
        length = 15 / now
        if place % 4 == 0:
            beats.append(time)
        late = style.swing * length if place % 2 else 0.0
        at = max(0.0, time + late + random.normal(0, style.jitter) if style.jitter else time + late)
        is_fill = style.genre == "rock" and bar % fill_every == fill_every - 1 and place >= 12
        if style.kick[place] == "x" and not is_fill:
            _add(sound, at, drums.kick, 0.55 * random.uniform(0.85, 1))
        if style.snare[place] == "x" or is_fill:
            _add(sound, at, drums.snare, 0.3 * random.uniform(0.8, 1))
        if style.hat[place] == "x":
            _add(sound, at, drums.hat, (0.1 if place % 4 == 0 else 0.07) * random.uniform(0.7, 1))
        pitch = root * 2 ** (((0, 7, 9, 5)[bar % 4]) / 12)
        if style.bass[place] == "x":
            _add(sound, at, _tone(pitch, 1.8 * length, 3, 5.0), 0.16)
        if style.chords[place] == "x":
            _add(sound, at, _chord(4 * pitch, 5 * length, style.genre), 0.07)
        time += length
        step += 1
    sound += 0.004 * random.standard_normal(sound.size)
    return (sound / np.abs(sound).max() * 0.7).astype(np.float32), np.array(beats)


class _Drums:
    """Drums of one piece; their pitch and length differ from piece to piece."""

    def __init__(self, random: np.random.Generator) -> None:
        time = np.arange(int(0.35 * SAMPLE_RATE)) / SAMPLE_RATE
        noise = random.standard_normal(time.size)
        sweep = random.uniform(45, 60) * time + random.uniform(1.5, 3) * (1 - np.exp(-30 * time))
        self.kick = np.sin(2 * np.pi * sweep) * np.exp(-random.uniform(8, 16) * time) + 0.05 * noise * np.exp(
            -300 * time
        )
        body = np.sin(2 * np.pi * random.uniform(170, 230) * time) * np.exp(-22 * time)
        self.snare = 0.5 * body + noise * np.exp(-random.uniform(14, 26) * time)
        self.hat = np.diff(noise, prepend=0) * np.exp(-random.uniform(40, 90) * time)


def _add(sound: Sound, at: float, note: Sound, level: float) -> None:
    first = int(at * SAMPLE_RATE)
    part = sound[first : first + note.size]
    part += level * note[: part.size]


def _tone(frequency: float, seconds: float, harmonics: int, decay: float) -> Sound:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * frequency * number * time) / number for number in range(1, harmonics + 1))
    return np.asarray(wave) * np.exp(-decay * time) * np.minimum(1, time / 0.004)


def _chord(frequency: float, seconds: float, genre: str) -> Sound:
    if genre == "rock":
        power = sum(_tone(frequency * ratio, seconds, 4, 2.5) for ratio in (1, 1.5, 2))
        return np.tanh(3 * np.asarray(power))
    return np.asarray(sum(_tone(frequency * ratio, seconds, 6, 4.0) for ratio in (1, 1.19, 1.5)))
