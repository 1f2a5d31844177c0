"""Mood and genre of a fragment of music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model, ModelError, models_folder, open_folder
from processors.music.audio import Audio, Samples
from processors.music.features import NAMES, VERSION, FragmentFeatures, extract_features, normalise_level
from processors.music.live_show_features import LiveShowFeatures
from processors.music.log_mel_patches import patches
from processors.music.sliding_window import EMBEDDING, SlidingWindow

Rows = NDArray[np.float32]

PARTS = ("sound", "mood", "genre")
"""the models that make a tagger"""

STATISTICS = (
    "centroid 0 mean", "bandwidth 0 mean", "flatness 0 mean", "contrast 0 mean", "dynamics", "onsets a second", "tempo",
    "pulse clarity", "key clarity",
)  # fmt: skip
"""features that people can make sense of"""

COLUMNS = len(NAMES) + 2 * EMBEDDING


@dataclass(frozen=True, slots=True)
class FragmentTags:
    """What the models say of one fragment.

    Attributes:
        moods, genres: probabilities by label.
        tempo: beats per minute, 0 when none is heard.
        is_music: whether mood and genre mean anything; a crowd that talks has neither.
        show: what a lighting desk needs; None where nothing of it is known.
        statistics: features by which a change of the input is noticed, `STATISTICS`.
    """

    moods: dict[str, float]
    genres: dict[str, float]
    tempo: float
    is_music: bool = True
    show: LiveShowFeatures | None = None
    statistics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnalyzedFragment:
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
    tags: FragmentTags | None


def classifier_inputs(audio: Audio, sound: Model) -> tuple[Rows, FragmentFeatures]:
    """What the classifiers see; training and serving both call this.

    Args:
        audio: at any level.
        sound: `models/sound`, which gives an embedding of 1,024 numbers, none negative, for each 0.96 s.

    Returns:
        One row of `COLUMNS` float32: librosa features, square roots of the mean and of the spread of the embeddings
        over time (roots, since embeddings have a long tail); and what librosa heard.
    """
    audio = normalise_level(audio)
    heard = extract_features(audio)
    return classifier_row(heard, sound.session.run(["embeddings"], {"patches": patches(audio.samples)})[0]), heard


def classifier_row(heard: FragmentFeatures, embeddings: Rows) -> NDArray[np.float32]:
    """The columns of one fragment; embeddings are (patches, 1024)."""
    row = np.concatenate([heard.vector, np.sqrt(embeddings.mean(axis=0)), np.sqrt(embeddings.std(axis=0))])
    return row.astype(np.float32)


class Tagger:
    """Tags fragments; safe to use from several threads.

    >>> tags = Tagger.load().tag(Audio(np.sin(np.arange(44_100, dtype=np.float32) / 20)))
    >>> sorted(tags.moods), round(sum(tags.genres.values()), 3)
    (['angry', 'happy', 'relax', 'sad'], 1.0)
    """

    def __init__(self, sound: Model, mood: Model, genre: Model) -> None:
        """Raises ModelError if a classifier was trained on other features or embeddings than these."""
        for model in (mood, genre):
            for name, now in (("features", VERSION), ("sound", sound.card.sha256[:12])):
                if (then := model.card.settings.get(name)) != now:
                    raise ModelError(f"{model.folder}: trained on {name} {then}, not {now}; run `{model.card.made_by}`")
        self.sound, self.mood, self.genre = sound, mood, genre
        self._music_limit = float(genre.card.settings["music_limit"])

    @classmethod
    def load(cls, folders: Mapping[str, Path] | None = None, *, threads: int = 1) -> Tagger:
        """The shipped models, or those in the folders given by name, checked against their cards.

        Raises:
            ModelError: a model folder is incomplete or does not match its card.
        """
        places = {name: models_folder() / name for name in PARTS} | dict(folders or {})
        sound, mood, genre = (open_folder(places[name], threads=threads) for name in PARTS)
        return cls(sound, mood, genre)

    @property
    def identity(self) -> str:
        """Names and hashes of the models, as results quote them."""
        return f"{self.mood.identity} {self.genre.identity}"

    def listen(self, audio: Audio) -> AnalyzedFragment:
        """Tag a fragment unless it is silent; about 0.15 s for 30 s of sound, so call it beside an event loop."""
        tags = None if audio.silent else self.tag(audio)
        return AnalyzedFragment(audio.seconds, audio.loudness, audio.recent_loudness, tags)

    def follow(self, sliding: SlidingWindow, raw: Samples, rate: int) -> AnalyzedFragment:
        """As `listen`, of a window that slides over a stage's sound; about 0.05 s where 25 of 30 s are known.

        Raises:
            AudioError: as `from_samples`.
        """
        audio, heard, embeddings = sliding.hear(raw, rate)
        tags = None if heard is None else self._tags(classifier_row(heard, embeddings), heard)
        return AnalyzedFragment(audio.seconds, audio.loudness, audio.recent_loudness, tags)

    def tag(self, audio: Audio) -> FragmentTags:
        """Mood, genre and tempo."""
        return self._tags(*classifier_inputs(audio, self.sound))

    def _tags(self, row: Rows, heard: FragmentFeatures) -> FragmentTags:
        moods = self.mood.session.run(["probabilities"], {"rows": row[None]})[0][0]
        genres, music = self.genre.session.run(["probabilities", "music"], {"rows": row[None]})
        return FragmentTags(
            _by_label(self.mood, moods),
            _by_label(self.genre, genres[0]),
            heard.tempo,
            bool(music[0] >= self._music_limit),
            heard.show,
            {name: float(heard.vector[NAMES.index(name)]) for name in STATISTICS},
        )


def _by_label(model: Model, probabilities: Rows) -> dict[str, float]:
    total = float(probabilities.sum())
    if not total > 0:  # also true of no number
        raise RuntimeError(f"{model.identity} gives probabilities whose sum is {total}")
    labels = model.card.settings["labels"]
    return {label: float(value) / total for label, value in zip(labels, probabilities, strict=True)}
