"""Tags of a whole recording, from those of its fragments."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from statistics import median

from msgspec import Struct

from processors.music.audio import Audio
from processors.music.tagger import Tagger


class RecordingTags(Struct, frozen=True):
    """Tags of a recording.

    Attributes:
        seconds: length.
        loudness: dBFS of the whole recording.
        tempo: beats per minute, the median of its fragments; 0 where there is no beat.
        moods: probabilities by label, means over the fragments weighted by length; zeros without music.
        genres: probabilities by label, as `moods`.
        key: most frequent key of its fragments; empty where none is clear.
    """

    seconds: float
    loudness: float
    tempo: float
    moods: dict[str, float]
    genres: dict[str, float]
    key: str = ""


def tag_recording(fragments: Iterable[Audio], tagger: Tagger) -> RecordingTags:
    """Analyse all fragments; silent ones and those without music have no weight in the labels.

    >>> import numpy as np
    >>> tone = Audio(np.sin(np.arange(66_150, dtype=np.float32) / 20))
    >>> song = tag_recording([tone, Audio(np.zeros(22_050, np.float32))], Tagger.load())
    >>> song.seconds, sorted(song.moods)
    (4.0, ['angry', 'happy', 'relax', 'sad'])
    """
    seconds = power = music_seconds = 0.0
    tempos: list[float] = []
    keys: Counter[str] = Counter()
    moods = dict.fromkeys(tagger.mood.card.settings["labels"], 0.0)
    genres = dict.fromkeys(tagger.genre.card.settings["labels"], 0.0)
    for audio in fragments:
        fragment = tagger.analyze(audio)
        seconds += fragment.seconds
        power += 10 ** (fragment.loudness / 10) * fragment.seconds
        if fragment.tags is None or not fragment.tags.is_music:
            continue
        music_seconds += fragment.seconds
        if fragment.tags.tempo:
            tempos.append(fragment.tags.tempo)
        if fragment.tags.show is not None and fragment.tags.show.key:
            keys[fragment.tags.show.key] += 1
        for sums, new in ((moods, fragment.tags.moods), (genres, fragment.tags.genres)):
            for name, probability in new.items():
                sums[name] += probability * fragment.seconds
    if music_seconds:
        moods = {name: value / music_seconds for name, value in moods.items()}
        genres = {name: value / music_seconds for name, value in genres.items()}
    loudness = 10 * math.log10(max(power / max(seconds, 1e-9), 1e-12))
    key = keys.most_common(1)[0][0] if keys else ""
    return RecordingTags(seconds, loudness, median(tempos) if tempos else 0.0, moods, genres, key)
