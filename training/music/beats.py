"""Beat error on synthesised music of known tempo: `python -m training.music.beats`.

Two trackers: that of whole fragments (librosa, in music.tags) and the streaming one that predicts beats (for lights).
F-measure with a window of 70 ms, as MIREX has it; the error is the median distance of matched beats.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from processors.music.audio import Audio
from processors.music.features import NAMES, extract_features, normalise_level
from processors.music.show_frames import ShowFrameStream
from training.music.beat_styles import TUNING, UNSEEN, Style, synthesise

SAMPLE_RATE = 22_050
CLIP_SECONDS = 30.0
MATCH_WINDOW_SECONDS = 0.07
TEMPO_TOLERANCE = 0.04
"""Maximum relative error of a correct tempo, as in MIREX."""
SETTLING_SECONDS = 6.0
"""Seconds at the start in which a streaming tracker is not scored."""


PATTERNS = ("floor", "rock", "struck")
"""Patterns: a kick on each beat; alternating kick and snare with kicks between; chords alone on each beat."""


def synthesise_band(
    tempo: float, seconds: float = CLIP_SECONDS, seed: int = 0, pattern: str = "floor"
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return music of a pattern, with a chord on each bar, and the times of its beats in seconds."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    start = rng.uniform(0.1, 0.6)
    beats = np.arange(start, seconds - 0.1, 60 / tempo)
    sound = np.zeros(len(time))

    def add_sound(seconds_at: float, note: NDArray[np.float64], level: float) -> None:
        first = int(seconds_at * SAMPLE_RATE)
        tail = note[: max(0, len(sound) - first)]
        sound[first : first + len(tail)] += level * tail

    decay = np.arange(int(0.4 * SAMPLE_RATE)) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (50 * decay + 15 * (1 - np.exp(-30 * decay)))) * np.exp(-9 * decay)
    noise = rng.standard_normal(len(decay))
    snare, hat = noise * np.exp(-18 * decay), np.diff(noise, prepend=0) * np.exp(-60 * decay)
    for number, beat in enumerate(beats):
        if pattern == "floor":
            add_sound(beat, kick, 0.5)
            if number % 2:
                add_sound(beat, snare, 0.15)
            add_sound(beat + 30 / tempo, hat, 0.1)
        elif pattern == "rock":
            add_sound(beat, snare if number % 2 else kick, 0.2 if number % 2 else 0.5)
            if number % 4 == 2:
                add_sound(beat + 30 / tempo, kick, 0.4)
            for half in (0, 30 / tempo):
                add_sound(beat + half, hat, 0.08)
        if number % 4 == 0 or pattern == "struck":
            root = 110 * 2 ** (rng.integers(0, 12) / 12)
            chord_time = np.arange(int((60 if pattern == "struck" else 240) / tempo * SAMPLE_RATE)) / SAMPLE_RATE
            chord = sum(np.sin(2 * np.pi * root * ratio * chord_time) for ratio in (1, 1.25, 1.5, 2))
            decay_rate = 4 if pattern == "struck" else 1.5
            add_sound(beat, np.asarray(chord) * np.exp(-decay_rate * chord_time), 0.15 if pattern == "struck" else 0.05)
    sound += 0.005 * rng.standard_normal(len(sound))
    return (sound / np.abs(sound).max() * 0.7).astype(np.float32), beats


def beat_accuracy(predicted: NDArray[np.float64], reference: NDArray[np.float64]) -> tuple[float, float]:
    """Return the F-measure, and the median distance of matched beats in seconds."""
    if not len(predicted) or not len(reference):
        return 0.0, float("nan")
    distances = np.abs(predicted[:, None] - reference[None])
    nearest = distances.min(axis=1)
    matched = int((nearest <= MATCH_WINDOW_SECONDS).sum())
    missed = int((distances.min(axis=0) > MATCH_WINDOW_SECONDS).sum())
    f_measure = 2 * matched / (2 * matched + (len(predicted) - matched) + missed)
    return f_measure, float(np.median(nearest[nearest <= MATCH_WINDOW_SECONDS])) if matched else float("nan")


def live_beats(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the beat times of the streaming tracker in seconds, in frames of 20 ms."""
    frames = ShowFrameStream(SAMPLE_RATE, 50)
    return np.array([0.02 * (number + 1) for number, one in enumerate(frames.feed(sound)) if one.beat])


