"""Prometheus series of models."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MODEL_CHANGES = Counter(
    "pulso_model_changes", "Changes of a worker's models: taken, refused, returned", ["model", "outcome"]
)
MODEL_CONFIDENCE = Gauge("pulso_model_confidence_ratio", "Mean confidence of a model's last answers", ["model"])
MODEL_DRIFT = Gauge(
    "pulso_model_drift_psi", "Population stability index of the last inputs against training", ["model", "statistic"]
)
MODEL_FEEDBACK = Counter("pulso_model_feedback", "Answers that people called right or wrong", ["model", "verdict"])
MODEL_DUE = Gauge("pulso_model_due", "1 for a model that should be trained again, 0 for one that is not due", ["model"])
