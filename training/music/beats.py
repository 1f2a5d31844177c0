"""Beat error on synthesised music of known tempo: `python -m training.music.beats`.

Two trackers: the one over whole fragments (librosa, in music.tags) and the one that foresees beats live (for lights).
F-measure with a window of 70 ms, as MIREX has it; the error is the median distance of matched beats.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from processors.music.audio import Audio
from processors.music.features import hear, levelled
from processors.music.frames import Frames

RATE = 22_050
SECONDS = 30.0
WINDOW = 0.07
SETTLED = 6.0
"""seconds after which a live tracker is judged"""


def band(tempo: float, seconds: float = SECONDS, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Kick on each beat, snare on every second, hats between, chords on each bar; and the beats' times."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    start = random.uniform(0.1, 0.6)
    beats = np.arange(start, seconds - 0.1, 60 / tempo)
    sound = np.zeros(len(time))

    def strike(at: float, what: NDArray[np.float64], level: float) -> None:
        first = int(at * RATE)
        part = what[: max(0, len(sound) - first)]
        sound[first : first + len(part)] += level * part

    decay = np.arange(int(0.4 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 * decay + 15 * (1 - np.exp(-30 * decay)))) * np.exp(-9 * decay)
    noise = random.standard_normal(len(decay))
    for number, beat in enumerate(beats):
        strike(beat, kick, 0.5)
        if number % 2:
            strike(beat, noise * np.exp(-18 * decay), 0.15)
        strike(beat + 30 / tempo, np.diff(noise, prepend=0) * np.exp(-60 * decay), 0.1)
        if number % 4 == 0:
            root = 110 * 2 ** (random.integers(0, 12) / 12)
            long = np.arange(int(240 / tempo * RATE)) / RATE
            chord = sum(np.sin(2 * np.pi * root * ratio * long) for ratio in (1, 1.25, 1.5, 2))
            strike(beat, np.asarray(chord) * np.exp(-1.5 * long), 0.05)
    sound += 0.005 * random.standard_normal(len(sound))
    return (sound / np.abs(sound).max() * 0.7).astype(np.float32), beats


def compared(found: NDArray[np.float64], true: NDArray[np.float64]) -> tuple[float, float]:
    """F-measure, and the median distance of what was matched in seconds."""
    if not len(found) or not len(true):
        return 0.0, float("nan")
    distances = np.abs(found[:, None] - true[None])
    near = distances.min(axis=1)
    hits = int((near <= WINDOW).sum())
    missed = int((distances.min(axis=0) > WINDOW).sum())
    f = 2 * hits / (2 * hits + (len(found) - hits) + missed)
    return f, float(np.median(near[near <= WINDOW])) if hits else float("nan")


def live_beats(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Times of the live tracker, frames of 20 ms."""
    frames = Frames(RATE, 50)
    return np.array([0.02 * (number + 1) for number, one in enumerate(frames.feed(sound)) if one.beat])


def main() -> None:
    rows = []
    for tempo in (75.0, 90.0, 100.0, 110.0, 120.0, 128.0, 140.0, 150.0, 174.0):
        for seed in range(3):
            sound, beats = band(tempo, seed=seed)
            heard = hear(levelled(Audio(sound)))
            f, error = compared(np.array(heard.show.beats), beats)
            live = live_beats(sound)
            live_f, live_error = compared(live[live > SETTLED], beats[beats > SETTLED])
            rows.append((tempo, heard.tempo / tempo - 1, f, error, live_f, live_error))
            print(tempo, seed, [round(float(value), 3) for value in rows[-1][1:]], flush=True)
    table = np.array(rows)
    print(
        json.dumps(
            {
                "fragments": len(rows),
                "tempo_within_4_percent": float(np.mean(np.abs(table[:, 1]) < 0.04)),
                "beat_f_measure": float(table[:, 2].mean()),
                "beat_error_seconds": float(np.nanmedian(table[:, 3])),
                "live_beat_f_measure": float(table[:, 4].mean()),
                "live_beat_error_seconds": float(np.nanmedian(table[:, 5])),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