def measure_styles(styles: Mapping[str, Style], pieces: int) -> None:
    """Print tempo and beats of each style, and of each genre."""
    by_genre: dict[str, list[tuple[float, float]]] = {}
    for name, style in styles.items():
        low, high = style.tempos
        rows = []
        for number in range(pieces):
            tempo = low * (high / low) ** ((number + 0.5) / pieces)
            sound, beats = synthesise(style, tempo, CLIP_SECONDS, 1_000 * number + sum(map(ord, name)))
            features = extract_features(normalise_level(Audio(sound)))
            rows.append((features.tempo / tempo, beat_accuracy(np.array(features.show.beats), beats)[0]))
        by_genre.setdefault(style.genre, []).extend(rows)
        _print_figures(name, rows)
    for genre, rows in by_genre.items():
        _print_figures(f"all {genre}", rows)


def _print_figures(name: str, rows: Sequence[tuple[float, float]]) -> None:
    ratios, f_measures = np.array(rows).T
    octaves = [abs(ratios / octave - 1) < TEMPO_TOLERANCE for octave in (0.5, 2)]
    figures = {
        "pieces": len(rows),
        "tempo_right": float(np.mean(np.abs(ratios - 1) < TEMPO_TOLERANCE)),
        "octave_errors": float(np.mean(octaves[0] | octaves[1])),
        "beat_f_measure": float(f_measures.mean()),
    }
    print(name, json.dumps({key: round(value, 3) for key, value in figures.items()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--live", action="store_true", help="the tracker for lights too, which takes longer")
    parser.add_argument("--styles", action="store_true", help="pieces in several styles of rock and electronic music")
    arguments = parser.parse_args()
    if arguments.styles:
        for title, styles in (("tuning", TUNING), ("unseen", UNSEEN)):
            print(f"{title} styles", flush=True)
            measure_styles(styles, pieces=6)
        return
    for pattern in PATTERNS:
        rows = []
        for tempo in (66.0, 75.0, 90.0, 100.0, 110.0, 120.0, 128.0, 140.0, 150.0, 165.0, 174.0):
            for seed in range(10, 10 + arguments.seeds):
                sound, beats = synthesise_band(tempo, seed=seed, pattern=pattern)
                levelled = normalise_level(Audio(sound))
                features = extract_features(levelled)
                librosa_tempo = 2 ** float(features.vector[NAMES.index("tempo")])
                row = [
                    librosa_tempo / tempo,
                    features.tempo / tempo,
                    *beat_accuracy(np.array(features.show.beats), beats),
                ]
                if arguments.live:
                    live = live_beats(sound)
                    row += beat_accuracy(live[live > SETTLING_SECONDS], beats[beats > SETTLING_SECONDS])
                rows.append(row)
                print(pattern, tempo, seed, [round(float(value), 3) for value in row], flush=True)
        table = np.array(rows)
        names = ["tempo_right_by_librosa", "tempo_right", "beat_f_measure", "beat_error_seconds"]
        values = [
            np.mean(np.abs(table[:, 0] - 1) < TEMPO_TOLERANCE),
            np.mean(np.abs(table[:, 1] - 1) < TEMPO_TOLERANCE),
        ]
        values += [table[:, 2].mean(), np.nanmedian(table[:, 3])]
        if arguments.live:
            names += ["live_beat_f_measure", "live_beat_error_seconds"]
            values += [table[:, 4].mean(), np.nanmedian(table[:, 5])]
        metrics = {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}
        print(pattern, json.dumps({"fragments": len(rows), **metrics}, indent=1), flush=True)


if __name__ == "__main__":
    main()
