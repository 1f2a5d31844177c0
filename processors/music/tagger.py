"""Mood and genre classifiers of a fragment of music."""

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
from processors.music.sliding_window import EMBEDDING_SIZE, SlidingWindow

Rows = NDArray[np.float32]

PARTS = ("sound", "mood", "genre")
"""Models of a tagger."""

STATISTICS = (
    "centroid 0 mean", "bandwidth 0 mean", "flatness 0 mean", "contrast 0 mean", "dynamics", "onsets a second", "tempo",
    "pulse clarity", "key clarity",
)  # fmt: skip
"""Interpretable features, by which drift of the input is measured."""

COLUMNS = len(NAMES) + 2 * EMBEDDING_SIZE
"""Number of inputs of the classifiers."""


@dataclass(frozen=True, slots=True)
class FragmentTags:
    """Output of the models for one fragment.

    Attributes:
        moods: probabilities by label.
        genres: probabilities by label.
        tempo: beats per minute, 0 where there is no beat.
        is_music: False where mood and genre have no meaning, as for a crowd that talks.
        show: features for a lighting desk; None where there are none.
        statistics: values of the features `STATISTICS`.
    """

    moods: dict[str, float]
    genres: dict[str, float]
    tempo: float
    is_music: bool = True
    show: LiveShowFeatures | None = None
    statistics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnalyzedFragment:
    """One fragment after analysis, as a stage's state needs it.

    Attributes:
        seconds: length.
        loudness: dBFS of the whole fragment.
        recent_loudness: dBFS of its last seconds.
        tags: output of the models; None where the fragment is silent.
    """

    seconds: float
    loudness: float
    recent_loudness: float
    tags: FragmentTags | None


def classifier_inputs(audio: Audio, sound: Model) -> tuple[Rows, FragmentFeatures]:
    """Return the inputs of the classifiers; training and serving both call this.

    Args:
        audio: at any level.
        sound: `models/sound`, which gives an embedding of 1,024 numbers, none negative, for each 0.96 s.

    Returns:
        One row of `COLUMNS` float32: librosa features, square roots of the mean and of the standard deviation of the
        embeddings over time (roots, since embeddings have a long tail); and the librosa features.
    """
    audio = normalise_level(audio)
    features = extract_features(audio)
    return classifier_row(features, sound.session.run(["embeddings"], {"patches": patches(audio.samples)})[0]), features


def classifier_row(features: FragmentFeatures, embeddings: Rows) -> NDArray[np.float32]:
    """Return the row of one fragment; embeddings are (patches, 1024)."""
    row = np.concatenate([features.vector, np.sqrt(embeddings.mean(axis=0)), np.sqrt(embeddings.std(axis=0))])
    return row.astype(np.float32)


class Tagger:
    """Tag fragments with mood, genre and tempo; safe to use from several threads.

    Args:
        sound: model of the embeddings.
        mood: classifier.
        genre: classifier, which also tells music from other sound.

    Raises:
        ModelError: a classifier was trained on other features or embeddings than these.

    >>> tags = Tagger.load().tag(Audio(np.sin(np.arange(44_100, dtype=np.float32) / 20)))
    >>> sorted(tags.moods), round(sum(tags.genres.values()), 3)
    (['angry', 'happy', 'relax', 'sad'], 1.0)
    """

    def __init__(self, sound: Model, mood: Model, genre: Model) -> None:
        for model in (mood, genre):
            for name, now in (("features", VERSION), ("sound", sound.card.sha256[:12])):
                if (then := model.card.settings.get(name)) != now:
                    raise ModelError(f"{model.folder}: trained on {name} {then}, not {now}; run `{model.card.made_by}`")
        self.sound, self.mood, self.genre = sound, mood, genre
        self._music_limit = float(genre.card.settings["music_limit"])

    @classmethod
    def load(cls, folders: Mapping[str, Path] | None = None, *, threads: int = 1) -> Tagger:
        """Open the shipped models, or those in the folders given by name, verified against their cards.

        Raises:
            ModelError: a model folder is incomplete or does not match its card.
        """
        places = {name: models_folder() / name for name in PARTS} | dict(folders or {})
        sound, mood, genre = (open_folder(places[name], threads=threads) for name in PARTS)
        return cls(sound, mood, genre)

    @property
    def identity(self) -> str:
        """Names and hashes of the models, as results contain them."""
        return f"{self.mood.identity} {self.genre.identity}"

    def analyze(self, audio: Audio) -> AnalyzedFragment:
        """Analyse a fragment; about 0.15 s for 30 s of audio, so never on an event loop."""
        tags = None if audio.silent else self.tag(audio)
        return AnalyzedFragment(audio.seconds, audio.loudness, audio.recent_loudness, tags)

    def analyze_window(self, sliding: SlidingWindow, raw: Samples, rate: int) -> AnalyzedFragment:
        """Analyse a window that slides over a stage's audio; about 0.05 s where 25 of 30 s are cached.

        Raises:
            AudioError: as `from_samples`.
        """
        audio, features, embeddings = sliding.add_window(raw, rate)
        tags = None if features is None else self._tags(classifier_row(features, embeddings), features)
        return AnalyzedFragment(audio.seconds, audio.loudness, audio.recent_loudness, tags)

    def tag(self, audio: Audio) -> FragmentTags:
        """Return mood, genre and tempo of audio."""
        return self._tags(*classifier_inputs(audio, self.sound))

    def _tags(self, row: Rows, features: FragmentFeatures) -> FragmentTags:
        moods = self.mood.session.run(["probabilities"], {"rows": row[None]})[0][0]
        genres, music = self.genre.session.run(["probabilities", "music"], {"rows": row[None]})
        return FragmentTags(
            _by_label(self.mood, moods),
            _by_label(self.genre, genres[0]),
            features.tempo,
            bool(music[0] >= self._music_limit),
            features.show,
            {name: float(features.vector[NAMES.index(name)]) for name in STATISTICS},
        )


def _by_label(model: Model, probabilities: Rows) -> dict[str, float]:
    total = float(probabilities.sum())
    if not total > 0:  # also true of NaN
        raise RuntimeError(f"{model.identity} gives probabilities whose sum is {total}")
    labels = model.card.settings["labels"]
    return {label: float(value) / total for label, value in zip(labels, probabilities, strict=True)}
