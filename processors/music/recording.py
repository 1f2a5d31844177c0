"""A whole recording: what its fragments say together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from statistics import median

from msgspec import Struct

from processors.music.audio import Audio
from processors.music.tagger import Tagger


class RecordingTags(Struct, frozen=True):
    """What is heard in a recording.

    Attributes:
        seconds: length.
        loudness: dBFS of all of it.
        tempo: beats per minute, the median of its fragments; 0 when none is heard.
        moods, genres: probabilities by label, means over its fragments by their length; zeros without music.
        key: of most of its fragments; "" where none is clear.
    """

    seconds: float
    loudness: float
    tempo: float
    moods: dict[str, float]
    genres: dict[str, float]
    key: str = ""


def tag_recording(fragments: Iterable[Audio], tagger: Tagger) -> RecordingTags:
    """Listen to all fragments; those that are silent or no music have no say.

    >>> import numpy as np
    >>> tone = Audio(np.sin(np.arange(66_150, dtype=np.float32) / 20))
    >>> song = tag_recording([tone, Audio(np.zeros(22_050, np.float32))], Tagger.load())
    >>> song.seconds, sorted(song.moods)
    (4.0, ['angry', 'happy', 'relax', 'sad'])
    """
    seconds = power = heard = 0.0
    tempos: list[float] = []
    keys: Counter[str] = Counter()
    moods = dict.fromkeys(tagger.mood.card.settings["labels"], 0.0)
    genres = dict.fromkeys(tagger.genre.card.settings["labels"], 0.0)
    for audio in fragments:
        fragment = tagger.listen(audio)
        seconds += fragment.seconds
        power += 10 ** (fragment.loudness / 10) * fragment.seconds
        if fragment.tags is None or not fragment.tags.is_music:
            continue
        heard += fragment.seconds
        if fragment.tags.tempo:
            tempos.append(fragment.tags.tempo)
        if fragment.tags.show is not None and fragment.tags.show.key:
            keys[fragment.tags.show.key] += 1
        for sums, new in ((moods, fragment.tags.moods), (genres, fragment.tags.genres)):
            for name, probability in new.items():
                sums[name] += probability * fragment.seconds
    if heard:
        moods = {name: value / heard for name, value in moods.items()}
        genres = {name: value / heard for name, value in genres.items()}
    loudness = 10 * math.log10(max(power / max(seconds, 1e-9), 1e-12))
    key = keys.most_common(1)[0][0] if keys else ""
    return RecordingTags(seconds, loudness, median(tempos) if tempos else 0.0, moods, genres, key)
