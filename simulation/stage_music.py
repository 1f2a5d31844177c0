"""Sound at the stage microphones: synthesised music in the style of each act, crowd noise in breaks, and one failure.

A fragment depends on the seed, the stage and the time only.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from schemas.ids import StageId
from simulation.evening import Act, Evening
from simulation.instruments import RATE, Sound, add_reverb, bass, crowd_noise, distorted, drums, mains_hum, pad, pluck
from simulation.timeline import TimedMedia

MelodyPattern = NDArray[np.int64]
Generator = np.random.Generator

FRAGMENT_SECONDS = 15.0

# Chords as semitones above the key's note; each lasts a bar of four beats.
_MAJOR, _MINOR, _POWER = (0, 4, 7), (0, 3, 7), (0, 7, 12)
_PROGRESSIONS = {
    "happy": ((0, _MAJOR), (7, _MAJOR), (9, _MINOR), (5, _MAJOR)),
    "sad": ((0, _MINOR), (8, _MAJOR), (3, _MAJOR), (7, _MINOR)),
    "angry": ((0, _POWER), (0, _POWER), (1, _POWER), (6, _POWER)),
    "calm": ((0, (0, 4, 7, 11)), (9, (0, 3, 7, 10)), (5, (0, 4, 7, 11)), (7, _MAJOR)),
}
_KEYS = {"happy": 48, "sad": 45, "angry": 40, "calm": 48}


def fragment(evening: Evening, stage: StageId, time: float, seconds: float = FRAGMENT_SECONDS) -> Sound:
    """Return the sound at the microphone of a stage from `time` on.

    Returns:
        float32 [seconds · 24,000], mono, within ±1.
    """
    random = np.random.default_rng([evening.seed, 31, *stage.encode(), int(time * 1000)])
    act = evening.act(stage, time)
    if evening.incident("silence", stage, time):
        return mains_hum(seconds, random)
    if act is None:
        return crowd_noise(seconds, random) * np.float32(0.35)
    music = add_reverb(_music(evening, act, time, seconds), random, seconds=2.4 if act.style == "sad" else 1.2)
    music *= 0.75 / max(1e-6, float(np.abs(music).max()))
    crowd = crowd_noise(seconds, random) * (0.05 if act.style in {"sad", "calm"} else 0.10)
    return np.clip(music + crowd, -1, 1).astype(np.float32)


def encode_opus(sound: Sound) -> bytes:
    """Encode a fragment as Ogg Opus, about 10 KB per second."""
    data = io.BytesIO()
    soundfile.write(data, sound, RATE, format="OGG", subtype="OPUS")
    return data.getvalue()


def recorded_fragment(evening: Evening, stage: StageId, time: float, seconds: float = FRAGMENT_SECONDS) -> TimedMedia:
    """Return the fragment that ends at `time`, encoded as the microphone source sends it."""
    return [(time, encode_opus(fragment(evening, stage, max(0.0, time - seconds), seconds)))]


def _music(evening: Evening, act: Act, time: float, seconds: float) -> Sound:
    """Synthesise the act's chord progression over a fragment; key and melody change from song to song."""
    song = int((time - act.start) // 240)
    random = np.random.default_rng([evening.seed, 32, *act.name.encode(), song])
    tempo = act.beats_per_minute * random.uniform(0.94, 1.06)
    beat = 60 / tempo
    key = _KEYS[act.style] + int(random.integers(-4, 5))
    pattern = random.permutation(8)
    sound = np.zeros(int(seconds * RATE), np.float32)
    for number in range(int(seconds / (4 * beat)) + 1):
        start = number * 4 * beat
        root, chord = _PROGRESSIONS[act.style][number % 4]
        notes = [key + root + step for step in chord]
        _add_bar(sound, act.style, start, beat, notes, pattern, random)
    return sound


def _add_bar(
    sound: Sound, style: str, start: float, beat: float, notes: list[int], pattern: MelodyPattern, random: Generator
) -> None:
    """Add four beats of one chord in the style of the act."""
    {"happy": _add_happy_bar, "angry": _add_angry_bar, "sad": _add_sad_bar}.get(style, _add_calm_bar)(
        sound, start, beat, notes, pattern, random
    )


def _add_happy_bar(
    sound: Sound, start: float, beat: float, notes: list[int], pattern: MelodyPattern, random: Generator
) -> None:
    drums(sound, start, beat, "four", random)
    for eighth in range(8):
        at = start + eighth * beat / 2
        bass(sound, at, beat * 0.45, notes[0] - 12, 0.30)
        if eighth % 2:  # chords between the beats
            for note in notes:
                pad(sound, at, beat * 0.4, note + 12, 0.13, bright=5)
        pluck(sound, at, beat, notes[pattern[eighth] % len(notes)] + 24, 0.16)


def _add_angry_bar(
    sound: Sound, start: float, beat: float, notes: list[int], pattern: MelodyPattern, random: Generator
) -> None:
    drums(sound, start, beat, "double", random)
    for sixteenth in range(16):
        mute = 0.22 if pattern[sixteenth % 8] % 3 else 0.9
        distorted(sound, start + sixteenth * beat / 4, beat / 4, notes, 0.34 * mute + 0.1)
    bass(sound, start, beat * 4, notes[0] - 12, 0.35)


def _add_sad_bar(
    sound: Sound, start: float, beat: float, notes: list[int], pattern: MelodyPattern, _: Generator
) -> None:
    for note in notes:
        pad(sound, start, beat * 4.3, note + 12, 0.15, bright=2)
    bass(sound, start, beat * 3.6, notes[0] - 12, 0.16)
    for quarter in range(4):
        if pattern[quarter] < 6:
            pluck(sound, start + quarter * beat, beat * 3, notes[pattern[quarter] % len(notes)] + 24, 0.20)


def _add_calm_bar(
    sound: Sound, start: float, beat: float, notes: list[int], pattern: MelodyPattern, random: Generator
) -> None:
    for note in notes:
        pad(sound, start, beat * 4.2, note + 12, 0.06, bright=2)
    bass(sound, start, beat * 1.8, notes[0] - 12, 0.14)
    bass(sound, start + 2 * beat, beat * 1.8, notes[2] - 12, 0.12)
    for eighth in range(8):
        pluck(sound, start + eighth * beat / 2, beat * 2, notes[pattern[eighth] % len(notes)] + 12, 0.20)
    drums(sound, start, beat, "brushes", random)
