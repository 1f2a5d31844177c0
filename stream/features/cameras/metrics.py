"""Prometheus series of cameras."""

from __future__ import annotations

from prometheus_client import Counter

from schemas.cameras import FRAMES
from stream.runtime.metrics import SEEN_SECONDS, KeyedGauge

CAMERA_BLIND = KeyedGauge(
    FRAMES,
    "pulso_camera_blind",
    "1 while a camera's picture can't be trusted",
    ["camera"],
    expires_seconds=SEEN_SECONDS,
)
CAMERA_FRAMES = Counter(
    "pulso_camera_frames", "Frames of a camera: ok (looked at), dropped (no time for them)", ["camera", "outcome"]
)
