"""Prometheus series of music."""

from __future__ import annotations

from schemas.music import SNIPPETS
from stream.runtime.metrics import KeyedGauge

MOOD = KeyedGauge(SNIPPETS, "pulso_stage_mood_probability_ratio", "Probability of each mood", ["stage", "mood"])
GENRE = KeyedGauge(SNIPPETS, "pulso_stage_genre_probability_ratio", "Probability of each genre", ["stage", "genre"])
TEMPO = KeyedGauge(SNIPPETS, "pulso_stage_tempo_hertz", "Beats per second", ["stage"])
LOUDNESS = KeyedGauge(SNIPPETS, "pulso_stage_loudness_dbfs", "Loudness of the last fragment", ["stage"])
