"""Mood and genre of a fragment of music."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.inference import Model, ModelError, open_model
from processors.music.audio import Audio
from processors.music.features import VERSION, hear
from processors.music.log_mel import patches

Rows = NDArray[np.float32]

MUSIC_LIMIT = 0.1
"""`Tags.music` below which a fragment is no music."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What the models say of one fragment.

    Attributes:
        moods, genres: probabilities by label.
        tempo: beats per minute, 0 when none is heard.
        music: how much it sounds like music, 0…1.
    """

    moods: dict[str, float]
    genres: dict[str, float]
    tempo: float
    music: float = 1.0

    @property
    def is_music(self) -> bool:
        """Whether mood and genre mean anything: a crowd that talks has neither."""
        return self.music >= MUSIC_LIMIT


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment, listened to: all that a stage's state needs of it.

    Attributes:
        seconds: length.
        loudness: dBFS of all of it.
        recent_loudness: dBFS of its last seconds.
        tags: None when it is silent, and not worth a model's time.
    """

    seconds: float
    loudness: float
    recent_loudness: float
    tags: Tags | None


def joined(heard: Rows, means: Rows, spreads: Rows) -> Rows:
    """One row a fragment for the classifiers; roots, since embeddings have a long tail.

    Args:
        heard: (n, 150) librosa features.
        means, spreads: (n, 1024) of the embeddings over time, nowhere negative.
    """
    return np.hstack([heard, np.sqrt(means), np.sqrt(spreads)]).astype(np.float32)


class Tagger:
    """Tags fragments; safe to use from several threads.

    >>> tags = Tagger.load().tag(Audio(np.sin(np.arange(44_100, dtype=np.float32) / 20)))
    >>> sorted(tags.moods), round(sum(tags.genres.values()), 3)
    (['angry', 'happy', 'relax', 'sad'], 1.0)
    """

    def __init__(self, sound: Model, mood: Model, genre: Model) -> None:
        """Raises ModelError if a classifier was trained on other features than these."""
        for model in (mood, genre):
            if model.card.settings.get("features") != VERSION:
                raise ModelError(
                    f"{model.folder}: trained on features {model.card.settings.get('features')}, these are {VERSION}; "
                    f"run `{model.card.made_by}`"
                )
        self.sound, self.mood, self.genre = sound, mood, genre

    @classmethod
    def load(cls, *, threads: int = 1) -> Tagger:
        """The shipped models, checked against their cards.

        Raises:
            ModelError: a model folder is incomplete or does not match its card.
        """
        sound, mood, genre = (open_model(name, threads=threads) for name in ("sound", "mood", "genre"))
        return cls(sound, mood, genre)

    @property
    def identity(self) -> str:
        """Names and hashes of the models, as results quote them."""
        return f"{self.mood.identity} {self.genre.identity}"

    def listen(self, audio: Audio) -> Fragment:
        """Tag a fragment unless it is silent; about 0.15 s for 30 s of sound, so call it beside an event loop."""
        tags = None if audio.silent else self.tag(audio)
        return Fragment(audio.seconds, audio.loudness, audio.recent_loudness, tags)

    def tag(self, audio: Audio) -> Tags:
        """Mood, genre and tempo."""
        heard = hear(audio)
        embeddings = self.sound.session.run(["embeddings"], {"patches": patches(audio.samples)})[0]
        row = joined(heard.vector[None], embeddings.mean(axis=0)[None], embeddings.std(axis=0)[None])
        return Tags(_probabilities(self.mood, row), _probabilities(self.genre, row), heard.tempo)


def _probabilities(model: Model, row: Rows) -> dict[str, float]:
    session = model.session
    name = session.get_inputs()[0].name
    values = session.run([session.get_outputs()[1].name], {name: row})[0][0]
    total = float(values.sum())
    return {label: float(value) / total for label, value in zip(model.card.settings["labels"], values, strict=True)}
