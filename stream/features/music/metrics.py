"""Prometheus series of music."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from schemas.music import SNIPPETS
from stream.runtime.metrics import SEEN_SECONDS, KeyedGauge

MOOD = KeyedGauge(
    SNIPPETS,
    "pulso_stage_mood_probability_ratio",
    "Probability of each mood",
    ["stage", "mood"],
    expires_seconds=SEEN_SECONDS,
)
GENRE = KeyedGauge(
    SNIPPETS,
    "pulso_stage_genre_probability_ratio",
    "Probability of each genre",
    ["stage", "genre"],
    expires_seconds=SEEN_SECONDS,
)
TEMPO = KeyedGauge(SNIPPETS, "pulso_stage_tempo_hertz", "Beats per second", ["stage"], expires_seconds=SEEN_SECONDS)
LOUDNESS = KeyedGauge(
    SNIPPETS, "pulso_stage_loudness_dbfs", "Loudness of the last fragment", ["stage"], expires_seconds=SEEN_SECONDS
)

# Of the microphone source and of whoever sends to lighting desks.
CHANNEL_WEIGHT = Gauge(
    "pulso_microphone_channel_weight_ratio",
    "Share of each channel in the sound that is used; negative where it is inverted",
    ["source", "channel"],
)
SOUND_DROPPED = Counter(
    "pulso_microphone_dropped_seconds", "Seconds of sound dropped, oldest first, while Kafka was slow", ["source"]
)
LIGHTS_DROPPED = Counter("pulso_lights_dropped", "Values that a lighting desk did not get, by stage", ["stage"])
